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
  LIVE=() CHANGES=() LOWERING=() TAGS=()
  read_live "$@"
}

# compare LABEL LIVE WANTED SAME: says how it is; true where SAME is.
compare() {
  local live=$2
  if [[ $live == None ]]; then live=''; fi
  if $4; then
    printf '  as wanted  %s: %s\n' "$1" "$3"
  else
    printf '  differs    %s: is %s, shall be %s\n' "$1" "${live:-not set}" "$3"
    return 1
  fi
}

# Takes the next live value into NEXT.
next_live() {
  NEXT=${LIVE[0]-}
  LIVE=("${LIVE[@]:1}")
}

# setting LABEL WANTED WORD...: the words of the command that changes it. Case has no meaning.
setting() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${2,,}" ]]; then same=true; fi
  compare "$1" "$NEXT" "$2" "$same" || CHANGES+=("${@:3}")
}

# stronger LIVE WANTED ORDER: whether the live value protects more. ORDER is number, members (of a
# list), or the values from the weakest on. A value that it does not know may protect more.
stronger() {
  local live=${1,,} wanted=${2,,} value
  if [[ -z $live || $live == none ]]; then return 1; fi
  case $3 in
    number)
      if [[ $live =~ ^[0-9]{1,15}$ && $wanted =~ ^[0-9]{1,15}$ ]]; then ((10#$live > 10#$wanted)); fi
      ;;
    members)
      local IFS=,
      for value in $wanted; do
        if [[ ,$live, != *,"$value",* ]]; then return 1; fi
      done
      ;;
    *)
      for value in ${3,,}; do
        if [[ $value == "$live" ]]; then return 1; fi
        if [[ $value == "$wanted" ]]; then return 0; fi
      done
      ;;
  esac
}

# guarded ORDER LOSS LABEL WANTED WORD...: a setting that is lowered with --lower only.
guarded() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${4,,}" ]]; then same=true; fi
  if compare "$3" "$NEXT" "$4" "$same"; then return; fi
  if stronger "$NEXT" "$4" "$1"; then
    printf '             lowering it loses: %s\n' "$2"
    LOWERING+=("${@:5}")
  else
    CHANGES+=("${@:5}")
  fi
}

# tagged LABEL WANTED WORD. None is what the client prints for a tag that is not there.
tagged() {
  local same=false
  next_live
  if [[ $NEXT == "$2" && $NEXT != None ]]; then same=true; fi
  compare "$1" "$NEXT" "$2" "$same" || TAGS+=("$3")
}

# fixed LABEL WANTED: what only a new database can have otherwise. An ARN may be written as its last part.
fixed() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${2,,}" || ${NEXT,,} == arn:*/"${2,,}" ]]; then same=true; fi
  if ! compare "$1" "$NEXT" "$2" "$same"; then
    printf '             cannot be changed in place: it takes a new database, restored from a backup\n'
    OPEN=true
  fi
}

# Changes what differs of the resource.
finish() {
  if [[ ${LOWERING[*]} ]]; then
    if $LOWER; then CHANGES+=("${LOWERING[@]}"); else LEFT=true; fi
  fi
  if [[ ${CHANGES[*]} ]]; then modify "${CHANGES[@]}"; fi
  if [[ ${TAGS[*]} ]]; then tag "${TAGS[@]}"; fi
  if [[ ${CHANGES[*]}${TAGS[*]} ]] && ! $APPLY; then PENDING=true; fi
}

APPLY=false
LOWER=false
LEFT=false
OPEN=false
PENDING=false
{%- if locks %}
LOCK=false
{%- endif %}
for option in "$@"; do
  case $option in
    --apply) APPLY=true ;;
    --lower) LOWER=true ;;
{%- if locks %}
    --lock) LOCK=true ;;
{%- endif %}
    *)
      printf 'Usage: %s [--apply] [--lower]{% if locks %} [--lock]{% endif %}\n' "${0##*/}" >&2
      exit 2
      ;;
  esac
done
check_account
{%- for resource in resources %}
{% if resource.region %}
REGION={{ resource.region | sh }}
{%- endif %}
begin {{ resource.name | sh }} {{ resource.id | sh }}
{%- for row in resource.rows %} \
  {{ row.query | sh }}
{%- endfor %}
{%- for row in resource.rows %}
{%- if row.kind == "setting" and row.guard %}
guarded {{ row.guard.order | sh }} {{ row.guard.loss | sh }} {{ row.label | sh }} {{ row.wanted | sh }}{% for word in row.words %} {{ word | sh }}{% endfor %}
{%- elif row.kind == "setting" %}
setting {{ row.label | sh }} {{ row.wanted | sh }}{% for word in row.words %} {{ word | sh }}{% endfor %}
{%- elif row.kind == "tag" %}
tagged {{ row.label | sh }} {{ row.wanted | sh }}{% for word in row.words %} {{ word | sh }}{% endfor %}
{%- elif row.kind == "immutable" %}
immutable {{ row.label | sh }} {{ row.wanted | sh }}
{%- else %}
fixed {{ row.label | sh }} {{ row.wanted | sh }}
{%- endif %}
{%- endfor %}
finish
{%- if resource.replication %}
replicated {{ resource.replication.region | sh }} {{ resource.replication.days }} {{ resource.replication.key | sh }} \
  {{ resource.replication.query | sh }}
{%- endif %}
{%- endfor %}

if $PENDING; then printf 'Run it with --apply to change what differs.\n'; fi
if $LEFT; then
  printf 'What protects more than the policy asks for is left as it is. Only --apply --lower lowers it, and loses what is told above.\n'
fi
if $PENDING || $OPEN || $LEFT; then exit 1; fi
