{#- How the scripts reach the server that the policy names. As in common.sh, no brace before a hash or a percent. -#}
# Used where the environment does not say otherwise.
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
declare -A CONNECTION=(
{%- if connection.host %}
  [PGHOST]={{ connection.host | sh }}
{%- endif %}
{%- if connection.port %}
  [PGPORT]={{ connection.port | sh }}
{%- endif %}
{%- if connection.user %}
  [PGUSER]={{ connection.user | sh }}
{%- endif %}
  [PGSSLMODE]={{ connection.sslmode | sh }}
  [PGCONNECT_TIMEOUT]=30
  [PGAPPNAME]=backstay
)

{% if instance -%}
# The endpoint of an RDS instance has a part that only AWS knows.
find_endpoint() {
  STEP='asking AWS for the endpoint'
  local answer arn host port
  check_tools aws
  answer="$(aws rds describe-db-instances --region {{ instance.region | sh }} --db-instance-identifier {{ instance.identifier | sh }} \
    --query 'DBInstances[0].[DBInstanceArn, Endpoint.Address, Endpoint.Port]' --output text)" ||
    fail 'AWS does not tell the endpoint: allow rds:DescribeDBInstances, or set PGHOST, or write dump.endpoint into the policy'
  read -r arn host port <<<"$answer"
  [[ $arn == arn:*:rds:*:{{ instance.account | sh }}:db:* ]] || fail "this is not the policy's instance: $arn"
  [[ $host != None ]] || fail 'the instance has no endpoint yet'
  export PGHOST="$host" PGPORT="${PGPORT:-$port}"
}
{% endif -%}
set_connection() {
  STEP='setting up the connection'
  local variable
{%- if instance %}
  # Without a host libpq would try a local socket, and might take another server without a word.
  [[ -n ${PGHOST-}${PGSERVICE-} ]] || find_endpoint
{%- elif not connection.host %}
  # Without a host libpq would try a local socket, and might take another server without a word.
  [[ -n ${PGHOST-}${PGSERVICE-} ]] || fail 'set PGHOST or PGSERVICE: the policy names no host'
{%- endif %}
  for variable in "${!CONNECTION[@]}"; do
    [[ -n ${!variable-} ]] || export "$variable=${CONNECTION[$variable]}"
  done
  # libpq passes over a file that others may read with no more than a warning.
  if [[ -n ${PGPASSFILE-} ]]; then
    [[ -r $PGPASSFILE ]] || fail "PGPASSFILE=$PGPASSFILE cannot be read"
    [[ $(stat --dereference --format=%a -- "$PGPASSFILE") == *00 ]] || fail "PGPASSFILE=$PGPASSFILE is open to others: chmod 600"
  fi
}
