#!/bin/bash
# Restores shop-orders-us from its dumps: find a run, fetch it, verify it, restore it beside what is there.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage:
#   shop-orders-us-restore.sh list                every run that there is: when, where, path; newest last
#   shop-orders-us-restore.sh fetch DIR [OPTION]  fetch and verify a run into DIR, and stop there
#   shop-orders-us-restore.sh [OPTION]...         restore the newest run into a new database
#   shop-orders-us-restore.sh --help
#
# Which run, and what of it:
#   --run STAMP       this one, as list shows it
#   --from WHERE      from there alone: local, shop-dumps
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
# Environment, all optional; what is set there wins over the policy:
#   BACKSTAY_DUMP_DIR   absolute path that holds the runs (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR   holds what is fetched (default /var/tmp); it needs the size of a run
#   PGHOST, PGPORT, PGUSER, PGSERVICE, PGPASSFILE and the rest of libpq's variables
#   AWS_*, AZURE_*      the identity of the cloud clients, which may read the stores
#
# Needs Linux: bash 5, GNU coreutils and findutils, flock, awk, and PostgreSQL's clients, at least of the version that dumped.
# Exit code: 0 done, 1 failed or not confirmed, 75 another restore by this script is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 077
# Stamps are UTC, names are bytes and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C

NAME=shop-orders-us
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
  orders
  invoices
)
STORE_TOOLS=(aws)
# Retention classes, shortest period first.
CLASSES=(daily weekly monthly yearly)

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

# Used where the environment does not say otherwise.
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
declare -A CONNECTION=(
  [PGSSLMODE]=require
  [PGCONNECT_TIMEOUT]=30
  [PGAPPNAME]=backstay
)

# The endpoint of an RDS instance has a part that only AWS knows.
find_endpoint() {
  STEP='asking AWS for the endpoint'
  local answer arn host port
  check_tools aws
  answer="$(aws rds describe-db-instances --region us-east-2 --db-instance-identifier orders-prod \
    --query 'DBInstances[0].[DBInstanceArn, Endpoint.Address, Endpoint.Port]' --output text)" ||
    fail 'AWS does not tell the endpoint: allow rds:DescribeDBInstances, or set PGHOST, or write dump.endpoint into the policy'
  read -r arn host port <<<"$answer"
  [[ $arn == arn:*:rds:*:210987654321:db:* ]] || fail "this is not the policy's instance: $arn"
  [[ $host != None ]] || fail 'the instance has no endpoint yet'
  export PGHOST="$host" PGPORT="${PGPORT:-$port}"
}
set_connection() {
  STEP='setting up the connection'
  local variable
  # Without a host libpq would try a local socket, and might take another server without a word.
  [[ -n ${PGHOST-}${PGSERVICE-} ]] || find_endpoint
  for variable in "${!CONNECTION[@]}"; do
    [[ -n ${!variable-} ]] || export "$variable=${CONNECTION[$variable]}"
  done
  # libpq passes over a file that others may read with no more than a warning.
  if [[ -n ${PGPASSFILE-} ]]; then
    [[ -r $PGPASSFILE ]] || fail "PGPASSFILE=$PGPASSFILE cannot be read"
    [[ $(stat --dereference --format=%a -- "$PGPASSFILE") == *00 ]] || fail "PGPASSFILE=$PGPASSFILE is open to others: chmod 600"
  fi
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

# Every complete run as stamp, place and path, a tab between them: oldest first, and of one run the
# local copy last, since that is the nearest. A place that cannot be asked is told, and passed over.
# "$1" is the one place that is asked; without it all are.
all_runs() {
  local run class key keys
  {
    for class in "${CLASSES[@]}"; do
      [[ ${1:-shop-dumps} == shop-dumps ]] || break
      keys="$(list_s3 shop-database-dumps-eu eu-central-1 310987654321 "$class/$NAME/")" ||
        { say "note: the store shop-dumps cannot be asked" && break; }
      # Words of one line, or lines; no key has a space.
      for key in $keys; do
        if [[ $key == "$class/$NAME/"*/manifest.json ]]; then
          key="${key%/manifest.json}"
          printf '%s\t%s\t%s\n' "${key##*/}" shop-dumps "$key"
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
      shop-dumps)
        aws_of 310987654321 s3 cp s3://shop-database-dumps-eu/"$RUN_PATH" "$RUN" --recursive --region eu-central-1 --only-show-errors
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

# Sets SCHEMA and TABLE from a name as SQL writes it: users, sales.orders, sales."Odd Name".
read_table() {
  local rest="$1" mark='"' part
  local parts=()
  local plain='^([^".A-Z]+)([.](.+))?$' quoted='^"(([^"]|"")+)"([.](.+))?$'
  while [[ -n $rest ]]; do
    if [[ $rest =~ $quoted ]]; then
      part="${BASH_REMATCH[1]}"
      part="${part//"$mark$mark"/"$mark"}"
      rest="${BASH_REMATCH[4]-}"
    elif [[ $rest =~ $plain ]]; then
      part="${BASH_REMATCH[1]}"
      rest="${BASH_REMATCH[3]-}"
    else
      fail "$1 is not a table's name: write it as SQL does, capitals in double quotes"
    fi
    parts+=("$part")
  done
  [[ -n ${parts[0]-} && -z ${parts[2]-} ]] || fail "$1 is not a table's name: write schema.table"
  if [[ -n ${parts[1]-} ]]; then
    SCHEMA="${parts[0]}" TABLE="${parts[1]}"
  else
    SCHEMA=public TABLE="${parts[0]}"
  fi
}

# Writes $WORK/entries: what of ARCHIVE is restored, in its order, and as comments what is left out.
#
# pg_restore --table takes the table and its rows alone, without its keys, defaults, sequences and
# indexes. What belongs to it is known from the dependencies that pg_restore tells in its verbose
# output. "$1" says what is wanted:
#   whole   the tables of "$@", what belongs to them, and the types, functions and schemas that they need
#   own     the tables and what belongs to them: the database has the rest
#   data    every row of the archive, tables that others refer to first
select_entries() {
  STEP='reading what belongs to the tables'
  local wanted="$1" table ids=''
  shift
  pg_restore --list "$ARCHIVE" >"$WORK/list"
  for table in "$@"; do
    read_table "$table"
    table="$(pg_restore --list --schema="$SCHEMA" --table="$TABLE" "$ARCHIVE" |
      sed --quiet 's/^\([0-9]*\); 1259 [0-9]* TABLE .*/\1/p')"
    [[ $table =~ ^[0-9]+$ ]] || fail "the archive has no table $(sql_name "$SCHEMA").$(sql_name "$TABLE")"
    ids+=" $table"
  done
  sed --quiet '/^[0-9]*; [0-9]* [0-9]* SEQUENCE SET /p' "$WORK/list" >"$WORK/sequences"
  {
    pg_restore --verbose --file=- --section=pre-data --section=post-data "$ARCHIVE"
    pg_restore --verbose --file=- --use-list="$WORK/sequences" "$ARCHIVE"
  } 2>/dev/null >"$WORK/graph"
  awk -v wanted="$wanted" -v ids="$ids" '
    function is_relation(entry) { return type[entry] ~ /^(TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE)$/ }

    # A table whose rows others refer to comes before them; where they refer to each other, neither does.
    function rows_of(table, count, parents, i) {
      if (table in seen) return
      seen[table] = 1
      count = split(refers[table], parents, " ")
      for (i = 1; i <= count; i++) rows_of(parents[i])
      if (oid[table] in rows) print line[rows[oid[table]]]
    }

    function add(entry, is_own) {
      if (!(entry in taken)) { taken[entry] = 1; grown = 1 }
      if (is_own && !(entry in own)) { own[entry] = 1; grown = 1 }
    }

    # The list of contents: number, class and object of each entry.
    NR == FNR {
      if ($1 !~ /^[0-9]+;$/) next
      entry = $1 + 0
      order[++entries] = entry
      line[entry] = $0
      if ($2 == 0 && $4 == "TABLE" && $5 == "DATA") { rows[$3] = entry; is_rows[entry] = 1 }
      next
    }

    # The verbose output: what each entry depends on, and its name and type.
    /^-- TOC entry [0-9]+ \(class [0-9]+ OID [0-9]+\)$/ { entry = $4 + 0; object = $8 + 0; needs = ""; next }
    /^-- Dependencies: [0-9 ]+$/ { needs = substr($0, 18); next }
    /^-- (.* for )?Name: .*; Type: [A-Z ]+; Schema: / && entry in line {
      depends[entry] = needs
      oid[entry] = object
      name[entry] = type[entry] = $0
      sub(/^-- (.* for )?Name: /, "", name[entry])
      sub(/; Type: [A-Z ]+; Schema: .*$/, "", name[entry])
      sub(/^.*; Type: /, "", type[entry])
      sub(/; Schema: .*$/, "", type[entry])
      entry = ""
    }

    END {
      # Which table refers to which: a foreign key depends on both, and on the key of the one referred to.
      for (entry in type) if (type[entry] == "FK CONSTRAINT") {
        count = split(depends[entry], need, " ")
        parent = ""
        for (i = 1; i <= count; i++) if (type[need[i]] ~ /^(CONSTRAINT|INDEX)$/) {
          last = split(depends[need[i]], key, " ")
          for (j = 1; j <= last; j++) if (type[key[j]] == "TABLE") parent = key[j]
        }
        for (i = 1; i <= count; i++) if (type[need[i]] == "TABLE" && need[i] != parent && parent != "")
          refers[need[i]] = refers[need[i]] " " parent
      }
      if (wanted == "data") {
        for (i = 1; i <= entries; i++) if (type[order[i]] == "TABLE") rows_of(order[i])
        for (i = 1; i <= entries; i++) if (!(order[i] in is_rows)) print line[order[i]]
        exit
      }

      for (entry in type) if (type[entry] == "TABLE ATTACH") {
        count = split(depends[entry], need, " ")
        for (i = 1; i <= count; i++) if (name[need[i]] == name[entry]) attached[need[i]] = 1
      }
      count = split(ids, need, " ")
      for (i = 1; i <= count; i++) add(need[i], 1)
      do {
        grown = 0
        for (i = 1; i <= entries; i++) {
          entry = order[i]
          count = split(depends[entry], need, " ")
          belongs = is_alien = 0
          for (j = 1; j <= count; j++) {
            if (need[j] in own) belongs = 1
            else if (is_relation(need[j])) is_alien = 1
            # Partitions go with their table.
            if (type[entry] == "TABLE ATTACH") for (k = 1; k <= count; k++)
              if (need[k] in own && name[need[k]] != name[entry] && name[need[j]] == name[entry]) add(need[j], 1)
          }
          if (type[entry] ~ /^(TABLE ATTACH|INDEX ATTACH|DEFAULT|CONSTRAINT|CHECK CONSTRAINT|FK CONSTRAINT|INDEX|STATISTICS|STATISTICS DATA|RULE|TRIGGER|ROW SECURITY|POLICY|COMMENT|ACL|SECURITY LABEL|SEQUENCE|SEQUENCE OWNED BY|SEQUENCE SET)$/ && belongs) {
            left_out[entry] = is_alien
            if (!is_alien) add(entry, 1)
          }
          if (entry in taken) for (j = 1; j <= count; j++) {
            # A table that is inherited from is needed as it is; of a partition the parent is not.
            if (type[entry] == "TABLE" && type[need[j]] == "TABLE" && !(entry in attached)) add(need[j], 0)
            if (need[j] in type && !is_relation(need[j]) && type[need[j]] !~ /^(INDEX|CONSTRAINT|TABLE ATTACH|PUBLICATION)$/) add(need[j], 0)
          }
          if (type[entry] ~ /^(COMMENT|ACL|SECURITY LABEL|SEQUENCE SET)$/)
            for (j = 1; j <= count; j++) if (need[j] in taken) add(entry, 0)
        }
      } while (grown)
      for (i = 1; i <= entries; i++) {
        entry = order[i]
        if (left_out[entry] && type[entry] !~ / ATTACH$/) print "; left out, since it needs a table that is: " type[entry] " " name[entry]
        if (wanted == "own" ? entry in own : entry in taken) print line[entry]
        else if (entry in is_rows) {
          for (table in own) if (type[table] == "TABLE" && rows[oid[table]] == entry) print line[entry]
        }
      }
    }' "$WORK/list" "$WORK/graph" >"$WORK/entries"
  sed --quiet 's/^; \(left out, .*\)/\1/p' "$WORK/entries" | while read -r table; do say "note: $table"; done
}

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
  there="$(query postgres "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', 'rdsadmin')")"
  [[ -z $there ]] || fail "this server has databases already: $there"
  confirm cluster "The whole server at ${PGHOST-} is filled from the dump"
  if $DRY_RUN; then would psql --file="$RUN/cluster.sql.gz"; else replay_server cluster; fi
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools flock awk psql pg_restore createdb gzip sha256sum "${STORE_TOOLS[@]}"
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
