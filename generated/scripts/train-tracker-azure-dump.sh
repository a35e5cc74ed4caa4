#!/bin/bash
# Dumps train-tracker-azure: dump, verify, upload, prune.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# Usage:
#   train-tracker-azure-dump.sh              everything; this is what cron runs
#   train-tracker-azure-dump.sh dump         make and verify a local run, and stop there
#   train-tracker-azure-dump.sh upload       upload the newest local run, then prune; repeats a failed upload
#   train-tracker-azure-dump.sh verify DIR   check a finished run again: checksums and whole archives
#   train-tracker-azure-dump.sh --help
#
# Environment, all optional; what is set there wins over the policy:
#   BACKSTAY_DUMP_DIR     absolute path that holds the runs (default /var/backups/backstay)
#   PGHOST, PGPORT, PGUSER, PGSSLMODE, PGSERVICE and the rest of libpq's variables
#   PGPASSFILE            where the password is (default ~/.pgpass); it is never in this file, nor
#                         on a command line, where every user of the host could read it
#   PGSERVICEFILE         with PGSERVICE: a service file, which may name the host and the user as well
#   BACKSTAY_HEARTBEAT_URL  address that is called after each run that went well
#   AWS_*, AZURE_*        the identity of the cloud clients; a host should have a role of its own
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, and PostgreSQL's clients, at least of the server's version.
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps and periods are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

NAME=train-tracker-azure
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
  traintracker
)
STORE_TOOLS=(az)
# Retention classes, shortest period first.
CLASSES=(daily weekly monthly yearly)
# The days that a store keeps each class.
declare -A CLASS_DAYS=([daily]=30 [weekly]=84 [monthly]=366 [yearly]=2557)
FORMAT=custom
SUFFIX=dump
ONLY='' # schema or data; nothing: both
GLOBALS=false
CLUSTER=false
KEEP_LOCAL_DAYS=7
HEARTBEAT=''
# The database by which questions about the whole server are asked.
MAINTENANCE="${DATABASES[0]-postgres}"
DUMP_TOOLS=(flock psql pg_dump pg_restore gzip sha256sum)

BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
DUMP_OPTIONS=()
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

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s: %s\n' -1 "$NAME" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Without the signals' own traps bash may end by the signal itself, before on_exit runs.
catch_ends() {
  trap on_exit EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# What is half done goes, whoever asks again.
end_uninterrupted() {
  trap - EXIT
  trap '' HUP INT TERM
}

show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# pg_dump reads a name that has "=" in it as a connection string, so every name is given as one.
conninfo() {
  local backslash=$'\\' quote=$'\'' value="$1"
  value="${value//"$backslash"/"$backslash$backslash"}"
  value="${value//"$quote"/"$backslash$quote"}"
  printf "dbname='%s'" "$value"
}

# The file of a database, without its suffix: bytes other than A-Z a-z 0-9 _ - become %XX, and so does
# a leading dash, so two names never share a file. "globals" and "cluster" are escaped too: those are
# the files of the roles and of the whole server.
file_name() {
  local rest="$1" byte out=''
  if [[ $rest == globals || $rest == cluster ]]; then
    printf -v out '%%%02X' "'$rest"
    rest="${rest:1}"
  fi
  while [[ -n $rest ]]; do
    byte="${rest:0:1}"
    rest="${rest:1}"
    case "$out$byte" in
      *[A-Za-z0-9_] | ?*-) out+="$byte" ;;
      *) printf -v out '%s%%%02X' "$out" "'$byte" ;;
    esac
  done
  printf '%s' "$out"
}

json_string() {
  local rest="$1" byte out=''
  while [[ -n $rest ]]; do
    byte="${rest:0:1}"
    rest="${rest:1}"
    case "$byte" in
      '"' | \\) out+="\\$byte" ;;
      [[:cntrl:]]) printf -v out '%s\\u%04x' "$out" "'$byte" ;;
      *) out+="$byte" ;;
    esac
  done
  printf '"%s"' "$out"
}

check_tools() {
  STEP='checking the tools'
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is not installed, or not in PATH=$PATH"
  done
}

# The version of a PostgreSQL program.
version_of() {
  local version
  version="$("$1" --version)"
  version="${version#*) }"
  printf '%s' "${version%% *}"
}

# Gives statements to a database; prints what they return, a row a line and a tab between its fields.
query() {
  local database="$1" statement
  local words=()
  shift
  for statement in "$@"; do words+=(--command="$statement"); done
  psql --no-psqlrc --no-password --quiet --no-align --tuples-only --field-separator=$'\t' \
    --set=ON_ERROR_STOP=1 --dbname="$(conninfo "$database")" "${words[@]}"
}

# Complete runs here, oldest first.
list_runs() {
  local manifest
  for manifest in "$BASE"/[0-9]*T[0-9]*Z/manifest.json; do
    printf '%s\n' "${manifest%/manifest.json}"
  done
}

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

# Used where the environment does not say otherwise.
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
declare -A CONNECTION=(
  [PGHOST]=train-tracker-db-prod.postgres.database.azure.com
  [PGSSLMODE]=require
  [PGCONNECT_TIMEOUT]=30
  [PGAPPNAME]=backstay
)

set_connection() {
  STEP='setting up the connection'
  local variable
  for variable in "${!CONNECTION[@]}"; do
    [[ -n ${!variable-} ]] || export "$variable=${CONNECTION[$variable]}"
  done
  # libpq passes over a file that others may read with no more than a warning.
  if [[ -n ${PGPASSFILE-} ]]; then
    [[ -r $PGPASSFILE ]] || fail "PGPASSFILE=$PGPASSFILE cannot be read"
    [[ $(stat --dereference --format=%a -- "$PGPASSFILE") == *00 ]] || fail "PGPASSFILE=$PGPASSFILE is open to others: chmod 600"
  fi
}

# A client older than the server refuses to dump it, or to read the dump back.
check_versions() {
  STEP='checking the versions'
  local tool version
  SERVER_VERSION="$(query "$MAINTENANCE" 'SHOW server_version')"
  SERVER_VERSION="${SERVER_VERSION%% *}"
  for tool in pg_restore pg_dump; do
    version="$(version_of "$tool")"
    ((${version%%[!0-9]*} >= ${SERVER_VERSION%%[!0-9]*})) ||
      fail "$tool is version $version, and the server is $SERVER_VERSION: install a newer client"
  done
  CLIENT_VERSION="$version"
  # Not every server lets everybody ask.
  SYSTEM="$(query "$MAINTENANCE" 'SELECT system_identifier FROM pg_control_system()' 2>/dev/null)" || SYSTEM=''
}

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

# Sets OPTIONS to what pg_dump is given for one database besides its name.
choose_tables() {
  OPTIONS=("${DUMP_OPTIONS[@]}")
}

dump_databases() {
  local database file
  for database in "${DATABASES[@]}"; do
    STEP="dumping ${database@Q}"
    say "$STEP"
    file="$PARTIAL/$(file_name "$database").$SUFFIX"
    read_facts "$database"
    choose_tables "$database"
    # The custom format is compressed as it is; gzip on top would only keep pg_restore from reading it.
    pg_dump --no-password --format=custom "${OPTIONS[@]}" --file="$file" --dbname="$(conninfo "$database")"
    printf -v FACTS '{ "name": %s, "path": %s, %s }' "$(json_string "$database")" "$(json_string "${file##*/}")" "$FACTS"
    DUMPED+=("$FACTS")
  done
}

# Reads every archive to its end. pg_restore --list would not do: it reads the table of contents
# only, and passes an archive that is cut short or has a flipped bit.
verify_archives() {
  local archive ending mark checked=0
  for archive in "$1"/*.dump "$1"/*.dir; do
    pg_restore --file=/dev/null "$archive" || fail "$archive cannot be read to its end"
    checked=$((checked + 1))
  done
  for archive in "$1"/*.sql.gz; do
    mark='database'
    case "${archive##*/}" in
      globals.* | cluster.*) mark='database cluster' ;;
    esac
    ending="$(gzip --decompress --stdout "$archive" | tail -n 8)" || fail "$archive is damaged"
    [[ $ending == *"-- PostgreSQL $mark dump complete"* ]] ||
      fail "$archive has no closing line: the dump was cut short"
    checked=$((checked + 1))
  done
  ((checked > 0)) || fail "there is no archive in $1"
}

# Names in a run have no spaces or newlines: file_name escapes them.
list_files() { find "$1" -type f ! -name SHA256SUMS -printf '%P\n' | sort; }

# Every file of a run is there, is the one that was made, and belongs to this run of this database.
verify_sums() {
  STEP="verifying $1"
  [[ -f $1/manifest.json && -f $1/SHA256SUMS ]] || fail "$1 is not a finished run"
  (cd -- "$1" && sha256sum --check --strict --quiet SHA256SUMS) || fail "the checksums of $1 differ"
  # sha256sum --check passes a list that has lost lines.
  [[ "$(list_files "$1")" == "$(cut -c67- "$1/SHA256SUMS" | sort)" ]] ||
    fail "SHA256SUMS does not list the files that are in $1"
  [[ $(<"$1/manifest.json") == *$'\n  "name": '"$(json_string "$NAME")"$',\n'* ]] || fail "$1 is a run of another database"
}

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
  until
    STARTED="$EPOCHSECONDS"
    printf -v STAMP '%(%Y%m%dT%H%M%SZ)T' "$STARTED"
    [[ ! -e $BASE/$STAMP ]]
  do
    sleep 1 # a run that ended within this second has the name
  done
  PARTIAL="$BASE/.$STAMP.partial"
  mkdir -- "$PARTIAL"
  dump_databases
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

blob() { az storage blob "$@" --auth-mode login --only-show-errors; }

list_blob() {
  # Without --num-results az stops at 5000 blobs.
  blob list --account-name "$1" --container-name "$2" --prefix "$3" --num-results '*' \
    --query "[?ends_with(name, '/manifest.json')].name" --output tsv
}

# The key of this run in a store, under a class and its current period.
key_of() {
  local stamp="${RUN##*/}" period='%Y-%m-%d'
  case "$1" in
    yearly) period='%Y' ;;
    monthly) period='%Y-%m' ;;
    weekly) period='%G-W%V' ;;
  esac
  period="$(date --date="${stamp%T*}" "+$period")" || return 1
  printf '%s/%s/%s/%s' "$1" "$NAME" "$period" "$stamp"
}

# Sets KEY to where this run belongs in a store, or to nothing where the store already has it. The
# first good dump of a period becomes that period's: when the one of the 1st fails, the 2nd is the
# monthly. Of the classes that still lack theirs, the one that is kept longest gets this run.
# "$@" is the command that lists the manifests under the prefix that it gets as its last argument.
choose_key() {
  local class key found best='' days=0
  for class in "${CLASSES[@]}"; do
    key="$(key_of "$class")" || return 1
    # A list that cannot be read must not pass for an empty one.
    found="$("$@" "${key%/*}/")" || return 1
    if [[ $found == *"$key/manifest.json"* ]]; then
      KEY=''
      return
    fi
    if [[ $found != */manifest.json* ]] && ((CLASS_DAYS[$class] >= days)); then
      best="$class"
      days="${CLASS_DAYS[$class]}"
    fi
  done
  KEY="$(key_of "${best:-${CLASSES[0]}}")"
}

# In the functions below, errors are passed on by hand: bash ignores `set -e` where the caller looks
# at the result, as upload_run does to try every store. manifest.json always goes last, because its
# presence is what makes a dump complete.

# What the store has of this run already, as size, tab, path.
stored_blobs() {
  local stored
  stored="$(blob list --account-name "$1" --container-name "$2" --prefix "$KEY/" --num-results '*' \
    --query '[].[properties.contentLength, name]' --output tsv)" || return 1
  sort <<<"${stored//$'\t'"$KEY/"/$'\t'}"
}

put_blob() {
  blob upload --account-name "$1" --container-name "$2" --name "$KEY/$3" --file "$RUN/$3" \
    --validate-content --overwrite false --no-progress --output none
}

upload_blob() {
  local store="$1" account="$2" container="$3" KEY stored lacking item
  choose_key list_blob "$account" "$container" || return 1
  if [[ -n $KEY ]]; then
    stored="$(stored_blobs "$account" "$container")" || return 1
    for item in "$RUN"/*/; do
      item="${item%/}"
      if [[ $stored != *$'\t'"${item##*/}/"* ]]; then
        blob upload-batch --account-name "$account" --destination "$container" --source "$item" \
          --destination-path "$KEY/${item##*/}" --validate-content --overwrite false --no-progress --output none || return 1
      fi
    done
    # upload-batch exits 0 whatever it left out: ask the store, and send the rest one by one. What is
    # there is never sent again, so that a failed upload can be repeated where nothing can be replaced.
    stored="$(stored_blobs "$account" "$container")" || return 1
    lacking="$(find "$RUN" -type f ! -name manifest.json -printf '%s\t%P\n' | sort |
      comm -23 - <(printf '%s\n' "$stored") | cut -f2)" || return 1
    for item in $lacking manifest.json; do
      put_blob "$account" "$container" "$item" || return 1
    done
  fi
  say "store $store: ${KEY:-already there}"
}

upload_run() {
  STEP='uploading'
  local failed=''
  upload_blob dumps-blob traintrackerstorage database-backups || failed+=" "dumps-blob
  [[ -z $failed ]] || fail "not uploaded to:$failed; the run stays in $RUN"
}

upload_newest() {
  STEP='finding the newest run'
  RUN="$(list_runs | tail -n 1)"
  [[ -n $RUN ]] || fail "there is no complete run in $BASE"
  # A run that was damaged since must neither be uploaded nor count as the one that is kept.
  verify_sums "$RUN"
  upload_run
}

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
      check_tools "${DUMP_TOOLS[@]}" "${STORE_TOOLS[@]}"
      take_lock
      dump_run
      upload_run
      prune_local
      call_heartbeat
      say "ok: $RUN is dumped and verified, and in every store"
      ;;
    1:dump)
      check_tools "${DUMP_TOOLS[@]}"
      take_lock
      dump_run
      say "ok: $RUN is dumped and verified"
      ;;
    1:upload)
      check_tools flock "${STORE_TOOLS[@]}"
      take_lock
      upload_newest
      prune_local
      call_heartbeat
      say "ok: $RUN is in every store"
      ;;
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
