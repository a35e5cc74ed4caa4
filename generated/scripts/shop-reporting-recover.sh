#!/bin/bash
# Brings back shop-reporting as a new flexible server. The server itself is only read.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage: shop-reporting-recover.sh WHAT [--to NAME] [--dry-run]
#   window              the earliest moment that can be restored, and about the latest
#   latest              the latest moment
#   time TIME           a moment, as 2026-11-25T04:00:00Z
#   discard NAME        deletes a server that this script made, and nothing else
# Options:
#   --to NAME           name of the new server; without it one is made from the time
#   --scratch           for a drill: no lock against deletion, no geo-redundant backup
#   --dry-run           reads only, and shows the commands that it would give
#   --yes               asks nothing (discard)
#
# The new server has the compute size and the networks of the server, is never public, and a lock keeps it from
# being deleted. A standby is not restored: add it once the data is looked at.
#
# Environment, all optional:
#   AZURE_*                    the identity of the Azure CLI
#   BACKSTAY_WAIT_MINUTES      longest wait for the server (default 240)
#   BACKSTAY_POLL_SECONDS      time between two looks at it (default 30)
#
# Needs the role Contributor on the resource group; for the lock, User Access Administrator or Owner.
#
# Standard output: identifier=, region=, endpoint= and port= of the new server; `window` prints earliest=,
# latest=, and the endpoint= and port= of the server. Everything else goes to standard error.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME=shop-reporting
SUBSCRIPTION=00000000-0000-0000-0000-000000000002
GROUP=shop-data-rg
REGION=westeurope
SERVER=shop-reporting
ID=/subscriptions/$SUBSCRIPTION/resourceGroups/$GROUP/providers/Microsoft.DBforPostgreSQL/flexibleServers
RESTORED_TAG=backstay:restored
TAGS=(
  'backstay:restored=shop-reporting'
  'company=shop'
  'owner=data-platform'
)
LOCK=backstay-restored
# Azure tells no latest moment; it archives the logs at least so often.
LOG_SECONDS=300
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
  STEP='checking the subscription'
  az account show --subscription "$SUBSCRIPTION" --output none ||
    fail "this identity does not reach the subscription $SUBSCRIPTION: az login"
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
      --to)
        [[ -n ${2-} ]] || usage
        TO=$2
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
    window: | latest: | time:which | discard:which) ;;
    *) usage ;;
  esac
  [[ -n $TO ]] || printf -v TO '%.42s-r-%(%Y%m%dt%H%M%Sz)T' "$SERVER" -1
  TO=${TO,,}
  [[ $TO =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])$ && $TO =~ ^.{3,63}$ ]] || fail "no server can be called $TO"
}

# server_of NAME QUERY: one row of what Azure tells of a server.
server_of() {
  az postgres flexible-server show --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$1" --query "$2" --output tsv
}

# Sets EARLIEST and LATEST, and OPTIONS to what the new server is told.
read_source() {
  STEP="reading the server $SERVER"
  local row earliest public subnet geo key identity geo_key geo_identity
  row=$(server_of "$SERVER" "[[backup.earliestRestoreDate || 'None', network.publicNetworkAccess || 'None', network.delegatedSubnetResourceId || 'None', backup.geoRedundantBackup || 'None', dataEncryption.primaryKeyURI || 'None', dataEncryption.primaryUserAssignedIdentityId || 'None', dataEncryption.geoBackupKeyURI || 'None', dataEncryption.geoBackupUserAssignedIdentityId || 'None']]")
  read -r earliest public subnet geo key identity geo_key geo_identity <<<"$row"
  [[ -n $geo_identity ]] || fail "Azure tells too little of $SERVER: $row"
  # One in a subnet is private, whatever else is said.
  if [[ $subnet == None ]]; then PUBLIC=$public; else PUBLIC=Disabled; fi
  [[ $earliest == None ]] || EARLIEST=$(seconds_of "$earliest")
  printf -v LATEST '%(%Y-%m-%dT%H:%M:%SZ)T' "$((EPOCHSECONDS - LOG_SECONDS))"
  OPTIONS=(--subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$TO" --source-server "$ID/$SERVER" --no-wait --yes --output none)
  if [[ $WHAT == geo ]]; then
    [[ $geo == Enabled ]] || fail "$SERVER has no geo-redundant backup"
    [[ $geo_key == None ]] || OPTIONS+=(--key "$geo_key" --identity "$geo_identity")
    return
  fi
  [[ $key == None ]] || OPTIONS+=(--key "$key" --identity "$identity")
  # It can be switched on at creation only.
  if ! $SCRATCH && [[ $geo == Enabled ]]; then
    OPTIONS+=(--geo-redundant-backup Enabled)
    [[ $geo_key == None ]] || OPTIONS+=(--backup-key "$geo_key" --backup-identity "$geo_identity")
  fi
}

# True where the new server is there already, from an earlier run.
begun() {
  STEP="looking for $TO"
  local said
  if ! said=$(server_of "$TO" "tags.\"$RESTORED_TAG\" || 'None'" 2>&1); then
    [[ $said == *ResourceNotFound* ]] || fail "$said"
    return 1
  fi
  [[ $said == "$NAME" ]] ||
    fail "$TO exists already: choose another name with --to. One that an earlier run began, and could not tag, takes: az tag update --resource-id $ID/$TO --operation Merge --tags $RESTORED_TAG=$NAME"
  say "$TO was begun by an earlier run"
}

server_state() { server_of "$TO" state; }

# restore_moment TIME: nothing for the latest one.
restore_moment() {
  read_source
  local moment=()
  [[ -n ${EARLIEST-} ]] || fail "$SERVER has no backup yet"
  if [[ -n $1 ]]; then
    check_moment "$1"
    moment=(--restore-time "$1")
  fi
  STEP="restoring $TO"
  say "restoring $SERVER as of ${1:-now} to $TO"
  run az postgres flexible-server restore "${OPTIONS[@]}" "${moment[@]}"
}

# What a restore does not bring along.
finish() {
  STEP="finishing $TO"
  local row endpoint
  if [[ $PUBLIC == Enabled ]]; then
    say 'the server is open to public networks, the new one shall not be'
    run az postgres flexible-server update --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$TO" --public-access Disabled --output none
  fi
  run az tag update --subscription "$SUBSCRIPTION" --resource-id "$ID/$TO" --operation Merge --tags "${TAGS[@]}" --output none
  $SCRATCH || run az lock create --subscription "$SUBSCRIPTION" --name "$LOCK" --lock-type CanNotDelete --resource "$ID/$TO" --output none
  row=$(server_of "$TO" '[[fullyQualifiedDomainName, location]]')
  IFS=$'\t' read -r endpoint REGION <<<"$row"
  printf '%s=%s\n' identifier "$TO" region "$REGION" endpoint "$endpoint" port 5432
  say "ok: $TO is ready. Next: look at its data, then give its endpoint to the applications; deploy what the policy"
  say 'asks of it (backups, standby, replicas, firewall) before it takes over for good'
}

discard() {
  STEP="discarding $WHICH"
  local said lock
  TO=${WHICH,,}
  [[ $TO != "$SERVER" ]] || fail "$TO is the server itself"
  if ! said=$(server_of "$TO" "tags.\"$RESTORED_TAG\" || 'None'" 2>&1); then
    [[ $said == *ResourceNotFound* ]] || fail "$said"
    say "ok: there is no $TO"
    return
  fi
  [[ $said == "$NAME" ]] || fail "$TO does not carry the tag $RESTORED_TAG=$NAME: this script did not make it"
  if ! $YES && ! $DRY_RUN; then
    [[ -t 0 ]] || fail "$TO would be deleted: say so with --yes"
    read -r -p "Delete $TO? Type its name: " said
    [[ $said == "$TO" ]] || fail 'nothing was deleted'
  fi
  lock=$(az lock list --subscription "$SUBSCRIPTION" --resource "$ID/$TO" --query "[?name=='$LOCK'].id" --output tsv)
  [[ -z $lock ]] || run az lock delete --ids "$lock" --output none
  # The Azure CLI waits for its end.
  run az postgres flexible-server delete --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$TO" --yes --output none
  $DRY_RUN || say "ok: $TO is gone"
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools az
  take_lock
  check_account
  case $WHAT in
    window)
      read_source
      [[ -n ${EARLIEST-} ]] || fail "$SERVER has no backup yet"
      printf '%s=%s\n' earliest "$EARLIEST" latest "$LATEST" endpoint "$(server_of "$SERVER" fullyQualifiedDomainName)" port 5432
      ;;
    discard) discard ;;
    *)
      if begun; then
        read_source
      else
        case $WHAT in
          latest) restore_moment '' ;;
          time) restore_moment "$WHICH" ;;
        esac
      fi
      if $DRY_RUN; then
        say 'ok: nothing was changed'
      else
        await ready "server $TO" server_state
        finish
      fi
      ;;
  esac
  STEP=''
}

main "$@"
