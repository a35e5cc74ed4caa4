#!/bin/bash
# Takes a manual snapshot of train-tracker-prod, copies it to us-west-2, and prunes old ones.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# Usage:
#   train-tracker-prod-snapshot.sh            everything; this is what cron and GitHub run
#   train-tracker-prod-snapshot.sh --dry-run  reads only, and shows the commands that it would give
#   train-tracker-prod-snapshot.sh --help
#
# Only manual snapshots with the tag backstay:policy=train-tracker-prod are pruned, once they are older than
# 90 days and the new one and its copy are available; never the newest one of a Region.
#
# Environment, all optional:
#   AWS_*                  the identity of the AWS CLI; a host should have a role of its own
#   BACKSTAY_COPY_KMS_KEY  key in us-west-2 that encrypts the copies (default alias/backstay/train-tracker-prod of an encrypted database)
#   BACKSTAY_WAIT_MINUTES  longest wait for a snapshot, and for its copy (default 150)
#   BACKSTAY_POLL_SECONDS  time between two looks at its state (default 30)
#
# Needs rds:DescribeDBInstances, CreateDBSnapshot, AddTagsToResource, DescribeDBSnapshots and
# DeleteDBSnapshot, CopyDBSnapshot in us-west-2, and of an encrypted database both keys.
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
COPY_REGION=us-west-2
COPY_KEY=${BACKSTAY_COPY_KMS_KEY-}
KEEP_DAYS=90
OWNER_TAG=backstay:policy
TAGS=(
  '{"Key":"backstay:policy","Value":"train-tracker-prod"}'
  '{"Key":"owner","Value":"platform"}'
  '{"Key":"service","Value":"train-tracker"}'
)
printf -v SNAPSHOT '%s-%(%Y%m%dt%H%M%Sz)T' backstay-train-tracker-prod -1

POLL_SECONDS=${BACKSTAY_POLL_SECONDS:-30}
WAIT_MINUTES=${BACKSTAY_WAIT_MINUTES:-150}
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

# Sets ARN to what the snapshot's will be.
check_instance() {
  STEP="reading the instance $INSTANCE"
  local answer encrypted
  answer=$(aws rds describe-db-instances --region "$REGION" --db-instance-identifier "$INSTANCE" \
    --query 'DBInstances[].[DBInstanceArn, StorageEncrypted]' --output text)
  read -r ARN encrypted <<<"$answer"
  [[ $ARN == arn:*:db:* ]] || fail "AWS answers no ARN for $INSTANCE: $answer"
  ARN=${ARN%:db:*}:snapshot:$SNAPSHOT
  # What is encrypted by a key of this Region can only be copied under one of the other.
  [[ ${encrypted,,} == false || -n $COPY_KEY ]] || COPY_KEY=alias/backstay/train-tracker-prod
}

# snapshot_state REGION
snapshot_state() {
  aws rds describe-db-snapshots --region "$1" --db-snapshot-identifier "$SNAPSHOT" \
    --query 'DBSnapshots[].[Status, PercentProgress]' --output text
}

take_snapshot() {
  STEP="taking the snapshot $SNAPSHOT"
  say "$STEP"
  local deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) said
  local command=(aws rds create-db-snapshot --region "$REGION" --db-instance-identifier "$INSTANCE"
    --db-snapshot-identifier "$SNAPSHOT" --tags "${TAGS[@]}" --output text)
  if $DRY_RUN; then
    run "${command[@]}"
    return
  fi
  # An instance that is being backed up or modified takes no snapshot just then.
  until said=$("${command[@]}" 2>&1 >/dev/null); do
    [[ $said == *InvalidDBInstanceState* ]] || fail "$said"
    ((EPOCHSECONDS < deadline)) || fail "the instance was busy for $WAIT_MINUTES min: $said"
    say 'the instance is busy: trying again'
    sleep "$POLL_SECONDS"
  done
  await available "snapshot $SNAPSHOT" snapshot_state "$REGION"
}

# Called in the Region that receives the copy.
copy_snapshot() {
  STEP="copying $SNAPSHOT to $COPY_REGION"
  say "$STEP"
  local key=()
  [[ -z $COPY_KEY ]] || key=(--kms-key-id "$COPY_KEY")
  run aws rds copy-db-snapshot --region "$COPY_REGION" --source-region "$REGION" \
    --source-db-snapshot-identifier "$ARN" --target-db-snapshot-identifier "$SNAPSHOT" --copy-tags \
    "${key[@]}" --output text
  $DRY_RUN || await available "copy of $SNAPSHOT" snapshot_state "$COPY_REGION"
}

# prune REGION: only reached when every step before it succeeded. Ages are those of the data: a copy
# is as old as what it is a copy of.
prune() {
  STEP="pruning the snapshots in $1"
  local region=$1 listed rows row created id newest='' oldest failed=''
  printf -v oldest '%(%Y-%m-%dT%H:%M:%S)T' "$((EPOCHSECONDS - KEEP_DAYS * 86400))"
  # A row a line: time, tab, identifier.
  listed=$(aws rds describe-db-snapshots --region "$region" --snapshot-type manual --output text \
    --query "DBSnapshots[?Status=='available' && TagList[?Key=='$OWNER_TAG' && Value=='$NAME']].[OriginalSnapshotCreateTime || SnapshotCreateTime, DBSnapshotIdentifier]")
  mapfile -t rows < <(sort <<<"$listed")
  if ! $DRY_RUN; then
    # If the new one is not among them, the list is not what is meant here.
    [[ $listed == *$'\t'"$SNAPSHOT"* ]] || fail "the new snapshot is not listed in $region with its tag: nothing is deleted there"
    newest=${rows[-1]}
  fi
  for row in "${rows[@]}"; do
    read -r created id <<<"$row"
    [[ -n $id && $row != "$newest" && $id != "$SNAPSHOT" ]] || continue
    [[ $created =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2} ]] || fail "$id has no time of creation: $created"
    if [[ ${BASH_REMATCH[0]} < $oldest ]]; then
      if run aws rds delete-db-snapshot --region "$region" --db-snapshot-identifier "$id" --output text; then
        $DRY_RUN || say "pruned $id in $region, of $created"
      else
        failed+=" $id"
      fi
    fi
  done
  [[ -z $failed ]] || fail "not deleted in $region:$failed"
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools aws
  take_lock
  check_account
  check_instance
  take_snapshot
  copy_snapshot
  prune "$REGION"
  prune "$COPY_REGION"
  if $DRY_RUN; then say 'ok: nothing was changed'; else say "ok: $SNAPSHOT is available, and so is its copy in $COPY_REGION"; fi
  STEP=''
}

main "$@"
