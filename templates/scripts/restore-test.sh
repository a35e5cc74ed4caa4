{#- Rendered once per dumped database that the policy has tested. Do not write a brace followed by a hash or a percent
    sign in the shell below: the template engine would take it for its own. -#}
#!/bin/bash
# Restores the newest dump of {{ name | comment }} into a scratch database, and asks what is in it.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-restore-test.sh                the newest run, from wherever it is
#   {{ name | comment }}-restore-test.sh --from WHERE   from there alone: local{% for store in stores %}, {{ store.name | comment }}{% endfor %}
#   {{ name | comment }}-restore-test.sh --help
#
# The scratch database is made on the server that PGHOST or PGSERVICE names, which should not be the
# one that was dumped, and dropped again. Without either a server is made here by initdb, reached by a
# socket alone, and gone when this ends; there the globals are restored as well, if the run has them.
#
# What was found is written to BACKSTAY_DUMP_DIR/drills/{{ name | comment }} as JSON{% if store %}, and to the store {{ store.name | comment }} under
# drills/{{ name | comment }}{% endif %}: whether each check passed, how long it took from the start until everything was
# restored and answered (rto_seconds), and how old the dump was then (rpo_seconds).
#
# Environment, all optional:
#   BACKSTAY_DUMP_DIR   absolute path that holds the runs and the results (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR   holds what is fetched and the server of its own (default /var/tmp): twice the database
#   PGHOST, PGPORT, PGUSER, PGSERVICE, PGPASSFILE and the rest of libpq's variables
{%- if stores %}
#   AWS_*, AZURE_*      the identity of the cloud clients, which may read the stores and write below drills/
{%- include "scripts/dump/profiles.sh" %}
{%- endif %}
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, and PostgreSQL's clients, at least of the version that dumped.
# Exit code: 0 everything passed, 1 something did not, 75 another test by this script is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

{% include "scripts/dump/settings.sh" %}
BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
DRILLS="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills"
# Objectives in seconds, where dumps are what has to keep them.
RTO_LIMIT={% if rto_seconds %}{{ rto_seconds }}{% else %}''{% endif %}
RPO_LIMIT={% if rpo_seconds %}{{ rpo_seconds }}{% else %}''{% endif %}
BEGAN="$EPOCHSECONDS"
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' "$BEGAN"
printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' "$BEGAN"
WANTED_PLACE=''
WORK=''    # a folder of this call's own
SERVER=''  # the folder of a server of this call's own
AS=()      # how that is run, where root may not
SCRATCH=() # the databases that this call has made
PHASE=''   # what has to be told: nothing before the lock is held
STEP='starting'

{% include "scripts/dump/common.sh" %}
{% include "scripts/dump/verify.sh" %}
{% if stores -%}
{% include "scripts/dump/stores.sh" %}
{% endif -%}
{% include "scripts/dump/fetch.sh" %}
{% include "scripts/dump/into.sh" %}
{%- if checksums %}
{% include "scripts/dump/checksum.sh" %}
{%- endif %}
{% include "scripts/result.sh" %}
# Whatever happened: nothing of it stays, and the result is written.
on_exit() {
  local code=$? database
  end_uninterrupted
  set +e
  [[ -n $PHASE ]] || exit "$code"
  [[ -z $STEP ]] || check drill false "failed while $STEP"
  if [[ -n $SERVER ]]; then
    "${AS[@]}" pg_ctl --pgdata="$SERVER/data" --mode=immediate --silent stop >/dev/null 2>&1
    rm -rf -- "$SERVER"
  else
    for database in "${SCRATCH[@]}"; do
      drop_database "$database" || check clean-up false "the database $database is still there"
    done
  fi
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  write_result restore_test
  if $PASSED; then
    say "ok: passed, $RTO_SECONDS s"
    exit 0
  fi
  say "FAILED${STEP:+ while $STEP}: see the result"
  exit 1
}

take_lock() {
  STEP='taking the lock'
  exec 9<"${BASH_SOURCE[0]}"
  if ! flock --nonblock 9; then
    say 'another test by this script is active: nothing was done'
    exit 75
  fi
}

# The folder of the programs of a server that is at least as new as the one that was dumped.
find_programs() {
  local folder wanted found='' version
  wanted="$(major "$(fact "$MANIFEST" server_version)")"
  for folder in "$(dirname -- "$(command -v initdb)" 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    [[ -x $folder/initdb && -x $folder/pg_ctl ]] || continue
    version="$(major "$(version_of "$folder/initdb")")"
    if ((version >= ${wanted:-0})); then
      found="$folder"
      break
    fi
  done
  [[ -n $found ]] || fail "set PGHOST or PGSERVICE: there is no initdb of PostgreSQL ${wanted:-} here to make a server with"
  export PATH="$found:$PATH"
}

start_server() {
  find_programs
  STEP='making a server'
  SERVER="$(mktemp --directory "${BACKSTAY_WORK_DIR:-/var/tmp}/backstay-pg.XXXXXX")"
  # PostgreSQL refuses to run as root.
  if ((EUID == 0)); then
    AS=(setpriv --reuid=nobody --regid="$(id --group nobody)" --clear-groups --)
    chown nobody "$SERVER"
  fi
  "${AS[@]}" initdb --pgdata="$SERVER/data" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync >/dev/null
  # A socket's path has room for some hundred characters, and nobody else may connect.
  "${AS[@]}" pg_ctl --pgdata="$SERVER/data" --log="$SERVER/log" --silent --wait \
    --options="-p 5432 -c listen_addresses= -c unix_socket_directories=$SERVER -c fsync=off -c full_page_writes=off" start 9<&- ||
    fail "no server starts here: $(tail -n 3 "$SERVER/log")"
  unset PGSERVICE PGHOSTADDR PGPASSFILE
  export PGHOST="$SERVER" PGPORT=5432 PGUSER=postgres PGSSLMODE=disable
}

# Roles that a dump in SQL names: on a server of one's own they can be made.
make_roles() {
  local role
  while read -r role; do
    query postgres "CREATE ROLE $role" 2>/dev/null || true
  done < <(gzip --decompress --stdout "$ARCHIVE" |
    sed --quiet --regexp-extended 's/^(ALTER|GRANT|REVOKE) .* (OWNER TO|TO|FROM) ("([^"]|"")+"|[a-z_][a-z0-9_$]*);$/\3/p' | sort --unique)
}

choose_server() {
  STEP='choosing the server'
  MANIFEST="$(<"$RUN/manifest.json")"
  export PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-30}" PGAPPNAME="${PGAPPNAME:-backstay}"
  RESTORE_OPTIONS=(--no-tablespaces)
  if [[ -n ${PGHOST-}${PGSERVICE-} ]]; then
    RESTORE_OPTIONS+=(--no-owner --no-privileges)
  else
    start_server
    if [[ -e $RUN/globals.sql.gz ]]; then
      replay_server globals
      check globals true 'roles and tablespaces were restored'
    else
      RESTORE_OPTIONS+=(--no-owner --no-privileges)
    fi
  fi
  check_restore_versions
}

restore_scratch() {
  local database scratch number=0
  for database in "${DATABASES[@]}"; do
    find_archive "$database"
    number=$((number + 1))
    scratch="backstay_test_${STAMP}_$$_$number"
    STEP="restoring ${database@Q}"
    say "$STEP"
    creation
    createdb "${CREATION[@]}" -- "$scratch"
    SCRATCH+=("$scratch")
    SCRATCH_OF["$database"]="$scratch"
    if [[ $KIND == plain && -n $SERVER && ! -e $RUN/globals.sql.gz ]]; then make_roles; fi
{%- if chosen_tables %}
    make_schemas "$scratch"
{%- endif %}
    restore_new "$scratch" "${RESTORE_OPTIONS[@]}"
  done
}
{%- if cluster and not databases %}

# The whole server can only go into one of this test's own.
restore_server() {
  [[ -n $SERVER ]] || fail 'the whole server is dumped: unset PGHOST and PGSERVICE, so that a server is made for it'
  STEP='restoring the whole server'
  say "$STEP"
  replay_server cluster
  SCRATCH_OF[postgres]=postgres
}
{%- endif %}

{% include "scripts/asks.sh" %}
{% if checksums -%}
same_checksum() {
  local database="$1" text sum
  STEP="comparing the checksum of ${database@Q}"
  find_archive "$database"
  text="$(checksum_query "$database")"
  if [[ $(fact "$FACTS" checksum_query) != "$(printf '%s' "$text" | sum_of)" ]]; then
    check "checksum $database" false 'the dump was made before this query was asked: the next one can be compared'
  elif ! sum="$(checksum "$database" "${SCRATCH_OF["$database"]}" 'BEGIN READ ONLY' 2>"$WORK/said")"; then
    check "checksum $database" false "$(refusal)"
  elif [[ $sum != "$(fact "$FACTS" checksum)" ]]; then
    check "checksum $database" false "the answer is not the one that was given when the dump began"
  else
    check "checksum $database" true "$sum, as when the dump began"
  fi
}

{% endif -%}
ask() {
{%- for table in tables %}
  has_rows {{ table.database | sh }} {{ table.name | sh }} {{ table.sql | sh }} {{ table.least }}
{%- endfor %}
{%- for database in databases %}
{%- if database.checksum %}
  same_checksum {{ database.name | sh }}
{%- endif %}
{%- endfor %}
  STEP='judging'
  within rto "$RTO_SECONDS" "$RTO_LIMIT"
  within rpo "$RPO_SECONDS" "$RPO_LIMIT"
}

main() {
  case "${1-}" in
    '') ;;
    --from) WANTED_PLACE="${2:?--from needs a place}" ;;
    -h | --help)
      show_help
      return
      ;;
    *)
      show_help >&2
      fail "what is $1?"
      ;;
  esac
  catch_ends
  [[ $BASE == /* ]] || fail 'BACKSTAY_DUMP_DIR has to be an absolute path'
  take_lock
  PHASE=testing
  check_tools psql pg_restore createdb gzip sha256sum{% if stores %} "${STORE_TOOLS[@]}"{% endif %}
  choose_run '' "$WANTED_PLACE"
  make_work
  fetch_run
  local taken
  taken="$(fact "$(<"$RUN/manifest.json")" started)"
  BACKUP="{ \"what\": \"dump\", \"run\": \"$RUN_STAMP\", \"from\": \"$PLACE\", \"when\": \"$taken\" }"
  RPO_SECONDS=$((BEGAN - $(date --date="$taken" +%s)))
  check whole true 'every file is the one that was dumped'
  choose_server
  declare -gA SCRATCH_OF=()
{%- if databases %}
  restore_scratch
{%- else %}
  restore_server
{%- endif %}
  opens
  ask
  STEP=''
}

main "$@"
