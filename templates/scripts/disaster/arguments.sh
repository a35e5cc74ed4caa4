{#- The scenario and the options of the disaster scripts; each checks its own with `check_arguments`. Only a server of
    one's own (which has a connection of the policy's) is told where to go. Do not write a brace followed by a hash or a
    percent sign in the shell below: the template engine would take it for its own. -#}
usage() {
  show_help >&2
  STEP='reading the arguments'
  exit 1
}

read_arguments() {
  while [[ -n ${1-} ]]; do
    case $1 in
      --go) GO=true ;;
      --force) FORCE=true ;;
      --again) AGAIN=true ;;
      --time | --by{% if connection is defined %} | --to{% endif %})
        [[ -n ${2-} ]] || usage
        case $1 in
          --time) TIME=$2 ;;
          --by) BY=$2 ;;
{%- if connection is defined %}
          --to) TO=$2 ;;
{%- endif %}
        esac
        shift
        ;;
      -h | --help)
        show_help
        STEP=''
        exit 0
        ;;
      -*) usage ;;
      *)
        [[ -z $SCENARIO ]] || usage
        SCENARIO=$1
        ;;
    esac
    shift
  done
  $GO || DRY_RUN=true
  case $SCENARIO in
{%- for one in scenarios %}
    {{ one.scenario }}) WAYS={% if one.ways %}{{ one.ways | sh }}{% else %}''{% endif %} ;;
{%- endfor %}
    *) usage ;;
  esac
  if [[ -z $WAYS ]]; then
    say "the policy has no means for $SCENARIO: nothing that it asks for is left then"
    STEP=''
    exit 4
  fi
  BY=${BY:-${WAYS%% *}}
  [[ " $WAYS " == *" $BY "* ]] || fail "$SCENARIO has these ways: $WAYS"
  check_arguments
}
