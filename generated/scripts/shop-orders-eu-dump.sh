#!/bin/bash
# Dumps shop-orders-eu: dump, verify, upload, prune.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage:
#   shop-orders-eu-dump.sh              everything; this is what cron runs
#   shop-orders-eu-dump.sh dump         make and verify a local run, and stop there
#   shop-orders-eu-dump.sh upload       upload the newest local run, then prune; repeats a failed upload
#   shop-orders-eu-dump.sh verify DIR   check a finished run again: checksums and whole archives
#   shop-orders-eu-dump.sh --help
#
# Environment, all optional but the host; what is set there wins over the policy:
#   BACKSTAY_DUMP_DIR     absolute path that holds the runs (default /var/backups/backstay)
#   PGHOST or PGSERVICE   required: the policy names no host
#   PGPORT, PGUSER, PGSSLMODE and the rest of libpq's variables
#   PGPASSFILE            where the password is (default ~/.pgpass); it is never in this file, nor
#                         on a command line, where every user of the host could read it
#   AWS_*, AZURE_*        the identity of the cloud clients; a host should have a role of its own
#
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps and periods are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

NAME=shop-orders-eu
# Used where the environment does not say otherwise.
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
declare -A CONNECTION=(
  [PGSSLMODE]=require
  [PGCONNECT_TIMEOUT]=30
  [PGAPPNAME]=backstay
)
# shellcheck disable=SC1003,SC1112,SC2016 # as above
DATABASES=(
  orders
  invoices
)
FORMAT=directory
SUFFIX=dir
GLOBALS=false
KEEP_LOCAL_DAYS=7
DUMP_TOOLS=(flock psql pg_dump pg_restore gzip sha256sum)
STORE_TOOLS=(aws)
# Retention classes, shortest period first, and the days that a store keeps each.
CLASSES=(daily weekly monthly yearly)
declare -A CLASS_DAYS=([daily]=35 [weekly]=182 [monthly]=731 [yearly]=3653)

BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
RUN=''          # the complete run that this call is about
PARTIAL=''      # its directory while it is being made
STEP='starting' # what is being done, for the last line; empty once all is well

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s: %s\n' -1 "$NAME" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

on_exit() {
  local code=$?
  trap - EXIT
  [[ -z $PARTIAL ]] || rm -rf -- "$PARTIAL"
  [[ -n $STEP ]] || exit "$code"
  say "FAILED while $STEP"
  exit 1
}

show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# pg_dump reads a name that has "=" in it as a connection string, so every name is given as one.
conninfo() {
  local backslash=$'\\' quote=$'\'' value="$1"
  value="${value//"$backslash"/"$backslash$backslash"}"
  value="${value//"$quote"/"$backslash$quote"}"
  printf "dbname='%s'" "$value"
}

# The file of a database: bytes other than A-Z a-z 0-9 _ - become %XX, and so does a leading dash, so
# two names never share a file. "globals" is escaped too: globals.sql.gz is the roles' file.
file_name() {
  local rest="$1" byte out=''
  if [[ $rest == globals ]]; then
    out='%67'
    rest='lobals'
  fi
  while [[ -n $rest ]]; do
    byte="${rest:0:1}"
    rest="${rest:1}"
    case "$out$byte" in
      *[A-Za-z0-9_] | ?*-) out+="$byte" ;;
      *) printf -v out '%s%%%02X' "$out" "'$byte" ;;
    esac
  done
  printf '%s.%s' "$out" "$SUFFIX"
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

set_connection() {
  STEP='setting up the connection'
  local variable
  # Without a host libpq would try a local socket, and might dump another server without a word.
  [[ -n ${PGHOST-}${PGSERVICE-} ]] || fail 'set PGHOST or PGSERVICE: the policy names no host'
  for variable in "${!CONNECTION[@]}"; do
    [[ -n ${!variable-} ]] || export "$variable=${CONNECTION[$variable]}"
  done
}

# A client older than the server refuses to dump it, or to read the dump back.
check_versions() {
  STEP='checking the versions'
  local tool version
  SERVER_VERSION="$(psql --no-psqlrc --no-password --no-align --tuples-only \
    --dbname="$(conninfo "${DATABASES[0]}")" --command='SHOW server_version')"
  SERVER_VERSION="${SERVER_VERSION%% *}"
  for tool in pg_restore pg_dump; do
    version="$("$tool" --version)"
    version="${version#*) }"
    version="${version%% *}"
    ((${version%%[!0-9]*} >= ${SERVER_VERSION%%[!0-9]*})) ||
      fail "$tool is version $version, and the server is $SERVER_VERSION: install a newer client"
  done
  CLIENT_VERSION="$version"
}

dump_databases() {
  local database file
  for database in "${DATABASES[@]}"; do
    STEP="dumping ${database@Q}"
    say "$STEP"
    file="$PARTIAL/$(file_name "$database")"
    pg_dump --no-password --format=directory --jobs=8 \
      --file="$file" --dbname="$(conninfo "$database")"
  done
}

# Reads every archive to its end. pg_restore --list would not do: it reads the table of contents
# only, and passes an archive that is cut short or has a flipped bit.
verify_archives() {
  local archive ending checked=0
  for archive in "$1"/*.dump "$1"/*.dir; do
    pg_restore --file=/dev/null "$archive" || fail "$archive cannot be read to its end"
    checked=$((checked + 1))
  done
  for archive in "$1"/*.sql.gz; do
    ending="$(gzip --decompress --stdout "$archive" | tail -n 8)" || fail "$archive is damaged"
    [[ $ending == *'-- PostgreSQL database '*'dump complete'* ]] ||
      fail "$archive has no closing line: the dump was cut short"
    checked=$((checked + 1))
  done
  ((checked > 0)) || fail "there is no archive in $1"
}

# Names in a run have no spaces or newlines: file_name escapes them.
list_files() { find "$1" -type f ! -name SHA256SUMS -printf '%P\n' | sort; }

write_manifest() {
  STEP='writing the checksums and the manifest'
  local sums database path sum separator=''
  sums="$(cd -- "$PARTIAL" && list_files . | xargs sha256sum)"
  {
    printf '{\n  "schema_version": 1,\n'
    printf '  "name": %s,\n' "$(json_string "$NAME")"
    printf '  "stamp": %s,\n' "$(json_string "$STAMP")"
    printf '  "started": "%(%Y-%m-%dT%H:%M:%SZ)T",\n' "$STARTED"
    printf '  "finished": "%(%Y-%m-%dT%H:%M:%SZ)T",\n' -1
    printf '  "server_version": %s,\n' "$(json_string "$SERVER_VERSION")"
    printf '  "client_version": %s,\n' "$(json_string "$CLIENT_VERSION")"
    printf '  "format": %s,\n' "$(json_string "$FORMAT")"
    printf '  "globals": %s,\n' "$GLOBALS"
    printf '  "databases": ['
    for database in "${DATABASES[@]}"; do
      printf '%s\n    { "name": %s, "path": %s }' "$separator" \
        "$(json_string "$database")" "$(json_string "$(file_name "$database")")"
      separator=','
    done
    separator=''
    printf '\n  ],\n  "files": ['
    while read -r sum path; do
      printf '%s\n    { "path": %s, "bytes": %s, "sha256": "%s" }' "$separator" \
        "$(json_string "$path")" "$(stat --format=%s "$PARTIAL/$path")" "$sum"
      separator=','
    done <<<"$sums"
    printf '\n  ]\n}\n'
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

# Complete runs, oldest first.
list_runs() {
  local manifest
  for manifest in "$BASE"/[0-9]*T[0-9]*Z/manifest.json; do
    printf '%s\n' "${manifest%/manifest.json}"
  done
}

verify_run() {
  STEP="verifying $1"
  local directory
  directory="$(cd -- "$1" && pwd)" || fail "cannot open $1"
  [[ -f $directory/manifest.json && -f $directory/SHA256SUMS ]] || fail "$1 is not a finished run"
  (cd -- "$directory" && sha256sum --check --strict --quiet SHA256SUMS) || fail "the checksums of $1 differ"
  # sha256sum --check passes a list that has lost lines.
  [[ "$(list_files "$directory")" == "$(cut -c67- "$directory/SHA256SUMS" | sort)" ]] ||
    fail "SHA256SUMS does not list the files that are in $1"
  verify_archives "$directory"
  say "ok: $directory is whole"
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

list_s3() {
  aws s3api list-objects-v2 --bucket "$1" --region "$2" --expected-bucket-owner "$3" --prefix "$4" \
    --query "Contents[?ends_with(Key, '/manifest.json')].Key" --output text
}

# The listing has made sure of the bucket's owner; "s3 cp" has no option for it.
upload_s3() {
  local store="$1" bucket="$2" region="$3" account="$4" KEY
  choose_key list_s3 "$bucket" "$region" "$account" || return 1
  if [[ -n $KEY ]]; then
    aws s3 cp "$RUN" "s3://$bucket/$KEY" --recursive --exclude manifest.json --region "$region" \
      --only-show-errors --no-guess-mime-type || return 1
    aws s3api put-object --bucket "$bucket" --key "$KEY/manifest.json" --body "$RUN/manifest.json" \
      --content-type application/json --region "$region" --expected-bucket-owner "$account" \
      --output text >/dev/null || return 1
  fi
  say "store $store: ${KEY:-already there}"
}

upload_run() {
  STEP='uploading'
  local failed=''
  upload_s3 shop-dumps shop-database-dumps-eu eu-central-1 310987654321 || failed+=" "shop-dumps
  [[ -z $failed ]] || fail "not uploaded to:$failed; the run stays in $RUN"
}

upload_newest() {
  STEP='finding the newest run'
  RUN="$(list_runs | tail -n 1)"
  [[ -n $RUN ]] || fail "there is no complete run in $BASE"
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

main() {
  trap on_exit EXIT
  case "$#:${1-}" in
    0:)
      check_tools "${DUMP_TOOLS[@]}" "${STORE_TOOLS[@]}"
      take_lock
      dump_run
      upload_run
      prune_local
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
