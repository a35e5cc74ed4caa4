# Shows a command, and runs it with --apply.
run() {
  if $APPLY; then printf '  running:'; else printf '  would run:'; fi
  printf ' %q' "$@"
  printf '\n'
  if $APPLY; then "$@"; fi
}

# begin TARGET ID QUERY...: reads a resource.
begin() {
  TARGET=$1 ID=$2
  shift 2
  printf '%s\n' "$TARGET"
  LIVE=() CHANGES=() TAGS=()
  read_live "$@"
}

# next_live LABEL WANTED: takes the next live value; true where it is as wanted.
next_live() {
  local live=${LIVE[0]-}
  LIVE=("${LIVE[@]:1}")
  if [[ ${live,,} == "${2,,}" ]]; then
    printf '  as wanted  %s: %s\n' "$1" "$2"
    return 0
  fi
  printf '  differs    %s: is %s, shall be %s\n' "$1" "${live:-not set}" "$2"
  return 1
}

# setting LABEL WANTED WORD...: the words of the command that changes it.
setting() {
  next_live "$1" "$2" || CHANGES+=("${@:3}")
}

# tagged LABEL WANTED WORD
tagged() {
  next_live "$1" "$2" || TAGS+=("$3")
}

# fixed LABEL WANTED: what only a new database can have otherwise.
fixed() {
  if ! next_live "$1" "$2"; then
    printf '             cannot be changed in place: it takes a new database, restored from a backup\n'
    OPEN=true
  fi
}

# Changes what differs of the resource.
finish() {
  if [[ ${CHANGES[*]} ]]; then modify "${CHANGES[@]}"; fi
  if [[ ${TAGS[*]} ]]; then tag "${TAGS[@]}"; fi
  if [[ ${CHANGES[*]}${TAGS[*]} ]] && ! $APPLY; then OPEN=true; fi
}

APPLY=false
OPEN=false
case "$#:${1-}" in
  0:) ;;
  1:--apply) APPLY=true ;;
  *)
    printf 'Usage: %s [--apply]\n' "${0##*/}" >&2
    exit 2
    ;;
esac
check_account
{%- for resource in resources %}

begin {{ resource.name | sh }} {{ resource.id | sh }}
{%- for row in resource.rows %} \
  {{ row.query | sh }}
{%- endfor %}
{%- for row in resource.rows %}
{%- if row.kind == "setting" %}
setting {{ row.label | sh }} {{ row.wanted | sh }}{% for word in row.words %} {{ word | sh }}{% endfor %}
{%- elif row.kind == "tag" %}
tagged {{ row.label | sh }} {{ row.wanted | sh }}{% for word in row.words %} {{ word | sh }}{% endfor %}
{%- else %}
fixed {{ row.label | sh }} {{ row.wanted | sh }}
{%- endif %}
{%- endfor %}
finish
{%- endfor %}

if $OPEN; then
  $APPLY || printf 'Run it with --apply to change what differs.\n'
  exit 1
fi
