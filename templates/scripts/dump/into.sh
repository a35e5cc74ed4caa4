{#- How an archive gets into a database. As in common.sh, no brace before a hash or a percent. -#}
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

# Restores the whole of ARCHIVE into a database that was made for it. "$1" is the database, the rest are
# options of pg_restore.
restore_new() {
  local database="$1" said code=0
  shift
  if [[ $KIND == plain ]]; then
    replay_plain "$database"
  elif (($(major "$SERVER_VERSION") >= 17 || $(major "$CLIENT_VERSION") < 17)); then
    pg_restore --no-password --exit-on-error "$@" --dbname="$(conninfo "$database")" "$ARCHIVE"
  else
    # Every connection of this client sets what the server does not know; nothing else may fail.
    said="$(pg_restore --no-password "$@" --dbname="$(conninfo "$database")" "$ARCHIVE" 2>&1 >/dev/null)" || code=$?
    if ((code != 0)); then
      said="$(grep --invert-match --line-regexp --fixed-strings \
        --regexp='pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"' \
        --regexp='Command was: SET transaction_timeout = 0;' <<<"$said" |
        grep --invert-match --regexp='^pg_restore: while \(INITIALIZING\|PROCESSING TOC\):$' \
          --regexp='^$' --regexp='^pg_restore: warning: errors ignored on restore: [0-9]*$')" || said=''
      [[ -z $said ]] || fail "$said"
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
{%- if chosen_tables %}

# A dump of chosen tables has no schemas.
make_schemas() {
  local schema
  [[ $KIND == archive ]] || return 0
  while read -r schema; do
    query "$1" "CREATE SCHEMA IF NOT EXISTS $(sql_name "$schema")"
  done < <(pg_restore --section=pre-data --file=- "$ARCHIVE" |
    sed --quiet 's/^-- Name: .*; Type: TABLE; Schema: \(.*\); Owner: .*$/\1/p' | sort --unique)
}
{%- endif %}
