#!/bin/bash
# Restores the newest snapshot of shop-search-us, automated or manual, into a scratch instance, and asks what is in it.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage:
#   shop-search-us-restore-test.sh            the whole test; this is what cron and GitHub run
#   shop-search-us-restore-test.sh --dry-run  reads only, and shows what it would restore
#   shop-search-us-restore-test.sh --help
#
# It needs shop-search-us-recover.sh beside it, which makes the instance: never public, with the database's own subnet
# and security groups unless the environment names others, and tagged, so that nothing else is ever deleted. It needs
# psql too, and a way to the instance. The instance is deleted at the end, whatever happened; the exit code is not 0
# where that failed.
#
# What was found is written to BACKSTAY_DUMP_DIR/drills/shop-search-us as JSON: whether each check passed, how long it took from the start until everything
# answered (rto_seconds), and how old the snapshot was then (rpo_seconds).
#
# Environment:
#   PGUSER, PGPASSFILE     a login that the snapshot has, which may read what is asked for; the password
#                          file has a line for every host, since the instance has a name of its own
# Optional:
#   BACKSTAY_SUBNET_GROUP, BACKSTAY_SECURITY_GROUPS (with commas), BACKSTAY_INSTANCE_CLASS, BACKSTAY_PARAMETER_GROUP
#                          where the instance is made, and how large (default: as the database)
#   BACKSTAY_DUMP_DIR      holds the results (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES  longest wait for the instance (default 240)
#   BACKSTAY_POLL_SECONDS  time between two looks (default 30)
#
# Needs what shop-search-us-recover.sh needs to restore a snapshot and to discard.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 passed, 1 not passed or failed, 75 another run is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
umask 077
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME=shop-search-us
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
  search
)
export PGSSLMODE=${PGSSLMODE:-require} PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-restore-test
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/shop-search-us-recover.sh
RTO_LIMIT=86400
BEGAN=$EPOCHSECONDS
printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' "$BEGAN"
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' "$BEGAN"
RESTORED=search-index-restore-test-$STAMP
WORK=''
BEGUN=false
RUNNING=false

POLL_SECONDS=${BACKSTAY_POLL_SECONDS:-30}
WAIT_MINUTES=${BACKSTAY_WAIT_MINUTES:-240}
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

# value KEY LINES: of the lines that the recover script prints.
value() {
  local line
  while read -r line; do
    [[ $line != "$1="* ]] || printf '%s\n' "${line#*=}"
  done <<<"$2"
}

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

opens() {
  local database answer
  for database in "${!SCRATCH_OF[@]}"; do
    STEP="opening ${database@Q}"
    answer="$(query "${SCRATCH_OF["$database"]}" 'SELECT count(*) FROM pg_class')"
    check "opens $database" true "$answer relations"
  done
  RTO_SECONDS=$((EPOCHSECONDS - BEGAN))
}

# Why a query was refused: psql also shows where, on lines of their own.
refusal() {
  local why
  why="$(sed --quiet '/ERROR: /{s/.*ERROR: *//p;q}' "$WORK/said")"
  printf '%s' "${why:-$(tail -n 1 "$WORK/said")}"
}

# has_rows DATABASE TABLE SQL LEAST
has_rows() {
  local rows
  STEP="counting $2"
  if ! rows="$(query "${SCRATCH_OF["$1"]}" "SELECT count(*) FROM $3" 2>"$WORK/said")"; then
    check "table $2" false "$(refusal)"
  elif ((rows < $4)); then
    check "table $2" false "$rows rows, and at least $4 are expected"
  else
    check "table $2" true "$rows rows, at least $4 are expected"
  fi
}

ask() {
  has_rows search search.public.documents '"public"."documents"' 1000000
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
