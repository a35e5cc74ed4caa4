{#- Rendered once per dumped database. Do not write a brace followed by a hash or a percent sign in the shell
    below: the template engine would take it for its own. -#}
#!/bin/bash
# Restores {{ name | comment }} from its dumps: find a run, fetch it, verify it, restore it beside what is there.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-restore.sh list                every run that there is: when, where, path; newest last
#   {{ name | comment }}-restore.sh fetch DIR [OPTION]  fetch and verify a run into DIR, and stop there
#   {{ name | comment }}-restore.sh [OPTION]...         restore the newest run into a new database
#   {{ name | comment }}-restore.sh --help
#
# Which run, and what of it:
#   --run STAMP       this one, as list shows it
#   --from WHERE      from there alone: local{% for store in stores %}, {{ store.name | comment }}{% endfor %}
#   --database NAME   this database; needed where there are several
#   --table TABLE     this table alone, with its keys, defaults, sequences and indexes, and what they need;
#                     as SQL writes it: users, sales.orders; repeatable
#   --schema-only     no rows
#   --data-only       rows alone, into a database that has the tables: needs --add
#   --globals         roles and tablespaces instead of a database
#   --cluster         the whole server instead, into one that has no databases yet
#
# Where to:
#   --into NAME       a database that is made for it (default: the database's name and the run's stamp)
#   --add             NAME is there already: nothing in it is dropped, and one thing that cannot be added
#                     undoes the whole restore
#   --clean           NAME is there already: what the archive has is dropped there first. Never the database
#                     that was dumped
#   --replace NAME    once all is restored, NAME is renamed to NAME_before_STAMP, and the new database to NAME
#
# How:
#   --jobs N          N at once, into a new database, from an archive that is not SQL
#   --no-owner        everything belongs to the login that restores, and nobody is granted anything
#   --dry-run         show what would be done, change nothing and fetch nothing
#   --yes             go on where a person would be asked
#
# A database that is made here goes again if its restore fails. Roles are not in a database's archive:
# restore them first with --globals, or use --no-owner. Restored roles have no passwords.
#
# Environment, all optional{% if not connection.host and not instance %} but the host{% endif %}; what is set there wins over the policy:
#   BACKSTAY_DUMP_DIR   absolute path that holds the runs (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR   holds what is fetched (default /var/tmp); it needs the size of a run
#   PGHOST, PGPORT, PGUSER, PGSERVICE, PGPASSFILE and the rest of libpq's variables
{%- if stores %}
#   AWS_*, AZURE_*      the identity of the cloud clients, which may read the stores
{%- include "scripts/dump/profiles.sh" %}
{%- endif %}
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, awk, and PostgreSQL's clients, at least of the version that dumped.
# Exit code: 0 done, 1 failed or not confirmed, 75 another restore by this script is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

{% include "scripts/dump/settings.sh" %}
BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
COMMAND=restore
DIRECTORY=''
WANTED_RUN='' WANTED_PLACE='' DATABASE=''
TABLES=()
WHAT=database # or globals, or cluster
PART=''       # schema or data; nothing: both
INTO='' REPLACE=''
MODE=new # or add, or clean
JOBS=''
OWNERS=true
DRY_RUN=false
YES=false
WORK=''         # a folder of this call's own
CREATED=''      # a database that this call has made, until its restore is complete
STEP='starting' # what is being done, for the last line; empty once all is well

on_exit() {
  local code=$?
  end_uninterrupted
  if [[ -n $CREATED ]]; then
    say "removing what was restored of ${CREATED@Q}"
    drop_database "$CREATED" || say 'it could not be removed: do that by hand'
  fi
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  [[ -n $STEP ]] || exit "$code"
  say "FAILED while $STEP"
  exit 1
}

{% include "scripts/dump/common.sh" %}
{% include "scripts/dump/connection.sh" %}
{% include "scripts/dump/verify.sh" %}
{% if stores -%}
{% include "scripts/dump/stores.sh" %}
{% endif -%}
{% include "scripts/dump/fetch.sh" %}
{% include "scripts/dump/into.sh" %}
{% include "scripts/dump/select.sh" %}
would() {
  printf 'would run:'
  printf ' %q' "$@"
  printf '\n'
}

# The first bytes of a name, without half a character at their end.
shorten() {
  local bytes="$2"
  while [[ ${1:bytes:1} == [$'\x80'-$'\xbf'] ]]; do bytes=$((bytes - 1)); done
  printf '%s' "${1:0:bytes}"
}

# Asks for a word where something that is there would change. Without a person there is no answer.
confirm() {
  local answer=''
  if $YES || $DRY_RUN; then return; fi
  printf '%s.\nType %s to go on: ' "$2" "$1" >&2
  read -r answer || true
  [[ $answer == "$1" ]] || fail 'not confirmed: nothing was changed (--yes goes on without a question)'
}

read_arguments() {
  STEP='reading the arguments'
  while [[ -n ${1-} ]]; do
    case "$1" in
      list) COMMAND=list ;;
      fetch)
        COMMAND=fetch
        DIRECTORY="${2:?fetch needs a folder}"
        shift
        ;;
      --run | --from | --database | --table | --into | --replace | --jobs)
        [[ -n ${2-} ]] || fail "$1 needs a value"
        read_option "$1" "$2"
        shift
        ;;
      --globals) WHAT=globals ;;
      --cluster) WHAT=cluster ;;
      --schema-only) PART=schema ;;
      --data-only) PART=data ;;
      --add) MODE=add ;;
      --clean) MODE=clean ;;
      --no-owner) OWNERS=false ;;
      --dry-run) DRY_RUN=true ;;
      --yes) YES=true ;;
      -h | --help)
        show_help
        STEP=''
        exit 0
        ;;
      *)
        show_help >&2
        fail "what is $1?"
        ;;
    esac
    shift
  done
  check_arguments
}

read_option() {
  case "$1" in
    --run) WANTED_RUN="$2" ;;
    --from) WANTED_PLACE="$2" ;;
    --database) DATABASE="$2" ;;
    --table) TABLES+=("$2") ;;
    --into) INTO="$2" ;;
    --replace) REPLACE="$2" ;;
    --jobs)
      [[ $2 =~ ^[1-9][0-9]?$ ]] || fail '--jobs takes a number from 1 to 99'
      JOBS="$2"
      ;;
  esac
}

check_arguments() {
  local chosen="${TABLES[*]-}$PART$INTO$REPLACE$JOBS$DATABASE"
  [[ $WHAT == database || -z $chosen && $MODE == new ]] || fail "--$WHAT stands alone"
  if [[ $MODE != new ]]; then
    [[ -n $INTO && -z $REPLACE && -z $JOBS ]] || fail "--$MODE needs --into, and takes neither --replace nor --jobs: it is one transaction"
  fi
  [[ $MODE != clean || $PART != data ]] || fail '--clean drops tables, which --data-only does not bring back'
}

# One restore at a time: the lock is the kernel's, on this file itself, and ends with the process.
take_lock() {
  STEP='taking the lock'
  exec 9<"${BASH_SOURCE[0]}"
  if ! flock --nonblock 9; then
    say 'another restore by this script is active: nothing was done'
    STEP=''
    exit 75
  fi
}

# The database of the run that is asked for, and whether its archive can give what is asked for.
choose_database() {
  STEP='choosing the database'
  if [[ -z $DATABASE ]]; then
    DATABASE="${DATABASES[0]-}"
    [[ -n $DATABASE ]] || fail 'the policy dumps the whole server: use --cluster'
    [[ -z ${DATABASES[1]-} ]] || fail "there are several databases, choose one with --database:$(printf ' %q' "${DATABASES[@]}")"
  fi
  find_archive "$DATABASE"
  # An archive of one part alone cannot give the other.
  case "$(fact "$MANIFEST" only)$PART" in
    schemadata | dataschema) fail "this dump has the $(fact "$MANIFEST" only) alone" ;;
    data) PART=data ;;
  esac
  [[ $PART != data || $MODE == add ]] || fail 'rows alone go into a database that has the tables: use --add and --into'
  if [[ $KIND == plain ]]; then
    [[ -z ${TABLES[*]-}$JOBS && $OWNERS == true && $MODE != clean && ($PART == '' || $(fact "$MANIFEST" only) == "$PART") ]] ||
      fail 'a dump in SQL is restored as a whole: restore it into a new database, and take from there what you need'
  fi
}

choose_target() {
  STEP='choosing where to'
  local same system
  if [[ -z $INTO ]]; then INTO="$(shorten "$DATABASE" 46)_$RUN_STAMP"; fi
  if database_exists "$INTO"; then
    [[ $MODE != new ]] || fail "the database ${INTO@Q} is there already: choose another, or --add, --clean or --replace"
  else
    [[ $MODE == new ]] || fail "there is no database ${INTO@Q}"
  fi
  [[ $INTO != "$REPLACE" ]] || fail '--into and --replace are two databases'
  [[ -z $REPLACE ]] || database_exists "$REPLACE" || fail "there is no database ${REPLACE@Q} to replace"
  case "$MODE" in
    add) confirm "$INTO" "What is restored is added to the database ${INTO@Q}, which is there" ;;
    clean)
      same="$(fact "$MANIFEST" system_identifier)"
      system="$(query postgres 'SELECT system_identifier FROM pg_control_system()' 2>/dev/null)" || system=''
      [[ $INTO != "$DATABASE" || -n $same && -n $system && $same != "$system" ]] ||
        fail 'this is the database that was dumped: restore beside it, and let --replace put it in its place'
      confirm "$INTO" "What the archive has is dropped from the database ${INTO@Q} and made again"
      ;;
  esac
  [[ -z $REPLACE ]] || confirm "$REPLACE" "Everyone is disconnected from the database ${REPLACE@Q}, and it is renamed"
}

restore_database() {
  choose_database
  check_restore_versions
  choose_target
  local options=()
  [[ -z $PART ]] || options+=("--$PART-only")
  $OWNERS || options+=(--no-owner --no-privileges)
  if [[ -n ${TABLES[*]-} ]]; then
    if [[ $MODE == new ]]; then select_entries whole "${TABLES[@]}"; else select_entries own "${TABLES[@]}"; fi
    options+=(--use-list="$WORK/entries")
  elif [[ $PART == data && $KIND == archive ]]; then
    select_entries data
    options+=(--use-list="$WORK/entries")
  fi
  [[ -z $JOBS ]] || options+=("--jobs=$JOBS")
  [[ $MODE != clean ]] || options+=(--clean --if-exists)
  if $DRY_RUN; then
    show "${options[@]}"
  elif [[ $MODE == new ]]; then
    into_new "${options[@]}"
  else
    into_existing "${options[@]}"
  fi
}

# What --dry-run says of all that follows.
show() {
  if [[ -e $WORK/entries ]]; then sed '/^;/d; s/^/would restore: /' "$WORK/entries"; fi
  if [[ $MODE == new ]]; then
    creation
    would createdb "${CREATION[@]}" -- "$INTO"
  fi
  if [[ $KIND == plain ]]; then
    would psql --single-transaction --set=ON_ERROR_STOP=1 --dbname="$(conninfo "$INTO")" --file="$ARCHIVE"
  else
    [[ $MODE == new ]] || set -- --single-transaction "$@"
    would pg_restore --exit-on-error "$@" --dbname="$(conninfo "$INTO")" "$ARCHIVE"
  fi
  would psql --dbname="$(conninfo "$INTO")" --command=ANALYZE
  [[ -z $REPLACE ]] || printf 'would rename: %q to a name of its own, and %q to %q\n' "$REPLACE" "$INTO" "$REPLACE"
}

into_new() {
  STEP="making the database ${INTO@Q}"
  creation
  createdb "${CREATION[@]}" -- "$INTO"
  CREATED="$INTO"
  STEP="restoring into ${INTO@Q}"
  say "$STEP"
{%- if chosen_tables %}
  make_schemas "$INTO"
{%- endif %}
  restore_new "$INTO" "$@"
  if [[ $KIND == archive && -z ${TABLES[*]-} ]]; then restore_properties; fi
  analyze
  CREATED=''
  [[ -z $REPLACE ]] || replace
}

# All of it or nothing.
into_existing() {
  STEP="restoring into ${INTO@Q}"
  say "$STEP"
  if [[ $KIND == plain ]]; then
    replay_plain "$INTO"
  else
    # pg_restore writes the end of the transaction last: where it fails, nothing is committed.
    pg_restore --single-transaction --file=- "$@" "$ARCHIVE" | tolerant_drops | replay "$INTO"
  fi
  analyze
}

# Keys and indexes of partitions go with those of their table, and cannot be dropped before: --clean
# tries to. The statements before the first named entry drop, each on one line. \x24 is a dollar sign.
tolerant_drops() {
  sed '1,/^-- Name: /{
    /backstay_drop/!s/^\(ALTER TABLE IF EXISTS .* DROP CONSTRAINT IF EXISTS .*\|DROP INDEX IF EXISTS .*\);$/DO \x24backstay_drop\x24 BEGIN EXECUTE \x24backstay_drop_it\x24\1\x24backstay_drop_it\x24; EXCEPTION WHEN invalid_table_definition OR dependent_objects_still_exist THEN NULL; END \x24backstay_drop\x24;/
  }'
}

# What an archive knows of the database itself, under the new name: its owner, settings and grants.
restore_properties() {
  STEP='restoring what belongs to the database itself'
  local line old new statements=''
  pg_restore --create --list "$ARCHIVE" |
    sed --quiet '/^[0-9]*; [0-9]* [0-9]* \(DATABASE\|DATABASE PROPERTIES\|ACL\) - /p' >"$WORK/properties"
  pg_restore --create --use-list="$WORK/properties" --file=- "$ARCHIVE" >"$WORK/statements"
  old="$(query postgres "SELECT quote_ident($(sql_text "$DATABASE"))")"
  new="$(sql_name "$INTO")"
  while IFS= read -r line; do
    case "$line" in
      "ALTER DATABASE $old OWNER TO "*) ! $OWNERS || statements+="ALTER DATABASE $new ${line#"ALTER DATABASE $old "}"$'\n' ;;
      "ALTER DATABASE $old "*) statements+="ALTER DATABASE $new ${line#"ALTER DATABASE $old "}"$'\n' ;;
      "GRANT "*" ON DATABASE $old TO "* | "REVOKE "*" ON DATABASE $old FROM "* | "ALTER ROLE "*" IN DATABASE $old SET "*)
        ! $OWNERS || statements+="${line%%" DATABASE $old "*} DATABASE $new ${line#*" DATABASE $old "}"$'\n'
        ;;
    esac
  done <"$WORK/statements"
  [[ -z $statements ]] || replay postgres <<<"$statements"
}

# Without it the planner knows nothing of the tables. What a login may not analyze is left out with a warning.
analyze() {
  STEP="analyzing ${INTO@Q}"
  query "$INTO" 'SET client_min_messages = error' 'ANALYZE'
}

# The old database keeps its rows under another name.
replace() {
  STEP="replacing ${REPLACE@Q}"
  local old new kept
  kept="$(sql_name "$(shorten "$REPLACE" 39)_before_$RUN_STAMP")"
  old="$(sql_name "$REPLACE")"
  new="$(sql_name "$INTO")"
  query postgres "ALTER DATABASE $old WITH ALLOW_CONNECTIONS false"
  if ! query postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $(sql_text "$REPLACE")" >/dev/null ||
    ! rename "$old" "$kept" "$new"; then
    query postgres "ALTER DATABASE $old WITH ALLOW_CONNECTIONS true"
    fail "${REPLACE@Q} is as it was; what was restored is ${INTO@Q}"
  fi
  say "the old database is $kept"
  INTO="$REPLACE"
}

# A connection takes a moment to end: the renames are tried for a while, both or none.
rename() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if query postgres "BEGIN; ALTER DATABASE $1 RENAME TO $2; ALTER DATABASE $3 RENAME TO $1; COMMIT" 2>"$WORK/rename"; then
      query postgres "ALTER DATABASE $2 WITH ALLOW_CONNECTIONS true"
      return
    fi
    sleep "0.$attempt"
  done
  cat "$WORK/rename" >&2
  return 1
}

restore_globals() {
  STEP='restoring roles and tablespaces'
  confirm globals 'Roles that are there already get the attributes and memberships that they had when they were dumped'
  if $DRY_RUN; then would psql --file="$RUN/globals.sql.gz"; else replay_server globals; fi
}

restore_cluster() {
  STEP='restoring the whole server'
  local there
  there="$(query postgres "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres'{% for name in foreign %}, '{{ name }}'{% endfor %})")"
  [[ -z $there ]] || fail "this server has databases already: $there"
  confirm cluster "The whole server at ${PGHOST-} is filled from the dump"
  if $DRY_RUN; then would psql --file="$RUN/cluster.sql.gz"; else replay_server cluster; fi
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools flock awk psql pg_restore createdb gzip sha256sum{% if stores %} "${STORE_TOOLS[@]}"{% endif %}
  if [[ $COMMAND == list ]]; then
    STEP='listing the runs'
    all_runs "$WANTED_PLACE"
    STEP=''
    return
  fi
  take_lock
  choose_run "$WANTED_RUN" "$WANTED_PLACE"
  if $DRY_RUN && [[ $PLACE != local ]]; then
    say 'dry run: nothing is fetched, so this is all that can be said'
    STEP=''
    return
  fi
  make_work
  fetch_run
  if [[ $COMMAND == fetch ]]; then
    STEP="copying to $DIRECTORY"
    cp --recursive --no-target-directory -- "$RUN" "$DIRECTORY/$RUN_STAMP"
    say "ok: $DIRECTORY/$RUN_STAMP is fetched and verified"
    STEP=''
    return
  fi
  set_connection
  case "$WHAT" in
    database) restore_database ;;
    globals) restore_globals ;;
    cluster) restore_cluster ;;
  esac
  if $DRY_RUN; then say 'dry run: nothing was changed'; else say "ok: run $RUN_STAMP is restored${INTO:+ into ${INTO@Q}}"; fi
  STEP=''
}

main "$@"
