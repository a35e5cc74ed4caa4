{#- A query's answer, from the very snapshot that is dumped. As in common.sh, no brace before a hash or a percent. -#}
# The query whose answer a restored database must give as well.
# shellcheck disable=SC1003,SC1112,SC2016 # SQL is literal text, whatever it looks like
checksum_query() {
  case "$1" in
{%- for database in databases %}
{%- if database.checksum %}
    {{ database.name | sh }}) printf '%s' {{ database.checksum | sh }} ;;
{%- endif %}
{%- endfor %}
    *) ;;
  esac
}

sum_of() {
  local sum
  sum="$(sha256sum)"
  printf '%s' "${sum%% *}"
}

# checksum DATABASE WHERE BEGIN: what the database's query answers in another one or itself, as a checksum; by
# the same settings at any time. BEGIN is how the transaction begins.
checksum() {
  query "$2" "$3" "SET LOCAL timezone = 'UTC'" "SET LOCAL datestyle = 'ISO, YMD'" 'SET LOCAL extra_float_digits = 1' \
    "$(checksum_query "$1")" | sum_of
}
