#!/bin/bash
# Restores the newest dump of train-tracker-onprem into a scratch database, and asks what is in it.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# Usage:
#   train-tracker-onprem-restore-test.sh                the newest run, from wherever it is
#   train-tracker-onprem-restore-test.sh --from WHERE   from there alone: local, dumps-s3, dumps-blob
#   train-tracker-onprem-restore-test.sh --help
#
# The scratch database is made on the server that PGHOST or PGSERVICE names, which should not be the
# one that was dumped, and dropped again. Without either a server is made here by initdb, reached by a
# socket alone, and gone when this ends; there the globals are restored as well, if the run has them.
#
# What was found is written to BACKSTAY_DUMP_DIR/drills/train-tracker-onprem as JSON, and to the store dumps-s3 under
# drills/train-tracker-onprem: whether each check passed, how long it took from the start until everything was
# restored and answered (rto_seconds), and how old the dump was then (rpo_seconds).
#
# Environment, all optional:
#   BACKSTAY_DUMP_DIR   absolute path that holds the runs and the results (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR   holds what is fetched and the server of its own (default /var/tmp): twice the database
#   PGHOST, PGPORT, PGUSER, PGSERVICE, PGPASSFILE and the rest of libpq's variables
#   AWS_*, AZURE_*      the identity of the cloud clients, which may read the stores and write below drills/
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, and PostgreSQL's clients, at least of the version that dumped.
# Exit code: 0 everything passed, 1 something did not, 75 another test by this script is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

NAME=train-tracker-onprem
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
  traintracker
)
STORE_TOOLS=(aws az)
# Retention classes, shortest period first.
CLASSES=(daily weekly monthly)

BASE="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/$NAME"
DRILLS="${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills"
# Objectives in seconds, where dumps are what has to keep them.
RTO_LIMIT=86400
RPO_LIMIT=86400
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

# Gives a command to AWS as who acts in an account: a profile of the AWS configuration, where one is named.
aws_of() {
  local profile="BACKSTAY_AWS_PROFILE_$1"
  shift
  aws ${!profile:+--profile "${!profile}"} "$@"
}

list_s3() {
  aws_of "$3" s3api list-objects-v2 --bucket "$1" --region "$2" --expected-bucket-owner "$3" --prefix "$4" \
    --query "Contents[?ends_with(Key, '/manifest.json')].Key" --output text
}

blob() { az storage blob "$@" --auth-mode login --only-show-errors; }

list_blob() {
  # Without --num-results az stops at 5000 blobs.
  blob list --account-name "$1" --container-name "$2" --prefix "$3" --num-results '*' \
    --query "[?ends_with(name, '/manifest.json')].name" --output tsv
}

# Every complete run as stamp, place and path, a tab between them: oldest first, and of one run the
# local copy last, since that is the nearest. A place that cannot be asked is told, and passed over.
# "$1" is the one place that is asked; without it all are.
all_runs() {
  local run class key keys
  {
    for class in "${CLASSES[@]}"; do
      [[ ${1:-dumps-s3} == dumps-s3 ]] || break
      keys="$(list_s3 train-tracker-backups us-west-2 123456789012 "$class/$NAME/")" ||
        { say "note: the store dumps-s3 cannot be asked" && break; }
      # Words of one line, or lines; no key has a space.
      for key in $keys; do
        if [[ $key == "$class/$NAME/"*/manifest.json ]]; then
          key="${key%/manifest.json}"
          printf '%s\t%s\t%s\n' "${key##*/}" dumps-s3 "$key"
        fi
      done
    done
    for class in "${CLASSES[@]}"; do
      [[ ${1:-dumps-blob} == dumps-blob ]] || break
      keys="$(list_blob traintrackerstorage database-backups "$class/$NAME/")" ||
        { say "note: the store dumps-blob cannot be asked" && break; }
      # Words of one line, or lines; no key has a space.
      for key in $keys; do
        if [[ $key == "$class/$NAME/"*/manifest.json ]]; then
          key="${key%/manifest.json}"
          printf '%s\t%s\t%s\n' "${key##*/}" dumps-blob "$key"
        fi
      done
    done
    while [[ ${1:-local} == local ]] && read -r run; do
      [[ -z $run ]] || printf '%s\tlocal\t%s\n' "${run##*/}" "$run"
    done < <(list_runs)
  } | sort --stable --key=1,1
}

# Sets RUN_STAMP, PLACE and RUN_PATH to the newest run that fits what is asked for. Either may be empty: a
# stamp, and a place.
choose_run() {
  STEP='looking for the run'
  local stamp place path
  RUN_STAMP=''
  while IFS=$'\t' read -r stamp place path; do
    if [[ -n $stamp && ${1:-$stamp} == "$stamp" && ${2:-$place} == "$place" ]]; then
      RUN_STAMP="$stamp"
      PLACE="$place"
      RUN_PATH="$path"
    fi
  done < <(all_runs "$2")
  [[ -n $RUN_STAMP ]] || fail "there is no such run: see what list says"
  say "run $RUN_STAMP from $PLACE: $RUN_PATH"
}

# Makes a folder of this call's own, which goes when it ends.
make_work() {
  STEP='making a working folder'
  WORK="$(mktemp --directory "${BACKSTAY_WORK_DIR:-/var/tmp}/backstay.XXXXXX")"
}

# Sets RUN to the folder of the chosen run, fetched where it is not here, and verifies it.
fetch_run() {
  STEP="fetching $RUN_STAMP from $PLACE"
  RUN="$RUN_PATH"
  if [[ $PLACE != local ]]; then
    RUN="$WORK/$RUN_STAMP"
    case "$PLACE" in
      dumps-s3)
        aws_of 123456789012 s3 cp s3://train-tracker-backups/"$RUN_PATH" "$RUN" --recursive --region us-west-2 --only-show-errors
        ;;
      dumps-blob)
        mkdir -- "$WORK/blobs"
        blob download-batch --account-name traintrackerstorage --source database-backups \
          --pattern "$RUN_PATH/*" --destination "$WORK/blobs" --no-progress --output none
        mv --no-target-directory -- "$WORK/blobs/$RUN_PATH" "$RUN"
        ;;
    esac
  fi
  verify_sums "$RUN"
  [[ $(<"$RUN/manifest.json") == *$'\n  "stamp": '"$(json_string "$RUN_STAMP")"$',\n'* ]] || fail "$RUN_PATH holds another run than its name says"
}

# A name, and a text, as SQL writes them.
sql_name() { printf '"%s"' "${1//\"/\"\"}"; }
sql_text() { printf "'%s'" "${1//\'/\'\'}"; }

major() { printf '%s' "${1%%[!0-9]*}"; }

# A member of an object of the manifest that is on one line, or of the manifest itself.
fact() {
  local rest="${1#*"\"$2\": \""}"
  [[ $rest == "$1" ]] || printf '%s' "${rest%%\"*}"
}

# Sets ARCHIVE to a database's file in the run, KIND to what it is, FACTS to what the manifest says.
find_archive() {
  local name
  name="$(file_name "$1")"
  FACTS=''
  for ARCHIVE in "$RUN/$name.dump" "$RUN/$name.dir" "$RUN/$name.sql.gz" ''; do
    [[ ! -e $ARCHIVE ]] || break
  done
  [[ -n $ARCHIVE ]] || fail "the run $RUN_STAMP has no database ${1@Q}"
  KIND=archive
  [[ $ARCHIVE != *.sql.gz ]] || KIND=plain
  name="\"path\": \"${ARCHIVE##*/}\", \"encoding\":"
  FACTS="$(grep --fixed-strings -- "$name" "$RUN/manifest.json")" || FACTS=''
  MANIFEST="$(<"$RUN/manifest.json")"
}

# What a server older than the dump, or a client older than the one that dumped, cannot read.
check_restore_versions() {
  STEP='checking the versions'
  local dumped client
  SERVER_VERSION="$(query postgres 'SHOW server_version')"
  SERVER_VERSION="${SERVER_VERSION%% *}"
  CLIENT_VERSION="$(version_of pg_restore)"
  dumped="$(fact "$MANIFEST" server_version)"
  client="$(fact "$MANIFEST" client_version)"
  (($(major "$SERVER_VERSION") >= $(major "${dumped:-0}"))) ||
    fail "the dump is of PostgreSQL $dumped and this server is $SERVER_VERSION: restore into one that is at least as new"
  (($(major "$CLIENT_VERSION") >= $(major "${client:-0}"))) ||
    fail "the dump was made by version $client and pg_restore is $CLIENT_VERSION: install a newer client"
}

database_exists() { [[ -n $(query postgres "SELECT 1 FROM pg_database WHERE datname = $(sql_text "$1")") ]]; }

# Whoever is connected is disconnected, where the server can do that (version 13).
drop_database() {
  query postgres "DROP DATABASE IF EXISTS $(sql_name "$1") WITH (FORCE)" 2>/dev/null ||
    query postgres "DROP DATABASE IF EXISTS $(sql_name "$1")"
}

# The arguments of createdb for a database like the one that was dumped, as far as the manifest knows it.
creation() {
  local value provider
  CREATION=(--no-password --maintenance-db="$(conninfo postgres)" --template=template0)
  value="$(fact "$FACTS" encoding)"
  [[ -z $value ]] || CREATION+=(--encoding="$value")
  value="$(fact "$FACTS" collate)"
  [[ -z $value ]] || CREATION+=(--lc-collate="$value")
  value="$(fact "$FACTS" ctype)"
  [[ -z $value ]] || CREATION+=(--lc-ctype="$value")
  provider="$(fact "$FACTS" provider)"
  value="$(fact "$FACTS" locale)"
  # Before version 15 there was one provider for all.
  if (($(major "$SERVER_VERSION") >= 15)); then
    case "$provider" in
      c) CREATION+=(--locale-provider=libc) ;;
      i) CREATION+=(--locale-provider=icu --icu-locale="$value") ;;
      b) CREATION+=(--locale-provider=builtin --builtin-locale="$value") ;;
    esac
  fi
}

# Gives SQL on its input to a database. The dump's own settings come first: a client of version 17 or
# newer sets one there that an older server does not know.
replay() {
  local filter=cat
  (($(major "$SERVER_VERSION") >= 17)) || filter=known_settings
  "$filter" | psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 --dbname="$(conninfo "$1")" --file=- >/dev/null
}

known_settings() { sed '1,60{/^SET transaction_timeout = 0;$/d;}'; }

# A dump in SQL, as one transaction: what is cut short is never committed.
replay_plain() {
  { printf 'BEGIN;\n' && gzip --decompress --stdout "$ARCHIVE" && printf 'COMMIT;\n'; } | replay "$1"
}

# What pg_restore said beside the refused setting. Its jobs write at once and in pieces, so that one line
# may have pieces of several: each known piece is taken out wherever it stands.
unexpected() {
  sed --expression='s/ERROR:  unrecognized configuration parameter "transaction_timeout"//g' \
    --expression='s/Command was: SET transaction_timeout = 0;//g' \
    --expression='s/could not execute query://g' \
    --expression='s/while \(INITIALIZING\|PROCESSING TOC\)://g' \
    --expression='s/warning: errors ignored on restore: [0-9]*//g' \
    --expression='s/pg_restore://g' --expression='s/error://g' <<<"$1" | tr --delete '[:space:]'
}

# Restores the whole of ARCHIVE into a database that was made for it. "$1" is the database, the rest are
# options of pg_restore.
restore_new() {
  local database="$1" said shown code=0
  shift
  if [[ $KIND == plain ]]; then
    replay_plain "$database"
  elif (($(major "$SERVER_VERSION") >= 17 || $(major "$CLIENT_VERSION") < 17)); then
    pg_restore --no-password --exit-on-error "$@" --dbname="$(conninfo "$database")" "$ARCHIVE"
  else
    # Every connection of this client sets what the server does not know; nothing else may fail.
    said="$(pg_restore --no-password "$@" --dbname="$(conninfo "$database")" "$ARCHIVE" 2>&1 >/dev/null)" || code=$?
    if ((code != 0)); then
      shown="$(grep --invert-match --line-regexp --fixed-strings \
        --regexp='pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"' \
        --regexp='Command was: SET transaction_timeout = 0;' <<<"$said" |
        grep --invert-match --regexp='^pg_restore: while \(INITIALIZING\|PROCESSING TOC\):$' \
          --regexp='^$' --regexp='^pg_restore: warning: errors ignored on restore: [0-9]*$')" || shown=''
      [[ -z $(unexpected "$said") ]] || fail "${shown:-$said}"
    fi
  fi
}

# Statements of pg_dumpall: roles that are there already are refused, and nothing else may be.
replay_server() {
  local file="$RUN/$1.sql.gz" refused
  [[ -e $file ]] || fail "the run $RUN_STAMP has no $1"
  gzip --decompress --stdout "$file" |
    psql --no-psqlrc --no-password --quiet --dbname="$(conninfo postgres)" --file=- 2>"$WORK/said" >/dev/null
  refused="$(grep --invert-match --extended-regexp ' ERROR:  (role|tablespace) ".*" already exists$| ERROR:  unrecognized configuration parameter "transaction_timeout"$' "$WORK/said" |
    grep ' ERROR: ')" || true
  [[ -z $refused ]] || fail "not everything could be restored:"$'\n'"$refused"
}

CHECKS=''
PASSED=true
BACKUP=null
RTO_SECONDS=null
RPO_SECONDS=null
FINISHED=false

# One JSON string.
json_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# check NAME PASSED DETAIL
check() {
  say "check $1: $2 ($3)"
  [[ $2 == true ]] || PASSED=false
  CHECKS+="${CHECKS:+, }{ \"name\": $(json_text "$1"), \"passed\": $2, \"detail\": $(json_text "$3") }"
}

# within NAME SECONDS LIMIT: a check against an objective, where there is one.
within() {
  [[ -n $3 && $2 != null ]] || return 0
  if (($2 <= $3)); then check "$1" true "$2 s of at most $3 s"; else check "$1" false "$2 s, and at most $3 s are allowed"; fi
}

# write_result KIND: once, into the folder of the drills and to the store dumps-s3.
write_result() {
  $FINISHED && return
  FINISHED=true
  local folder=$DRILLS/$NAME file finished
  printf -v finished '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  file=$folder/$STAMP.json
  mkdir -p -- "$folder"
  printf '{\n  "version": 1,\n  "kind": "%s",\n  "database": %s,\n  "started": "%s",\n  "finished": "%s",\n  "backup": %s,\n  "rto_seconds": %s,\n  "rpo_seconds": %s,\n  "passed": %s,\n  "checks": [%s]\n}\n' \
    "$1" "$(json_text "$NAME")" "$STARTED" "$finished" "$BACKUP" "$RTO_SECONDS" "$RPO_SECONDS" "$PASSED" "$CHECKS" >"$file.new"
  mv -- "$file.new" "$file"
  say "result: $file"
  aws ${BACKSTAY_AWS_PROFILE_123456789012:+--profile "$BACKSTAY_AWS_PROFILE_123456789012"} s3 cp "$file" s3://train-tracker-backups/drills/train-tracker-onprem/"$STAMP.json" --region us-west-2 --only-show-errors ||
    say "warning: the result did not reach the store dumps-s3"
}

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
    restore_new "$scratch" "${RESTORE_OPTIONS[@]}"
  done
}

opens() {
  local database answer
  for database in "${!SCRATCH_OF[@]}"; do
    STEP="opening ${database@Q}"
    answer="$(query "${SCRATCH_OF["$database"]}" 'SELECT count(*) FROM pg_class')"
    check "opens $database" true "$answer relations"
  done
  RTO_SECONDS=$((EPOCHSECONDS - BEGAN))
}

# Why a query was refused: psql also shows where, on lines of their own.
refusal() {
  local why
  why="$(sed --quiet '/ERROR: /{s/.*ERROR: *//p;q}' "$WORK/said")"
  printf '%s' "${why:-$(tail -n 1 "$WORK/said")}"
}

# has_rows DATABASE TABLE SQL LEAST
has_rows() {
  local rows
  STEP="counting $2"
  if ! rows="$(query "${SCRATCH_OF["$1"]}" "SELECT count(*) FROM $3" 2>"$WORK/said")"; then
    check "table $2" false "$(refusal)"
  elif ((rows < $4)); then
    check "table $2" false "$rows rows, and at least $4 are expected"
  else
    check "table $2" true "$rows rows, at least $4 are expected"
  fi
}

ask() {
  has_rows traintracker users '"public"."users"' 1
  has_rows traintracker trains '"public"."trains"' 1
  has_rows traintracker bookings '"public"."bookings"' 1
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
  check_tools psql pg_restore createdb gzip sha256sum "${STORE_TOOLS[@]}"
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
  restore_scratch
  opens
  ask
  STEP=''
}

main "$@"
