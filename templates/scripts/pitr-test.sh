{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take it
    for its own. -#}
#!/bin/bash
# Proves that any moment of {{ name | comment }} can be brought back: a row is written, and later deleted; the moment
# between is restored beside the database, and must have that row and nothing that came later.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-pitr-test.sh            the whole drill; this is what cron and GitHub run
#   {{ name | comment }}-pitr-test.sh --dry-run  reads only: what can be restored now, and whether the login works
#   {{ name | comment }}-pitr-test.sh --help
#
# It needs {{ name | comment }}-recover.sh beside it, psql, and a way to the database and to what is restored. The login
# must be the owner of the schema backstay in the database {{ database | comment }}, or may make it. What was restored is deleted
# at the end, whatever happened; the exit code is not 0 where that failed.
#
# Environment, all optional:
#   PGHOST, PGPORT, PGUSER, PGPASSFILE, PGSERVICE  the way to the database (default: what its cloud tells). The
#                          password file needs a line for every host, since the restored one has a name of its own
#   BACKSTAY_DUMP_DIR      results go to drills/{{ name | comment }} below it (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES  longest wait for the moment to become restorable, and then for the restore (default {{ wait_minutes | comment }})
#   BACKSTAY_POLL_SECONDS  time between two looks (default 30)
#
# Needs what {{ name | comment }}-recover.sh needs to restore a moment and to discard{% if store %}, and to write to the store {{ store.name | comment }}{% endif %}.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 passed, 1 not passed or failed, 75 another run is active. The result is a JSON file.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME={{ name | sh }}
export PGDATABASE={{ database | sh }} PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-pitr-test
{%- if user %}
[[ -n ${PGUSER-} || -n ${PGSERVICE-} ]] || export PGUSER={{ user | sh }}
{%- endif %}
export PGSSLMODE=${PGSSLMODE:-require}
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/{{ (name ~ "-recover.sh") | sh }}
RPO_LIMIT={% if rpo_seconds %}{{ rpo_seconds }}{% endif %}
RTO_LIMIT={% if rto_seconds %}{{ rto_seconds }}{% endif %}
printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' -1
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
RESTORED={{ prefix | sh }}-$STAMP
BEGUN=false

{% include "scripts/job.sh" %}
{% include "scripts/job-arguments.sh" %}
{% include "scripts/result.sh" %}
{% include "scripts/drill-end.sh" %}
sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --command "$1" </dev/null; }

{% include "scripts/value.sh" %}
look() {
  STEP='asking what can be restored'
  local said
  said=$(bash "$RECOVER" window)
  EARLIEST=$(value earliest "$said")
  LATEST=$(value latest "$said")
  SOURCE_HOST=$(value endpoint "$said")
  SOURCE_PORT=$(value port "$said")
}

way() {
  if [[ -z ${PGSERVICE-} && -z ${PGHOST-} ]]; then
    export PGHOST=$SOURCE_HOST PGPORT=$SOURCE_PORT
  fi
  STEP='looking at the database'
  sql 'SELECT 1' >/dev/null
}

# The moment lies behind the commit of the first row and before everything that comes later. It is the server's
# own time, to the second, since that is what is restored.
write_rows() {
  STEP='writing the rows of the drill'
  sql 'CREATE SCHEMA IF NOT EXISTS backstay' 2>/dev/null
  sql 'CREATE TABLE IF NOT EXISTS backstay.pitr_test (run text NOT NULL, mark text NOT NULL, made timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (run, mark))' 2>/dev/null
  sql "DELETE FROM backstay.pitr_test WHERE made < now() - interval '7 days'"
  sql "INSERT INTO backstay.pitr_test (run, mark) VALUES ('$STAMP', 'before')"
  MOMENT=$(sql "SELECT to_char((date_trunc('second', clock_timestamp()) + interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
  local at=$EPOCHSECONDS
  sql 'SELECT pg_sleep(2)' >/dev/null
  sql "BEGIN; INSERT INTO backstay.pitr_test (run, mark) VALUES ('$STAMP', 'after'); DELETE FROM backstay.pitr_test WHERE run = '$STAMP' AND mark = 'before'; COMMIT"
  say "the moment is $MOMENT"
  BACKUP="{ \"what\": \"point in time\", \"when\": \"$MOMENT\" }"
  NOTED=$at
}

wait_for_moment() {
  local deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) shown=''
  while true; do
    look
    STEP="waiting until $MOMENT can be restored"
    [[ $LATEST < $MOMENT ]] || break
    if [[ $LATEST != "$shown" ]]; then
      say "can be restored: up to $LATEST"
      shown=$LATEST
    fi
    ((EPOCHSECONDS < deadline)) || fail "$MOMENT could not be restored after $WAIT_MINUTES min; the latest is $LATEST"
    sleep "$POLL_SECONDS"
  done
  # What a loss at the moment would have cost.
  RPO_SECONDS=$((EPOCHSECONDS - NOTED))
}

restore() {
  STEP="restoring $RESTORED"
  local said from=$EPOCHSECONDS
  BEGUN=true
  said=$(bash "$RECOVER" time "$MOMENT" --to "$RESTORED" --scratch)
  unset PGSERVICE PGHOSTADDR
  PGHOST=$(value endpoint "$said")
  PGPORT=$(value port "$said")
  export PGHOST PGPORT
  STEP='asking what was restored'
  local deadline=$((EPOCHSECONDS + 600))
  until MARKS=$(sql "SELECT coalesce(string_agg(mark, ' ' ORDER BY mark), 'none') FROM backstay.pitr_test WHERE run = '$STAMP'"); do
    ((EPOCHSECONDS < deadline)) || fail "$RESTORED does not answer"
    sleep "$POLL_SECONDS"
  done
  RTO_SECONDS=$((EPOCHSECONDS - from))
}

judge() {
  STEP='judging'
  check opens true "$RESTORED answers"
  case " $MARKS " in
    *' before '*) check earlier-row-is-there true 'it was committed before the moment' ;;
    *) check earlier-row-is-there false "found: $MARKS" ;;
  esac
  case " $MARKS " in
    *' after '*) check later-change-is-not false "found: $MARKS" ;;
    *) check later-change-is-not true 'it was committed after the moment' ;;
  esac
  within rpo "$RPO_SECONDS" "$RPO_LIMIT"
  within rto "$RTO_SECONDS" "$RTO_LIMIT"
}

on_exit() {
  local code=$?
  end_uninterrupted
  set +e
  if ((code == 75)) || $DRY_RUN || [[ -z ${MOMENT-} && -z $STEP ]]; then exit "$code"; fi
  end_drill pitr_test
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools psql
  [[ -r $RECOVER ]] || fail "$RECOVER is not there: it is rendered beside this script"
  take_lock
  look
  way
  if $DRY_RUN; then
    say "ok: moments from $EARLIEST to $LATEST can be restored, and the login works"
    STEP=''
    return
  fi
  write_rows
  wait_for_moment
  restore
  judge
  STEP=''
}

main "$@"
