{#- Rendered once per dumped database. `classes` comes shortest period first (daily, weekly,
    monthly, yearly). Do not write a brace followed by a hash or a percent sign in the shell below:
    the template engine would take it for its own. -#}
#!/bin/bash
# Dumps {{ name | comment }}: dump, verify, upload, prune.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-dump.sh              everything; this is what cron runs
#   {{ name | comment }}-dump.sh dump         make and verify a local run, and stop there
{%- if stores %}
#   {{ name | comment }}-dump.sh upload       upload the newest local run, then prune; repeats a failed upload
{%- endif %}
#   {{ name | comment }}-dump.sh verify DIR   check a finished run again: checksums and whole archives
#   {{ name | comment }}-dump.sh --help
#
# Environment, all optional{% if not connection.host and not instance %} but the host{% endif %}; what is set there wins over the policy:
#   BACKSTAY_DUMP_DIR     absolute path that holds the runs (default /var/backups/backstay)
{%- if connection.host or instance %}
#   PGHOST, PGPORT, PGUSER, PGSSLMODE, PGSERVICE and the rest of libpq's variables
{%- else %}
#   PGHOST or PGSERVICE   required: the policy names no host
#   PGPORT, PGUSER, PGSSLMODE and the rest of libpq's variables
{%- endif %}
#   PGPASSFILE            where the password is (default ~/.pgpass); it is never in this file, nor
#                         on a command line, where every user of the host could read it
#   PGSERVICEFILE         with PGSERVICE: a service file, which may name the host and the user as well
#   BACKSTAY_HEARTBEAT_URL  address that is called after each run that went well{% if heartbeat %} (default {{ heartbeat | comment }}){% endif %}
{%- if stores %}
#   AWS_*, AZURE_*        the identity of the cloud clients; a host should have a role of its own
{%- include "scripts/dump/profiles.sh" %}
{%- endif %}
{%- if instance %}
#
# Without PGHOST or PGSERVICE, AWS is asked where {{ instance.identifier | comment }} answers: that needs rds:DescribeDBInstances.
{%- endif %}
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, and PostgreSQL's clients, at least of the server's version.
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps and periods are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

{% include "scripts/dump/settings.sh" -%}
{% if stores -%}
# The days that a store keeps each class.
declare -A CLASS_DAYS=({% for class in classes %}[{{ class.name | sh }}]={{ class.days | sh }}{% if not loop.last %} {% endif %}{% endfor %})
{% endif -%}
FORMAT={{ format | sh }}
{%- if databases %}
SUFFIX={% if format == "custom" %}dump{% elif format == "directory" %}dir{% else %}sql.gz{% endif %}
{%- endif %}
ONLY={% if only %}{{ only | sh }}{% else %}''{% endif %} # schema or data; nothing: both
GLOBALS={{ globals | sh }}
CLUSTER={{ cluster | sh }}
KEEP_LOCAL_DAYS={{ keep_local_days | sh }}
HEARTBEAT={% if heartbeat %}{{ heartbeat | sh }}{% else %}''{% endif %}
# The database by which questions about the whole server are asked.
MAINTENANCE="${DATABASES[0]-postgres}"
DUMP_TOOLS=(flock psql pg_dump{% if globals or cluster %} pg_dumpall{% endif %} pg_restore gzip sha256sum)

BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
{%- if databases %}
DUMP_OPTIONS=({% if only %}--{{ only | sh }}-only{% endif %})
{%- endif %}
COMPRESSION='gzip'
DUMPED=() # what the manifest says of each database

RUN=''          # the complete run that this call is about
PARTIAL=''      # its directory while it is being made
STEP='starting' # what is being done, for the last line; empty once all is well

on_exit() {
  local code=$?
  end_uninterrupted
  [[ -z $PARTIAL ]] || rm -rf -- "$PARTIAL"
  [[ -n $STEP ]] || exit "$code"
  say "FAILED while $STEP"
  exit 1
}

{% include "scripts/dump/common.sh" %}
# The lock is the kernel's: it ends with the last process of the run, so it cannot be left behind.
take_lock() {
  STEP='taking the lock'
  # cron starts in the home directory: a relative folder would land somewhere else there.
  [[ $BASE == /* ]] || fail "BACKSTAY_DUMP_DIR has to be an absolute path"
  mkdir -p -- "$BASE" || fail "cannot create $BASE"
  [[ -w $BASE ]] || fail "cannot write to $BASE"
  exec 9>"$BASE/.lock"
  if ! flock --nonblock 9; then
    say "another run is active and holds $BASE/.lock: nothing was done"
    STEP=''
    exit 75
  fi
  # With the lock held, an unfinished run can only be what a killed one left.
  rm -rf -- "$BASE"/.*.partial
}

{% include "scripts/dump/connection.sh" %}
# A client older than the server refuses to dump it, or to read the dump back.
check_versions() {
  STEP='checking the versions'
  local tool version
  SERVER_VERSION="$(query "$MAINTENANCE" 'SHOW server_version')"
  SERVER_VERSION="${SERVER_VERSION%% *}"
  for tool in pg_restore{% if globals or cluster %} pg_dumpall{% endif %} pg_dump; do
    version="$(version_of "$tool")"
    ((${version%%[!0-9]*} >= ${SERVER_VERSION%%[!0-9]*})) ||
      fail "$tool is version $version, and the server is $SERVER_VERSION: install a newer client"
  done
  CLIENT_VERSION="$version"
  # Not every server lets everybody ask.
  SYSTEM="$(query "$MAINTENANCE" 'SELECT system_identifier FROM pg_control_system()' 2>/dev/null)" || SYSTEM=''
}
{%- if databases and compression and format != "plain" %}

# Methods came with pg_dump 16, and each is there only where it was built in. A connection that cannot
# be made is how pg_dump says whether it takes one.
choose_compression() {
  STEP='choosing the compression'
  local choice said choices=({% for choice in compression %}{{ choice | sh }}{% if not loop.last %} {% endif %}{% endfor %})
  for choice in "${choices[@]}"; do
    said="$(PGHOSTADDR='' PGSERVICE='' pg_dump --compress="$choice" --format=custom --file=/dev/null \
      --host=/nonexistent --no-password 2>&1)" || true
    if [[ $said != *compress* ]]; then
      COMPRESSION="$choice"
      DUMP_OPTIONS+=("--compress=$choice")
      return
    fi
  done
  say "note: this pg_dump does not know {{ compression | first | sh }}: it compresses with gzip"
}
{%- endif %}
{%- if databases %}

# Facts about a database that its archive does not hold, or not readably: FACTS as JSON members.
read_facts() {
  local encoding collate ctype provider locale bytes rows
  IFS=$'\t' read -r encoding collate ctype provider locale bytes rows < <(query "$1" "
    SELECT pg_encoding_to_char(encoding), datcollate, datctype, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
      coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', '-'), pg_database_size(oid),
      (SELECT coalesce(sum(reltuples) FILTER (WHERE reltuples > 0), 0)::bigint FROM pg_class
        WHERE relkind IN ('r', 'm') AND relnamespace <> ALL (ARRAY['pg_catalog', 'information_schema']::regnamespace[]))
    FROM pg_database d WHERE datname = current_database()") || true
  [[ -n ${rows-} ]] || fail "$1 cannot be read"
  printf -v FACTS '"encoding": %s, "collate": %s, "ctype": %s, "provider": %s, "locale": %s, "database_bytes": %s, "rows_estimate": %s' \
    "$(json_string "$encoding")" "$(json_string "$collate")" "$(json_string "$ctype")" \
    "$(json_string "$provider")" "$(json_string "$locale")" "$bytes" "$rows"
}

{%- if checksums %}

{% include "scripts/dump/checksum.sh" %}
# Holds a snapshot of the database for as long as it is dumped, and adds to FACTS what the query says in it.
take_checksum() {
  local text sum
  text="$(checksum_query "$1")"
  SNAPSHOT=''
  [[ -n $text ]] || return 0
  coproc HOLDER { exec psql --no-psqlrc --no-password --quiet --no-align --tuples-only --dbname="$(conninfo "$1")"; }
  printf '%s;\n' 'SET idle_in_transaction_session_timeout = 0' \
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' 'SELECT pg_export_snapshot()' >&"${HOLDER[1]}"
  read -r SNAPSHOT <&"${HOLDER[0]}" || fail 'no snapshot can be held'
  # bash forgets these two when the process ends.
  SNAPSHOT_INPUT="${HOLDER[1]}"
  SNAPSHOT_HOLDER="$HOLDER_PID"
  sum="$(checksum "$1" "$1" "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '$SNAPSHOT'")"
  printf -v FACTS '%s, "checksum": "%s", "checksum_query": "%s"' "$FACTS" "$sum" "$(printf '%s' "$text" | sum_of)"
  OPTIONS+=(--snapshot="$SNAPSHOT")
}

release_snapshot() {
  [[ -n $SNAPSHOT ]] || return 0
  exec {SNAPSHOT_INPUT}>&-
  wait "$SNAPSHOT_HOLDER"
}
{%- endif %}

# Sets OPTIONS to what pg_dump is given for one database besides its name.
choose_tables() {
  OPTIONS=("${DUMP_OPTIONS[@]}")
{%- if chosen_tables %}
  case "$1" in
{%- for database in databases %}
    {{ database.name | sh }})
      OPTIONS+=(--strict-names)
{%- for table in database.tables %}
      OPTIONS+=(--table={{ table | sh }})
{%- endfor %}
      ;;
{%- endfor %}
  esac
{%- endif %}
}

dump_databases() {
  local database file
  for database in "${DATABASES[@]}"; do
    STEP="dumping ${database@Q}"
    say "$STEP"
    file="$PARTIAL/$(file_name "$database").$SUFFIX"
    read_facts "$database"
    choose_tables "$database"
{%- if checksums %}
    take_checksum "$database"
{%- endif %}
{%- if format == "custom" %}
    # The custom format is compressed as it is; gzip on top would only keep pg_restore from reading it.
    pg_dump --no-password --format=custom "${OPTIONS[@]}" --file="$file" --dbname="$(conninfo "$database")"
{%- elif format == "directory" %}
    pg_dump --no-password --format=directory --jobs={% if jobs %}{{ jobs | sh }}{% else %}1{% endif %} "${OPTIONS[@]}" \
      --file="$file" --dbname="$(conninfo "$database")"
{%- else %}
    # Piped, because pg_dump's own option for it differs by version and by how it was built.
    pg_dump --no-password --format=plain "${OPTIONS[@]}" --dbname="$(conninfo "$database")" |
      gzip{% if gzip_level %} -{{ gzip_level | sh }}{% endif %} >"$file"
{%- endif %}
{%- if checksums %}
    release_snapshot
{%- endif %}
    printf -v FACTS '{ "name": %s, "path": %s, %s }' "$(json_string "$database")" "$(json_string "${file##*/}")" "$FACTS"
    DUMPED+=("$FACTS")
  done
}
{%- endif %}
{%- if globals %}

# Roles and tablespaces, which no dump of a database has. Never with the roles' passwords: only a
# superuser may read them, and their hashes do not belong in a store of dumps. Set them from your
# secret store after a restore.
dump_globals() {
  STEP='dumping the globals'
  say "$STEP"
  pg_dumpall --no-password --globals-only --no-role-passwords \
    --database="$(conninfo "$MAINTENANCE")" | gzip >"$PARTIAL/globals.sql.gz"
}
{%- endif %}
{%- if cluster %}

# The whole server as one file of SQL, for an empty server. Without the roles' passwords, as above.
dump_cluster() {
  STEP='dumping the whole server'
  say "$STEP"
  pg_dumpall --no-password --no-role-passwords{% if only %} --{{ only | sh }}-only{% endif %}{% for name in foreign %} --exclude-database={{ name | sh }}{% endfor %} \
    --database="$(conninfo "$MAINTENANCE")" | gzip{% if gzip_level and format == "plain" %} -{{ gzip_level | sh }}{% endif %} >"$PARTIAL/cluster.sql.gz"
}
{%- endif %}

{% include "scripts/dump/verify.sh" %}
write_manifest() {
  STEP='writing the checksums and the manifest'
  local sums path sum fact bytes total=0 separator=''
  sums="$(cd -- "$PARTIAL" && list_files . | xargs sha256sum)"
  {
    printf '{\n  "schema_version": 1,\n'
    printf '  "name": %s,\n' "$(json_string "$NAME")"
    printf '  "stamp": %s,\n' "$(json_string "$STAMP")"
    printf '  "started": "%(%Y-%m-%dT%H:%M:%SZ)T",\n' "$STARTED"
    printf '  "finished": "%(%Y-%m-%dT%H:%M:%SZ)T",\n' -1
    printf '  "server_version": %s,\n' "$(json_string "$SERVER_VERSION")"
    printf '  "system_identifier": %s,\n' "$(json_string "$SYSTEM")"
    printf '  "client_version": %s,\n' "$(json_string "$CLIENT_VERSION")"
    printf '  "format": %s,\n' "$(json_string "$FORMAT")"
    printf '  "compression": %s,\n' "$(json_string "$COMPRESSION")"
    printf '  "only": %s,\n' "$(json_string "$ONLY")"
    printf '  "globals": %s,\n' "$GLOBALS"
    printf '  "cluster": %s,\n' "$CLUSTER"
    printf '  "databases": ['
    for fact in "${DUMPED[@]}"; do
      printf '%s\n    %s' "$separator" "$fact"
      separator=','
    done
    separator=''
    printf '\n  ],\n  "files": ['
    while read -r sum path; do
      bytes="$(stat --format=%s "$PARTIAL/$path")"
      total=$((total + bytes))
      printf '%s\n    { "path": %s, "bytes": %s, "sha256": "%s" }' "$separator" "$(json_string "$path")" "$bytes" "$sum"
      separator=','
    done <<<"$sums"
    printf '\n  ],\n  "bytes": %s\n}\n' "$total"
  } >"$PARTIAL/manifest.json"
  (cd -- "$PARTIAL" && printf '%s\n' "$sums" && sha256sum manifest.json) >"$PARTIAL/SHA256SUMS"
}

dump_run() {
  set_connection
  check_versions
{%- if databases and compression and format != "plain" %}
  choose_compression
{%- endif %}
  until
    STARTED="$EPOCHSECONDS"
    printf -v STAMP '%(%Y%m%dT%H%M%SZ)T' "$STARTED"
    [[ ! -e $BASE/$STAMP ]]
  do
    sleep 1 # a run that ended within this second has the name
  done
  PARTIAL="$BASE/.$STAMP.partial"
  mkdir -- "$PARTIAL"
{%- if databases %}
  dump_databases
{%- endif %}
{%- if globals %}
  dump_globals
{%- endif %}
{%- if cluster %}
  dump_cluster
{%- endif %}
  STEP='verifying the archives'
  say "$STEP"
  verify_archives "$PARTIAL"
  write_manifest
  # The name without .partial means complete: first everything reaches the disk, then the name.
  STEP='completing the run'
  sync --file-system "$PARTIAL"
  RUN="$BASE/$STAMP"
  mv --no-target-directory -- "$PARTIAL" "$RUN"
  PARTIAL=''
  say "complete: $RUN, $(du --summarize --human-readable "$RUN" | cut -f1)"
}

verify_run() {
  local directory
  directory="$(cd -- "$1" && pwd)" || fail "cannot open $1"
  verify_sums "$directory"
  verify_archives "$directory"
  say "ok: $directory is whole"
}
{%- if stores %}

{% include "scripts/dump/stores.sh" %}
{% include "scripts/dump/upload.sh" %}
{%- endif %}
# Only reached when every step before it succeeded. The newest complete run stays, however old.
prune_local() {
  STEP='pruning local runs'
  local runs run oldest
  printf -v oldest '%(%Y%m%dT%H%M%SZ)T' "$((EPOCHSECONDS - KEEP_LOCAL_DAYS * 86400))"
  runs="$(list_runs)"
  while read -r run; do
    if [[ ${run##*/} < $oldest && $run != "$RUN" && $run != "${runs##*$'\n'}" ]]; then
      # Renamed first, so that a prune that is killed cannot leave half a run that looks complete.
      mv --no-target-directory -- "$run" "$BASE/.${run##*/}.partial"
      rm -rf -- "$BASE/.${run##*/}.partial"
      say "pruned $run"
    fi
  done <<<"$runs"
}

# Tells a service that watches for it that all is well. That it cannot be told is no failure of the dump:
# what the service then says is right, since nobody has seen this run.
call_heartbeat() {
  local url="${BACKSTAY_HEARTBEAT_URL:-$HEARTBEAT}"
  [[ -n $url ]] || return 0
  STEP='calling the heartbeat'
  # By its input, since a secret address on the command line could be read by every user of the host.
  printf 'url = "%s"\n' "$url" |
    curl --config - --fail --silent --show-error --location --max-time 10 --retry 3 --retry-connrefused --output /dev/null ||
    say 'note: the heartbeat did not take the call'
}

main() {
  catch_ends
  case "$#:${1-}" in
    0:)
      check_tools "${DUMP_TOOLS[@]}"{% if stores %} "${STORE_TOOLS[@]}"{% endif %}
      take_lock
      dump_run
{%- if stores %}
      upload_run
{%- endif %}
      prune_local
      call_heartbeat
      say "ok: $RUN is dumped and verified{% if stores %}, and in every store{% endif %}"
      ;;
    1:dump)
      check_tools "${DUMP_TOOLS[@]}"
      take_lock
      dump_run
      say "ok: $RUN is dumped and verified"
      ;;
{%- if stores %}
    1:upload)
      check_tools flock "${STORE_TOOLS[@]}"
      take_lock
      upload_newest
      prune_local
      call_heartbeat
      say "ok: $RUN is in every store"
      ;;
{%- endif %}
    2:verify)
      check_tools pg_restore gzip sha256sum
      verify_run "$2"
      ;;
    1:-h | 1:--help) show_help ;;
    *)
      show_help >&2
      STEP='reading the arguments'
      exit 1
      ;;
  esac
  STEP=''
}

main "$@"
