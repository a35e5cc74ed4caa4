{#- What every script around dumps shares. Do not write a brace followed by a hash or a percent sign in the shell
    below: the template engine would take it for its own. -#}
say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s: %s\n' -1 "$NAME" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

{% include "scripts/ends.sh" %}
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
