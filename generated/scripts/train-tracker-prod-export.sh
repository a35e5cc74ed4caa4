#!/bin/bash
# Exports the newest snapshot of train-tracker-prod to S3, as Parquet files for analytics.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# This is no backup: no database can be restored from it. It never deletes a snapshot. What it exports is kept
# 2557 days, by the lifecycle of the bucket train-tracker-exports.
#
# Usage:
#   train-tracker-prod-export.sh            everything; this is what cron and GitHub run
#   train-tracker-prod-export.sh --dry-run  reads only, and shows the command that it would give
#   train-tracker-prod-export.sh --help
#
# Environment, all optional:
#   AWS_*                    the identity of the AWS CLI; a host should have a role of its own
#   BACKSTAY_EXPORT_KMS_KEY  key in us-east-1 that encrypts the files (default alias/backstay/train-tracker-prod)
#   BACKSTAY_EXPORT_ROLE     role that RDS takes to write (default arn:aws:iam::123456789012:role/backstay-export-writer)
#   BACKSTAY_WAIT_MINUTES    longest wait for the export (default 330)
#   BACKSTAY_POLL_SECONDS    time between two looks at its state (default 30)
#
# Needs rds:DescribeDBSnapshots, DescribeExportTasks and StartExportTask, iam:PassRole for that role, s3:ListBucket,
# and of the key kms:DescribeKey and CreateGrant.
#
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Stamps are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME=train-tracker-prod
ACCOUNT=123456789012
REGION=us-east-1
INSTANCE=train-tracker-db-prod
BUCKET=train-tracker-exports
BUCKET_ACCOUNT=123456789012
FOLDER=export/train-tracker-prod
ROLE=${BACKSTAY_EXPORT_ROLE:-}
KEY=${BACKSTAY_EXPORT_KMS_KEY:-}
[[ -n $ROLE ]] || ROLE=arn:aws:iam::123456789012:role/backstay-export-writer
[[ -n $KEY ]] || KEY=alias/backstay/train-tracker-prod
printf -v EXPORT '%s-%(%Y%m%dt%H%M%Sz)T' backstay-train-tracker-prod -1

POLL_SECONDS=${BACKSTAY_POLL_SECONDS:-30}
WAIT_MINUTES=${BACKSTAY_WAIT_MINUTES:-330}
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

check_account() {
  STEP='checking the account'
  local account
  account=$(aws sts get-caller-identity --region "$REGION" --query Account --output text)
  [[ $account == "$ACCOUNT" ]] || fail "these credentials belong to account $account, the policy to $ACCOUNT"
}

on_exit() {
  local code=$?
  end_uninterrupted
  [[ -n $STEP ]] || exit "$code"
  say "FAILED while $STEP"
  exit 1
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

check_target() {
  STEP="checking the key and the bucket $BUCKET"
  [[ -n $KEY ]] || fail "RDS exports nothing without a key: set BACKSTAY_EXPORT_KMS_KEY to one in $REGION"
  aws s3api head-bucket --bucket "$BUCKET" --region "$REGION" --expected-bucket-owner "$BUCKET_ACCOUNT" >/dev/null
}

# Sets SOURCE to the ARN of the newest snapshot, and CREATED to its time.
find_snapshot() {
  STEP="finding the newest snapshot of $INSTANCE"
  local listed
  # A row a line: time, tab, ARN.
  listed=$(aws rds describe-db-snapshots --region "$REGION" --db-instance-identifier "$INSTANCE" --output text \
    --query "DBSnapshots[?Status=='available' && (SnapshotType=='manual' || SnapshotType=='automated')].[SnapshotCreateTime, DBSnapshotArn]")
  [[ $listed == *arn:* ]] || fail "$INSTANCE has no available snapshot in $REGION"
  listed=$(sort <<<"$listed" | tail -n 1)
  read -r CREATED SOURCE <<<"$listed"
  say "the newest snapshot is $SOURCE, of $CREATED"
}

# RDS takes no more than five exports of an account at a time.
check_limit() {
  STEP='counting the active exports'
  local listed active
  listed=$(aws rds describe-export-tasks --region "$REGION" --output text \
    --query "ExportTasks[?contains(['STARTING', 'IN_PROGRESS', 'CANCELING'], Status)].[ExportTaskIdentifier]")
  mapfile -t active <<<"$listed"
  [[ -z ${active[4]-} ]] ||
    fail "this account has its five exports already, and RDS takes no sixth: run this again when one has ended (${active[*]})"
}

export_state() {
  aws rds describe-export-tasks --region "$REGION" --export-task-identifier "$EXPORT" \
    --query 'ExportTasks[].[Status, PercentProgress, FailureCause || WarningMessage]' --output text
}

export_snapshot() {
  STEP="exporting to s3://$BUCKET/$FOLDER/$EXPORT"
  say "$STEP"
  run aws rds start-export-task --region "$REGION" --export-task-identifier "$EXPORT" --source-arn "$SOURCE" \
    --s3-bucket-name "$BUCKET" --s3-prefix "$FOLDER" --iam-role-arn "$ROLE" --kms-key-id "$KEY" --output text
  $DRY_RUN || await complete "export $EXPORT" export_state
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools aws
  take_lock
  check_account
  check_target
  find_snapshot
  check_limit
  export_snapshot
  if $DRY_RUN; then say 'ok: nothing was changed'; else say "ok: s3://$BUCKET/$FOLDER/$EXPORT has the data of $CREATED; it is no backup"; fi
  STEP=''
}

main "$@"
