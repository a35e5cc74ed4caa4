{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take it
    for its own. -#}
#!/bin/bash
# Restores the newest snapshot of {{ name | comment }}, automated or manual, into a scratch instance, and asks what is in it.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-restore-test.sh            the whole test; this is what cron and GitHub run
#   {{ name | comment }}-restore-test.sh --dry-run  reads only, and shows what it would restore
#   {{ name | comment }}-restore-test.sh --help
#
# It needs {{ name | comment }}-recover.sh beside it, which makes the instance: never public, with the database's own subnet
# and security groups unless the environment names others, and tagged, so that nothing else is ever deleted. It needs
# psql too, and a way to the instance. The instance is deleted at the end, whatever happened; the exit code is not 0
# where that failed.
#
# What was found is written to BACKSTAY_DUMP_DIR/drills/{{ name | comment }} as JSON{% if store %}, and to the store {{ store.name | comment }} under
# drills/{{ name | comment }}{% endif %}: whether each check passed, how long it took from the start until everything
# answered (rto_seconds), and how old the snapshot was then (rpo_seconds).
#
# Environment:
#   PGUSER, PGPASSFILE     a login that the snapshot has, which may read what is asked for{% if user %} (default of PGUSER: {{ user | comment }}){% endif %}; the password
#                          file has a line for every host, since the instance has a name of its own
# Optional:
#   BACKSTAY_SUBNET_GROUP, BACKSTAY_SECURITY_GROUPS (with commas), BACKSTAY_INSTANCE_CLASS, BACKSTAY_PARAMETER_GROUP
#                          where the instance is made, and how large (default: as the database)
#   BACKSTAY_DUMP_DIR      holds the results (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES  longest wait for the instance (default {{ wait_minutes | comment }})
#   BACKSTAY_POLL_SECONDS  time between two looks (default 30)
#
# Needs what {{ name | comment }}-recover.sh needs to restore a snapshot and to discard{% if store %}, and to write to the store {{ store.name | comment }}{% endif %}.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 passed, 1 not passed or failed, 75 another run is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
umask 077
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME={{ name | sh }}
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
{%- for database in databases %}
  {{ database.name | sh }}
{%- endfor %}
)
{%- if user %}
[[ -n ${PGUSER-} ]] || export PGUSER={{ user | sh }}
{%- endif %}
export PGSSLMODE=${PGSSLMODE:-require} PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-restore-test
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/{{ (name ~ "-recover.sh") | sh }}
RTO_LIMIT={% if rto_seconds %}{{ rto_seconds }}{% endif %}
BEGAN=$EPOCHSECONDS
printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' "$BEGAN"
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' "$BEGAN"
RESTORED={{ prefix | sh }}-$STAMP
WORK=''
BEGUN=false
RUNNING=false

{% include "scripts/job.sh" %}
{% include "scripts/job-arguments.sh" %}
{% include "scripts/result.sh" %}
{% include "scripts/drill-end.sh" %}
# Gives statements to a database of the instance; prints what they return, a row a line and a tab between its fields.
query() {
  local database=$1 statement
  local words=()
  shift
  for statement in "$@"; do words+=(--command="$statement"); done
  # As a variable a name is never taken for a connection string.
  PGDATABASE=$database psql --no-psqlrc --no-password --quiet --no-align --tuples-only --field-separator=$'\t' \
    --set=ON_ERROR_STOP=1 "${words[@]}" </dev/null
}

{% include "scripts/value.sh" %}
restore() {
  STEP="restoring $RESTORED"
  local said snapshot taken
  BEGUN=true
  said=$(bash "$RECOVER" snapshot --to "$RESTORED" --scratch)
  unset PGSERVICE PGHOSTADDR
  PGHOST=$(value endpoint "$said")
  PGPORT=$(value port "$said")
  export PGHOST PGPORT
  snapshot=$(value snapshot "$said")
  taken=$(value taken "$said")
  BACKUP="{ \"what\": $(json_text "snapshot $snapshot"), \"when\": $(json_text "$taken") }"
  RPO_SECONDS=$((BEGAN - $(date --date="$taken" +%s)))
}

# An instance that is available may refuse for a little while.
reach() {
  STEP="reaching $RESTORED"
  local deadline=$((EPOCHSECONDS + 600))
  until query "${DATABASES[0]}" 'SELECT 1' >/dev/null; do
    ((EPOCHSECONDS < deadline && EPOCHSECONDS < BEGAN + WAIT_MINUTES * 60)) || fail "$RESTORED does not answer"
    sleep "$POLL_SECONDS"
  done
}

{% include "scripts/asks.sh" %}
{% if checksums -%}
{% include "scripts/dump/checksum.sh" %}
# Nobody knows what it answered when the snapshot was taken: it has to answer, and the answer is kept.
answers() {
  local rows
  STEP="asking the checksum of ${1@Q}"
  if ! rows=$(checksum "$1" "$1" 'BEGIN READ ONLY' 2>"$WORK/said"); then
    check "checksum $1" false "$(refusal)"
  else
    check "checksum $1" true "$rows"
  fi
}

{% endif -%}
ask() {
{%- for table in tables %}
  has_rows {{ table.database | sh }} {{ table.name | sh }} {{ table.sql | sh }} {{ table.least }}
{%- endfor %}
{%- for database in databases %}
{%- if database.checksum %}
  answers {{ database.name | sh }}
{%- endif %}
{%- endfor %}
  STEP='judging'
  within rto "$RTO_SECONDS" "$RTO_LIMIT"
}

on_exit() {
  local code=$?
  end_uninterrupted
  set +e
  $RUNNING || exit "$code"
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  end_drill restore_test
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools psql date
  [[ -r $RECOVER ]] || fail "$RECOVER is not there: it is rendered beside this script"
  take_lock
  if $DRY_RUN; then
    bash "$RECOVER" snapshot --to "$RESTORED" --scratch --dry-run
    return
  fi
  RUNNING=true
  WORK=$(mktemp --directory)
  declare -gA SCRATCH_OF=()
  local database
  for database in "${DATABASES[@]}"; do SCRATCH_OF["$database"]=$database; done
  restore
  reach
  opens
  ask
  STEP=''
}

main "$@"
