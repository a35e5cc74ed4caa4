#!/bin/bash
# Proves that any moment of train-tracker-prod can be brought back: a row is written, and later deleted; the moment
# between is restored beside the database, and must have that row and nothing that came later.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# Usage:
#   train-tracker-prod-pitr-test.sh            the whole drill; this is what cron and GitHub run
#   train-tracker-prod-pitr-test.sh --dry-run  reads only: what can be restored now, and whether the login works
#   train-tracker-prod-pitr-test.sh --help
#
# It needs train-tracker-prod-recover.sh beside it, psql, and a way to the database and to what is restored. The login
# must be the owner of the schema backstay in the database traintracker, or may make it. What was restored is deleted
# at the end, whatever happened; the exit code is not 0 where that failed.
#
# Environment, all optional:
#   PGHOST, PGPORT, PGUSER, PGPASSFILE, PGSERVICE  the way to the database (default: what its cloud tells). The
#                          password file needs a line for every host, since the restored one has a name of its own
#   BACKSTAY_DUMP_DIR      results go to drills/train-tracker-prod below it (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES  longest wait for the moment to become restorable, and then for the restore (default 120)
#   BACKSTAY_POLL_SECONDS  time between two looks (default 30)
#
# Needs what train-tracker-prod-recover.sh needs to restore a moment and to discard.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 passed, 1 not passed or failed, 75 another run is active. The result is a JSON file.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME=train-tracker-prod
export PGDATABASE=traintracker PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-pitr-test
[[ -n ${PGUSER-} || -n ${PGSERVICE-} ]] || export PGUSER=backstay_drill
export PGSSLMODE=${PGSSLMODE:-require}
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/train-tracker-prod-recover.sh
RPO_LIMIT=900
RTO_LIMIT=3600
printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' -1
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
RESTORED=train-tracker-db-prod-pitr-$STAMP
BEGUN=false

POLL_SECONDS=${BACKSTAY_POLL_SECONDS:-30}
WAIT_MINUTES=${BACKSTAY_WAIT_MINUTES:-120}
DRY_RUN=false
STEP='starting' # what is being done, for the last line; empty once all is well

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s: %s\n' -1 "$NAME" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Without the signals' own traps bash may end by the signal itself, before on_exit runs.
catch_ends() {
  trap on_exit EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# What is half done goes, whoever asks again.
end_uninterrupted() {
  trap - EXIT
  trap '' HUP INT TERM
}

show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# Gives a command to the cloud, or shows it with --dry-run.
run() {
  if $DRY_RUN; then
    printf 'would run:'
    printf ' %q' "$@"
    printf '\n'
  else
    "$@" >/dev/null
  fi
}

check_tools() {
  STEP='checking the tools'
  local tool
  for tool in "$@" flock; do
    command -v "$tool" >/dev/null || fail "$tool is not installed, or not in PATH=$PATH"
  done
  [[ $POLL_SECONDS$WAIT_MINUTES =~ ^[0-9]+$ ]] || fail 'BACKSTAY_POLL_SECONDS and BACKSTAY_WAIT_MINUTES are whole numbers'
}

# The lock is the kernel's, on this file itself: it ends with the last process of the run, so it
# cannot be left behind, and no folder has to be writable for it.
take_lock() {
  STEP='taking the lock'
  exec 9<"${BASH_SOURCE[0]}"
  if ! flock --nonblock 9; then
    say 'another run is active: nothing was done'
    STEP=''
    exit 75
  fi
}

# await WANTED WHAT COMMAND...: asks for a state, how far it is and a remark, until it is the wanted one.
# The clients' own waits stop too early, or tell nothing.
await() {
  local wanted=$1 what=$2 deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) answer shown='' unread=0 state percent remark
  shift 2
  while true; do
    if answer=$("$@"); then
      unread=0
      read -r state percent remark <<<"$answer"
      state=${state,,}
      if [[ $percent =~ ^[0-9]+$ ]]; then percent=", $percent %"; else percent=''; fi
      if [[ ${remark:-None} == None ]]; then remark=''; else remark=": $remark"; fi
      if [[ $answer != "$shown" ]]; then
        say "$what: $state$percent$remark"
        shown=$answer
      fi
      case $state in
        "$wanted") return ;;
        *fail* | *cancel* | *abort* | *delet* | *error* | incompatible*) fail "$what ended as $state$remark" ;;
      esac
    else
      unread=$((unread + 1))
      ((unread < 5)) || fail "$what: its state could not be read five times in a row"
    fi
    ((EPOCHSECONDS < deadline)) || fail "$what was not $wanted within $WAIT_MINUTES min; the cloud goes on with it"
    sleep "$POLL_SECONDS"
  done
}

read_arguments() {
  case "$#:${1-}" in
    0:) ;;
    1:--dry-run) DRY_RUN=true ;;
    1:-h | 1:--help)
      show_help
      STEP=''
      exit 0
      ;;
    *)
      show_help >&2
      STEP='reading the arguments'
      exit 1
      ;;
  esac
}

CHECKS=''
PASSED=true
BACKUP=null
RTO_SECONDS=null
RPO_SECONDS=null
FINISHED=false

# One JSON string.
json_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# check NAME PASSED DETAIL
check() {
  say "check $1: $2 ($3)"
  [[ $2 == true ]] || PASSED=false
  CHECKS+="${CHECKS:+, }{ \"name\": $(json_text "$1"), \"passed\": $2, \"detail\": $(json_text "$3") }"
}

# within NAME SECONDS LIMIT: a check against an objective, where there is one.
within() {
  [[ -n $3 && $2 != null ]] || return 0
  if (($2 <= $3)); then check "$1" true "$2 s of at most $3 s"; else check "$1" false "$2 s, and at most $3 s are allowed"; fi
}

# write_result KIND: once, into the folder of the drills.
write_result() {
  $FINISHED && return
  FINISHED=true
  local folder=$DRILLS/$NAME file finished
  printf -v finished '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  file=$folder/$STAMP.json
  mkdir -p -- "$folder"
  printf '{\n  "version": 1,\n  "kind": "%s",\n  "database": %s,\n  "started": "%s",\n  "finished": "%s",\n  "backup": %s,\n  "rto_seconds": %s,\n  "rpo_seconds": %s,\n  "passed": %s,\n  "checks": [%s]\n}\n' \
    "$1" "$(json_text "$NAME")" "$STARTED" "$finished" "$BACKUP" "$RTO_SECONDS" "$RPO_SECONDS" "$PASSED" "$CHECKS" >"$file.new"
  mv -- "$file.new" "$file"
  say "result: $file"
}

# end_drill KIND: what was restored costs money and holds everything: it goes, whatever happened.
end_drill() {
  local failed=$STEP
  [[ -z $failed ]] || check drill false "failed while $failed"
  if $BEGUN && ! bash "$RECOVER" discard "$RESTORED" --yes; then
    say "error: $RESTORED IS STILL THERE: delete it with $RECOVER discard $RESTORED"
    check clean-up false "$RESTORED is still there"
  fi
  write_result "$1"
  if $PASSED; then
    say 'ok: passed'
    exit 0
  fi
  say "FAILED${failed:+ while $failed}: see the result"
  exit 1
}

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --command "$1" </dev/null; }

# value KEY LINES: of the lines that the recover script prints.
value() {
  local line
  while read -r line; do
    [[ $line != "$1="* ]] || printf '%s\n' "${line#*=}"
  done <<<"$2"
}

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
