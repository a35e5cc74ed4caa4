#!/bin/bash
# Brings back shop-orders-us as a new RDS instance. The database itself is only read.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage: shop-orders-us-recover.sh WHAT [--to ID] [--dry-run]
#   window              the earliest and the latest moment that can be restored
#   latest              the latest moment that can be restored
#   time TIME           a moment, as 2026-11-25T04:00:00Z
#   replicated [TIME]   the latest moment, or the given one, from the backups in eu-west-1
#   snapshot [ID]       the newest snapshot, automated or manual, or the one with that identifier
#   discard ID          deletes an instance that this script made, and nothing else
# Options:
#   --to ID             identifier of the new instance; without it one is made from the time
#   --scratch           for a drill: no protection against deletion, no standby
#   --dry-run           reads only, and shows the commands that it would give
#   --yes               asks nothing (discard)
#
# The new instance has the class, subnet group, security groups and parameter group of the database, is never
# public and protected against deletion. Where the database or its Region can no longer be asked, and in another
# Region, they are taken from the environment. Run again with the same --to, it goes on with what it began.
#
# Environment, all optional where the database still answers in its own Region:
#   AWS_*                    the identity of the AWS CLI
#   BACKSTAY_INSTANCE_CLASS  as db.t4g.medium
#   BACKSTAY_SUBNET_GROUP, BACKSTAY_SECURITY_GROUPS (with commas), BACKSTAY_PARAMETER_GROUP
#   BACKSTAY_WAIT_MINUTES    longest wait for the instance (default 240)
#   BACKSTAY_POLL_SECONDS    time between two looks at it (default 30)
#
# Needs rds:DescribeDBInstances, DescribeDBInstanceAutomatedBackups, DescribeDBSnapshots, AddTagsToResource,
# RestoreDBInstanceToPointInTime and RestoreDBInstanceFromDBSnapshot; where RDS keeps the password, ModifyDBInstance,
# secretsmanager:CreateSecret and TagResource; to discard, ModifyDBInstance and DeleteDBInstance.
#
# Standard output: identifier=, region=, endpoint=, port= and, where AWS keeps the password, secret= of the new
# instance; of a snapshot as well snapshot= and taken=. `window` prints earliest= and latest=, and the endpoint= and port= of the database. Everything else goes to standard error.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME=shop-orders-us
ACCOUNT=210987654321
REGION=us-east-2
INSTANCE=orders-prod
RESTORED_TAG=backstay:restored
TAGS=(
  '{"Key":"backstay:restored","Value":"shop-orders-us"}'
  '{"Key":"company","Value":"shop"}'
  '{"Key":"owner","Value":"data-platform"}'
  '{"Key":"team","Value":"checkout"}'
)
CLASS=${BACKSTAY_INSTANCE_CLASS-}
SUBNET_GROUP=${BACKSTAY_SUBNET_GROUP-}
SECURITY_GROUPS=${BACKSTAY_SECURITY_GROUPS-}
PARAMETER_GROUP=${BACKSTAY_PARAMETER_GROUP-}
IN=''    # the Region of the new instance
TAKEN='' # when a snapshot was taken, and which
MULTI_AZ=False
MANAGED='' # the secret, where RDS keeps the password; None where it does not
WHAT=''
WHICH=''
TO=''
SCRATCH=false
YES=false

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

# seconds_of TIME: UTC to the second, as everything is compared here.
seconds_of() {
  local time=${1%Z}
  time=${time%+00:00}
  printf '%sZ\n' "${time%.*}"
}

# check_moment TIME: refuses one that cannot be restored.
check_moment() {
  [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] || fail "$1 is no moment: write it in UTC, as 2026-11-25T04:00:00Z"
  [[ ! $1 < $EARLIEST && ! $1 > $LATEST ]] ||
    fail "$1 cannot be restored: only moments from $EARLIEST to $LATEST can"
}

usage() {
  show_help >&2
  STEP='reading the arguments'
  exit 1
}

read_arguments() {
  while [[ -n ${1-} ]]; do
    case $1 in
      --to | --in)
        [[ -n ${2-} ]] || usage
        case $1 in
          --to) TO=$2 ;;
          --in) IN=$2 ;;
        esac
        shift
        ;;
      --scratch) SCRATCH=true ;;
      --dry-run) DRY_RUN=true ;;
      --yes) YES=true ;;
      -h | --help)
        show_help
        STEP=''
        exit 0
        ;;
      -*) usage ;;
      *)
        if [[ -z $WHAT ]]; then WHAT=$1; elif [[ -z $WHICH ]]; then WHICH=$1; else usage; fi
        ;;
    esac
    shift
  done
  case $WHAT:${WHICH:+which} in
    window: | latest: | time:which) ;;
    replicated: | replicated:which) IN=eu-west-1 ;;
    snapshot: | snapshot:which | discard:which) ;;
    *) usage ;;
  esac
  IN=${IN:-$REGION}
  case $WHAT:$IN in
    discard:* | *:"$REGION" | replicated:*) ;;
    *) fail "the policy keeps no such backup of $NAME in $IN" ;;
  esac
  [[ -n $TO ]] || printf -v TO '%.42s-r-%(%Y%m%dt%H%M%Sz)T' "$INSTANCE" -1
  TO=${TO,,}
  [[ $TO =~ ^[a-z](-?[a-z0-9])*$ && $TO =~ ^.{1,63}$ ]] || fail "no instance can be called $TO"
}

# The settings of the database, for what is not set already. One in another Region knows nothing of them.
read_source() {
  STEP="reading the instance $INSTANCE"
  local said class subnet_group groups parameter_group multi_az managed
  LATEST=''
  ENDPOINT=None
  PORT=None
  if ! said=$(aws rds describe-db-instances --region "$REGION" --db-instance-identifier "$INSTANCE" --output text \
    --query "DBInstances[].[DBInstanceClass, DBSubnetGroup.DBSubnetGroupName, join(',', VpcSecurityGroups[].VpcSecurityGroupId), DBParameterGroups[0].DBParameterGroupName, MultiAZ, MasterUserSecret.SecretArn, Endpoint.Address, Endpoint.Port, LatestRestorableTime]" 2>&1); then
    [[ $IN != "$REGION" || $said == *DBInstanceNotFound* ]] || fail "$said"
    say "$INSTANCE does not answer in $REGION: its settings are taken from the environment"
  else
    read -r class subnet_group groups parameter_group multi_az managed ENDPOINT PORT LATEST <<<"$said"
    CLASS=${CLASS:-$class}
    MANAGED=$managed
    MULTI_AZ=$multi_az
    if [[ $IN == "$REGION" ]]; then
      [[ -n $SUBNET_GROUP || $subnet_group == None ]] || SUBNET_GROUP=$subnet_group
      SECURITY_GROUPS=${SECURITY_GROUPS:-$groups}
      # The built-in group follows from the version.
      [[ -n $PARAMETER_GROUP || $parameter_group == default.* ]] || PARAMETER_GROUP=$parameter_group
    fi
  fi
}

# Without its networks an instance would land where the account's defaults put it.
check_settings() {
  STEP='looking for the settings of the new instance'
  local missing=''
  [[ -n $CLASS ]] || missing+=' BACKSTAY_INSTANCE_CLASS'
  [[ -n $SUBNET_GROUP || ($IN == "$REGION" && -n $LATEST) ]] || missing+=' BACKSTAY_SUBNET_GROUP'
  [[ -n $SECURITY_GROUPS ]] || missing+=' BACKSTAY_SECURITY_GROUPS'
  [[ -z $missing ]] || fail "set for $IN:$missing"
}

# Sets OPTIONS to what every way of restoring is told of the new instance.
options() {
  local groups
  IFS=, read -ra groups <<<"$SECURITY_GROUPS"
  OPTIONS=(--db-instance-class "$CLASS" --vpc-security-group-ids "${groups[@]}" --no-publicly-accessible
    --copy-tags-to-snapshot --tags "${TAGS[@]}" --output text)
  [[ -z $SUBNET_GROUP ]] || OPTIONS+=(--db-subnet-group-name "$SUBNET_GROUP")
  [[ -z $PARAMETER_GROUP ]] || OPTIONS+=(--db-parameter-group-name "$PARAMETER_GROUP")
  if $SCRATCH; then
    OPTIONS+=(--no-deletion-protection --no-multi-az)
  else
    OPTIONS+=(--deletion-protection)
    [[ $MULTI_AZ != True ]] || OPTIONS+=(--multi-az)
  fi
}

# instance_tag ID: the database that an instance was restored from; fails where there is none.
instance_tag() {
  aws rds describe-db-instances --region "$IN" --db-instance-identifier "$1" --output text \
    --query "DBInstances[].TagList[?Key=='$RESTORED_TAG'].Value[]"
}

# True where the new instance is there already, from an earlier run.
begun() {
  STEP="looking for $TO in $IN"
  local said
  if ! said=$(instance_tag "$TO" 2>&1); then
    [[ $said == *DBInstanceNotFound* ]] || fail "$said"
    return 1
  fi
  [[ $said == "$NAME" ]] || fail "$TO exists already: choose another identifier with --to"
  say "$TO was begun by an earlier run"
}

# Restoring takes no such option but for Oracle: RDS gives the new instance the password that was set then.
keep_password() {
  [[ $MANAGED != None ]] || return 0
  STEP="having RDS keep the password of $TO"
  local said
  if [[ -z $MANAGED ]]; then
    say "$TO has the password that $INSTANCE had then. Where nobody knows it, have RDS make and keep one:"
    say "aws rds modify-db-instance --region $IN --db-instance-identifier $TO --manage-master-user-password --apply-immediately"
    return
  fi
  said=$(aws rds describe-db-instances --region "$IN" --db-instance-identifier "$TO" --output text \
    --query 'DBInstances[].[MasterUserSecret.SecretArn]')
  [[ $said == None ]] || return 0
  say "the database's password is kept by RDS, and so is that of $TO from now on"
  run aws rds modify-db-instance --region "$IN" --db-instance-identifier "$TO" --manage-master-user-password \
    --apply-immediately --output text
  await active "secret of $TO" secret_state
}

secret_state() {
  aws rds describe-db-instances --region "$IN" --db-instance-identifier "$TO" \
    --query 'DBInstances[].[MasterUserSecret.SecretStatus]' --output text
}

instance_state() {
  aws rds describe-db-instances --region "$IN" --db-instance-identifier "$TO" \
    --query 'DBInstances[].[DBInstanceStatus]' --output text
}

# read_window REGION: sets EARLIEST, LATEST, and BACKUPS as the option that names the backups.
read_window() {
  STEP="reading what can be restored in $1"
  local said latest arn id
  said=$(aws rds describe-db-instance-automated-backups --region "$1" --db-instance-identifier "$INSTANCE" --output text \
    --query "sort_by(DBInstanceAutomatedBackups[?Region=='$REGION' && RestoreWindow.LatestTime], &RestoreWindow.LatestTime)[-1].[RestoreWindow.EarliestTime, RestoreWindow.LatestTime, DBInstanceAutomatedBackupsArn, DbiResourceId]")
  read -r EARLIEST latest arn id <<<"$said"
  [[ $latest =~ ^[0-9]{4}- ]] || fail "$1 has no automated backups of $INSTANCE"
  if [[ $1 != "$REGION" ]]; then
    BACKUPS=(--source-db-instance-automated-backups-arn "$arn")
    LATEST=$latest
  elif [[ -n $LATEST ]]; then
    BACKUPS=(--source-db-instance-identifier "$INSTANCE")
    # The instance itself knows better than the list of backups.
    [[ $LATEST =~ ^[0-9]{4}- ]] || LATEST=$latest
  else
    # Backups that were kept when the instance was deleted.
    BACKUPS=(--source-dbi-resource-id "$id")
    LATEST=$latest
  fi
  EARLIEST=$(seconds_of "$EARLIEST")
  LATEST=$(seconds_of "$LATEST")
}

# restore_moment TIME: nothing for the latest one.
restore_moment() {
  read_window "$IN"
  local moment=(--use-latest-restorable-time)
  if [[ -n $1 ]]; then
    check_moment "$1"
    moment=(--restore-time "$1")
  fi
  STEP="restoring $TO"
  say "restoring $INSTANCE as of ${1:-$LATEST} to $TO in $IN"
  run aws rds restore-db-instance-to-point-in-time --region "$IN" "${BACKUPS[@]}" --target-db-instance-identifier "$TO" \
    "${moment[@]}" "${OPTIONS[@]}"
}

restore_snapshot() {
  STEP="choosing a snapshot in $IN"
  local said id created state of
  if [[ -n $WHICH ]]; then
    said=$(aws rds describe-db-snapshots --region "$IN" --db-snapshot-identifier "$WHICH" --output text \
      --query 'DBSnapshots[].[DBSnapshotIdentifier, SnapshotCreateTime, Status, DBInstanceIdentifier]')
  else
    said=$(aws rds describe-db-snapshots --region "$IN" --db-instance-identifier "$INSTANCE" --output text \
      --query "sort_by(DBSnapshots[?Status=='available'], &(OriginalSnapshotCreateTime || SnapshotCreateTime))[-1].[DBSnapshotIdentifier, OriginalSnapshotCreateTime || SnapshotCreateTime, Status, DBInstanceIdentifier]")
  fi
  read -r id created state of <<<"$said"
  [[ -n $state && $id != None ]] || fail "$IN has no snapshot of $INSTANCE that can be restored"
  [[ $of == "$INSTANCE" ]] || fail "$id is a snapshot of $of, not of $INSTANCE"
  [[ $state == available ]] || fail "$id is $state"
  TAKEN=$created
  WHICH=$id
  STEP="restoring $TO"
  say "restoring the snapshot $id of $created to $TO in $IN"
  run aws rds restore-db-instance-from-db-snapshot --region "$IN" --db-snapshot-identifier "$id" \
    --db-instance-identifier "$TO" "${OPTIONS[@]}"
}

show() {
  STEP="reading $TO"
  local said public endpoint port secret
  said=$(aws rds describe-db-instances --region "$IN" --db-instance-identifier "$TO" --output text \
    --query 'DBInstances[].[PubliclyAccessible, Endpoint.Address, Endpoint.Port, MasterUserSecret.SecretArn]')
  read -r public endpoint port secret <<<"$said"
  [[ $public != True ]] || fail "$TO is public: change that before anything else"
  printf '%s=%s\n' identifier "$TO" region "$IN" endpoint "$endpoint" port "$port"
  [[ $secret == None ]] || printf 'secret=%s\n' "$secret"
  [[ -z $TAKEN ]] || printf '%s=%s\n' snapshot "$WHICH" taken "$TAKEN"
}

discard() {
  STEP="discarding $WHICH"
  local said
  TO=${WHICH,,}
  [[ $TO != "$INSTANCE" ]] || fail "$TO is the database itself"
  if ! said=$(instance_tag "$TO" 2>&1); then
    [[ $said == *DBInstanceNotFound* ]] || fail "$said"
    say "ok: there is no $TO in $IN"
    return
  fi
  [[ $said == "$NAME" ]] || fail "$TO does not carry the tag $RESTORED_TAG=$NAME: this script did not make it"
  if ! $YES && ! $DRY_RUN; then
    [[ -t 0 ]] || fail "$TO would be deleted: say so with --yes"
    read -r -p "Delete $TO in $IN? Type its identifier: " said
    [[ $said == "$TO" ]] || fail 'nothing was deleted'
  fi
  run aws rds modify-db-instance --region "$IN" --db-instance-identifier "$TO" --no-deletion-protection --apply-immediately --output text
  run aws rds delete-db-instance --region "$IN" --db-instance-identifier "$TO" --skip-final-snapshot --delete-automated-backups --output text
  $DRY_RUN || gone
}

gone() {
  local deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) said
  while said=$(instance_state 2>&1) || [[ $said != *DBInstanceNotFound* ]]; do
    say "$TO: $said"
    ((EPOCHSECONDS < deadline)) || fail "$TO was not gone within $WAIT_MINUTES min"
    sleep "$POLL_SECONDS"
  done
  say "ok: $TO is gone"
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools aws
  take_lock
  check_account
  case $WHAT in
    window)
      read_source
      read_window "$IN"
      printf '%s=%s\n' earliest "$EARLIEST" latest "$LATEST" endpoint "$ENDPOINT" port "$PORT"
      ;;
    discard) discard ;;
    *)
      read_source
      if ! begun; then
        check_settings
        options
        case $WHAT in
          latest) restore_moment '' ;;
          time) restore_moment "$WHICH" ;;
          replicated) restore_moment "$WHICH" ;;
          snapshot) restore_snapshot ;;
        esac
      fi
      if $DRY_RUN; then
        say 'ok: nothing was changed'
      else
        await available "instance $TO" instance_state
        # A drill has a login of its own.
        $SCRATCH || keep_password
        show
        say "ok: $TO is available. Next: look at its data, then give its endpoint to the applications; deploy what"
        say 'the policy asks of it (backups, standby, replicas) before it takes over for good'
      fi
      ;;
  esac
  STEP=''
}

main "$@"
