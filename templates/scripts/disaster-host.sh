{#- For a server of one's own. Do not write a brace followed by a hash or a percent sign in the shell below: the template
    engine would take it for its own. -#}
#!/bin/bash
# Brings {{ name | comment }} back to service on another server after a disaster, from its dumps.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage: {{ name | comment }}-disaster.sh SCENARIO --to HOST[:PORT] [--go]
{%- for one in scenarios %}
#   {{ one.scenario | comment }}{{ one.pad }}  {% if one.ways %}{{ one.ways | comment }}{% else %}NO MEANS: nothing of the policy is left then{% endif %}
{%- endfor %}
# Options:
#   --to HOST[:PORT]  the new server: PostgreSQL answers there, and has no databases of its own yet
#   --go              does it; without it nothing is changed: each step is checked and shown
#   --time TIME       the newest dump up to then (data_corrupted), as 2026-11-25T04:00:00Z
#   --by WAY          another way than the first one of the scenario, as shown above
#   --force           although the database still answers, or the new server has databases already (a drill)
#   --again           begins anew, where an earlier run is remembered
#
# A run that was cut off goes on where it was: every step that is done is remembered. The lost server is never written to.
# backup_deleted needs no server: it lists what is left and reads the newest back.
#
# Environment, all optional:
#   PGUSER, PGPASSFILE          a superuser of the new server{% if connection.user %} (default of PGUSER: {{ connection.user | comment }}){% endif %}
#   BACKSTAY_CONNECTION_SECRET  where the applications find their connection string: secretsmanager:NAME,
#                               ssm:/NAME or keyvault:VAULT/NAME. Host and port are replaced in it, and its login, which
#                               has no password in a dump, gets its password again
#   BACKSTAY_SECRET_REGION      the secret's Region{% if region %} (default {{ region | comment }}){% endif %}
#   BACKSTAY_PASSWORD_FILE, BACKSTAY_LOGIN, PGDATABASE  for a secret that is not there yet: the login, a file with its
#                               password, and the database
#   BACKSTAY_WEBHOOK_URL        told of the beginning, of a failure and of the end, as {"text": ...}
#   BACKSTAY_STATE_DIR          remembers the steps (default ~/.local/state/backstay)
#   BACKSTAY_DUMP_DIR           the result goes to drills/{{ name | comment }} below it (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR           holds what is fetched (default /var/tmp): the size of a run
#
# It needs {{ name | comment }}-restore.sh beside it, and what that needs.
# Exit code: 0 done (or all of it would work), 1 failed, 3 the database still answers, 4 the policy has no means for this
# scenario, 75 another run is active. The result is a JSON file; elapsed times are in it and in every line.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
umask 077
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER='' AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME={{ name | sh }}
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
{%- for database in databases %}
  {{ database.name | sh }}
{%- endfor %}
)
LOST_HOST={% if connection.host %}{{ connection.host | sh }}{% else %}{{ address | sh }}{% endif %}
LOST_PORT={% if connection.port %}{{ connection.port }}{% else %}5432{% endif %}
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RESTORE=${BASH_SOURCE[0]%/*}/{{ (name ~ "-restore.sh") | sh }}
STATE_DIR=${BACKSTAY_STATE_DIR:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/backstay}
FETCHED=${BACKSTAY_WORK_DIR:-/var/tmp}/backstay-disaster-$NAME
RTO_LIMIT={% if rto_seconds %}{{ rto_seconds }}{% endif %}
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
BEGAN=$EPOCHSECONDS
SCENARIO=''
GO=false
FORCE=false
AGAIN=false
TIME=''
BY=''
TO=''
RUN_STAMP=''
TARGET=''
TARGET_REGION={% if region %}{{ region | sh }}{% else %}''{% endif %}
HOST=''
PORT=5432
{%- if connection.user %}
[[ -n ${PGUSER-} ]] || export PGUSER={{ connection.user | sh }}
{%- endif %}
export PGSSLMODE=${PGSSLMODE:-{{ connection.sslmode | sh }}} PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-disaster

{% include "scripts/job.sh" %}
{% include "scripts/result.sh" %}
{% include "scripts/disaster/steps.sh" %}
{% include "scripts/disaster/secret.sh" %}
{% include "scripts/disaster/arguments.sh" %}
check_arguments() {
  [[ -z $TIME || $TIME =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] ||
    fail "$TIME is no moment: write it in UTC, as 2026-11-25T04:00:00Z"
  [[ $SCENARIO != data_corrupted || -n $TIME ]] || fail 'say the last good moment with --time'
  if [[ $SCENARIO != backup_deleted ]]; then
    [[ $TO =~ ^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$ ]] || fail 'say the new server with --to HOST[:PORT]'
    HOST=${TO%%:*}
    [[ $TO != *:* ]] || PORT=${TO##*:}
  fi
}

# What an earlier run has restored is on its server.
same_server() {
  local to
  to=$(remembered to)
  [[ -z $to || $to == "$TO" ]] || fail "an earlier run goes to $to: go on with that, or begin anew with --again"
  [[ -n $to ]] || remember to "$TO"
}

# Gives a statement to a database of the new server.
ask() {
  PGHOST=$HOST PGPORT=$PORT PGDATABASE=$1 psql --no-psqlrc --no-password --quiet --no-align --tuples-only \
    --set=ON_ERROR_STOP=1 --command="$2" </dev/null
}

# A database that is not lost is not replaced.
make_sure_it_is_lost() {
  if ! answers "$LOST_HOST" "$LOST_PORT"; then
    say "$LOST_HOST:$LOST_PORT does not answer"
  elif ! $FORCE; then
    say "$LOST_HOST:$LOST_PORT answers: nothing was done (--force does it all the same)"
    forget
    STEP=''
    exit 3
  fi
}

# What is there already is somebody's: restored roles would change it.
check_target() {
  local there
  there=$(ask postgres "SELECT coalesce(string_agg(quote_ident(datname), ', '), '') FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres'{% for one in foreign %}, '{{ one }}'{% endfor %})") ||
    fail "$HOST:$PORT does not take this login"
  [[ -z $there ]] || $FORCE || fail "$HOST:$PORT has databases already, and a new server has none: $there"
  [[ $(ask postgres 'SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user') == t ]] ||
    fail "the login at $HOST:$PORT may not make databases and roles"
}

# The newest dump, or the newest up to the last good moment. A run goes on with the one that it began with.
choose_dump() {
  local stamp found='' before=${TIME//[-:]/}
  while IFS=$'\t' read -r stamp _; do
    if [[ -n $stamp && (-z $before || ! $stamp > $before) ]]; then found=$stamp; fi
  done < <(bash "$RESTORE" list --from "${BY#*:}")
  [[ -n $found ]] || fail "${BY#*:} has no dump${TIME:+ of $TIME or before}"
  say "the dump of $found"
  remember run "$found"
  RUN_STAMP=$found
}

recall_dump() {
  local run taken until=$BEGAN
  run=$(remembered run)
  RUN_STAMP=${run:-$RUN_STAMP}
  taken=${RUN_STAMP:0:4}-${RUN_STAMP:4:2}-${RUN_STAMP:6:2}T${RUN_STAMP:9:2}:${RUN_STAMP:11:2}:${RUN_STAMP:13:2}Z
  BACKUP="{ \"what\": \"dump\", \"run\": \"$RUN_STAMP\", \"from\": $(json_text "${BY#*:}"), \"when\": \"$taken\" }"
  [[ -z $TIME ]] || until=$(date --date="$TIME" +%s)
  RPO_SECONDS=$((until - $(date --date="$taken" +%s)))
}

# Once, for every step that follows: each of them verifies it again.
fetch() {
  if $DRY_RUN; then
    say "would fetch the dump into $FETCHED"
    return
  fi
  mkdir -p -- "$FETCHED/$NAME"
  bash "$RESTORE" fetch "$FETCHED/$NAME" --run "$RUN_STAMP" --from "${BY#*:}"
}

# restore OPTION...: from what was fetched, into the new server.
restore() {
  local words=("$@" --from local --run "$RUN_STAMP" --yes)
  if $DRY_RUN; then
    say "would run:$(printf ' %q' "$RESTORE" "${words[@]}")"
    return
  fi
  PGHOST=$HOST PGPORT=$PORT BACKSTAY_DUMP_DIR=$FETCHED bash "$RESTORE" "${words[@]}"
}
{%- if globals %}

restore_globals() { restore --globals; }
{%- endif %}
{%- if cluster and not databases %}

restore_cluster() { restore --cluster; }
{%- endif %}
{%- for database in databases %}

restore_{{ loop.index }}() { restore --database {{ database.name | sh }} --into {{ database.name | sh }}{% if jobs and format == "directory" %} --jobs {{ jobs }}{% endif %}{% if not globals %} --no-owner{% endif %}; }
{%- endfor %}

endpoint() { keep_endpoint "$NAME" "$TARGET_REGION" "$HOST" "$PORT"; }

# Roles are dumped without their passwords: the applications' own gets the one that its secret has.
password() {
  local login secret known
  if $DRY_RUN; then
    say "would give the login of ${BACKSTAY_CONNECTION_SECRET:-no secret} its password again"
    return
  fi
  recall_endpoint
  read_secret
  if [[ $URL == [a-z]*://*:*@*/* ]]; then
    login=${URL#*://}
    login=${login%@*}
    secret=$(plain_text "${login#*:}")
    login=$(plain_text "${login%%:*}")
  elif [[ -z $URL && -r ${BACKSTAY_PASSWORD_FILE-} && -n ${BACKSTAY_LOGIN-} ]]; then
    login=$BACKSTAY_LOGIN
    secret=$(<"$BACKSTAY_PASSWORD_FILE")
  else
    return 0
  fi
  known=$(ask postgres "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $(sql_text "$login")")
  if [[ -z $known ]]; then
    say "warning: the applications' login is no role of $HOST:$PORT: make it"
    return
  fi
  # Neither on a command line nor in a message.
  printf 'ALTER ROLE %s PASSWORD %s;\n' "$known" "$(sql_text "$secret")" |
    PGHOST=$HOST PGPORT=$PORT PGDATABASE=postgres psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 --file=- >/dev/null 2>&1 ||
    fail "the applications' login could not be given its password"
}

sql_text() { printf "'%s'" "${1//\'/\'\'}"; }

# plain_text TEXT: what a URL encodes.
plain_text() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//'%'/\\x}"
}

look_into_it() {
  if $DRY_RUN; then return; fi
  local database answer
  for database in "${DATABASES[@]}"; do
    if answer=$(ask "$database" 'SELECT count(*) FROM pg_class'); then
      check "opens $database" true "$answer relations"
    else
      check "opens $database" false 'it does not open'
    fi
  done
}

clean() { $DRY_RUN || rm -rf -- "$FETCHED"; }

# Every scenario, as its steps in their order.
bring_back() {
  [[ $SCENARIO == data_corrupted ]] || step make_sure_it_is_lost 'making sure that it is lost'
  step check_target 'looking at the new server'
  step choose_dump "choosing the dump in ${BY#*:}"
  recall_dump
  step fetch 'fetching the dump'
{%- if globals %}
  step restore_globals 'restoring roles'
{%- endif %}
{%- if cluster and not databases %}
  step restore_cluster 'restoring the whole server'
{%- endif %}
{%- for database in databases %}
  step restore_{{ loop.index }} {{ ("restoring the database " ~ database.name) | sh }}
{%- endfor %}
  step endpoint 'remembering the new server'
  # Data that was corrupted is looked at before anybody uses what was restored.
  if [[ $SCENARIO != data_corrupted ]]; then
    step password 'giving the login its password'
    step connection 'giving the new host to the applications'
  fi
  step look_into_it 'looking into it'
  step clean 'removing what was fetched'
}

# Lists what is left of the backups; it changes nothing.
take_stock() { bash "$RESTORE" list; }

# A list proves nothing: the newest that is left is fetched and verified.
read_back() {
  choose_dump
  recall_dump
  RPO_SECONDS=null
  fetch
  clean
}

protect_what_is_left() {
  say 'next: who deleted it (the logs of the store), and take that right away'
  say {{ ("next: a fresh dump, with " ~ name ~ "-dump.sh") | sh }}
  say 'next: backstay drift, which names every setting of the stores that protects less than the policy asks'
}

{% include "scripts/disaster/end.sh" %}
main() {
  catch_ends
  read_arguments "$@"
  check_tools psql timeout date
  [[ -z ${BACKSTAY_WEBHOOK_URL-} ]] || command -v curl >/dev/null || fail 'curl is not installed, and the webhook needs it'
  [[ -r $RESTORE ]] || fail "$RESTORE is not there: it is rendered beside this script"
  take_lock
  unset PGSERVICE PGHOSTADDR
  open_state
  same_server
  $DRY_RUN || notify "begun, by $BY"
  if [[ $SCENARIO == backup_deleted ]]; then
    step take_stock 'taking stock of what is left'
    step read_back 'reading back the newest that is left'
    step protect_what_is_left 'protecting what is left'
  else
    bring_back
  fi
  tell_the_end
}

main "$@"
