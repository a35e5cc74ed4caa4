#!/bin/bash
# Brings the settings of shop-reporting to what the policy wants.
# Rendered by backstay from the policy of shop-reporting; edit the policy, not this file.
#
# Shows each setting as it is and as it shall be. Changes nothing without --apply; with it, only what
# differs. Running it again changes nothing.
#
# A setting that protects more than the policy asks for is lowered with --apply --lower only: what that
# loses, a backup or a standby, does not come back.
#
# Usage: shop-reporting-enforce.sh [--apply] [--lower]
#
# Needs the Azure CLI, logged in as somebody who may read the server, and with --apply update and tag it.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is as wanted, 1 something differs, is left or failed, 2 wrong usage or subscription.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

SUBSCRIPTION=00000000-0000-0000-0000-000000000002
RESOURCE_GROUP=shop-data-rg
API_VERSION=2025-08-01

# Puts the live values of the queries into LIVE, in their order. The generic command answers in the
# words of the API, whatever the version of the client.
read_live() {
  local IFS=, answer
  answer=$(az resource show --ids "$ID" --api-version "$API_VERSION" --query "[[$*]]" --output tsv)
  mapfile -t -d $'\t' LIVE <<<"$answer"
  LIVE[-1]=${LIVE[-1]%$'\n'}
}

modify() {
  run az postgres flexible-server update --subscription "$SUBSCRIPTION" \
    --resource-group "$RESOURCE_GROUP" --name "$TARGET" --output none "$@"
}

# Merging leaves the tags of others alone.
tag() { run az tag update --resource-id "$ID" --operation Merge --output none --tags "$@"; }

check_account() {
  if ! az account show --subscription "$SUBSCRIPTION" --output none; then
    printf 'This login does not reach the subscription %s.\n' "$SUBSCRIPTION" >&2
    exit 2
  fi
}

# Shows a command, and runs it with --apply.
run() {
  if $APPLY; then printf '  running:'; else printf '  would run:'; fi
  printf ' %q' "$@"
  printf '\n'
  if $APPLY; then "$@"; fi
}

# begin TARGET ID QUERY...: reads a resource.
begin() {
  TARGET=$1 ID=$2
  shift 2
  printf '%s\n' "$TARGET"
  LIVE=() CHANGES=() LOWERING=() TAGS=()
  read_live "$@"
}

# compare LABEL LIVE WANTED SAME: says how it is; true where SAME is.
compare() {
  local live=$2
  if [[ $live == None ]]; then live=''; fi
  if $4; then
    printf '  as wanted  %s: %s\n' "$1" "$3"
  else
    printf '  differs    %s: is %s, shall be %s\n' "$1" "${live:-not set}" "$3"
    return 1
  fi
}

# Takes the next live value into NEXT.
next_live() {
  NEXT=${LIVE[0]-}
  LIVE=("${LIVE[@]:1}")
}

# setting LABEL WANTED WORD...: the words of the command that changes it. Case has no meaning.
setting() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${2,,}" ]]; then same=true; fi
  compare "$1" "$NEXT" "$2" "$same" || CHANGES+=("${@:3}")
}

# stronger LIVE WANTED ORDER: whether the live value protects more. ORDER is number, members (of a
# list), or the values from the weakest on. A value that it does not know may protect more.
stronger() {
  local live=${1,,} wanted=${2,,} value
  if [[ -z $live || $live == none ]]; then return 1; fi
  case $3 in
    number)
      if [[ $live =~ ^[0-9]{1,15}$ && $wanted =~ ^[0-9]{1,15}$ ]]; then ((10#$live > 10#$wanted)); fi
      ;;
    members)
      local IFS=,
      for value in $wanted; do
        if [[ ,$live, != *,"$value",* ]]; then return 1; fi
      done
      ;;
    *)
      for value in ${3,,}; do
        if [[ $value == "$live" ]]; then return 1; fi
        if [[ $value == "$wanted" ]]; then return 0; fi
      done
      ;;
  esac
}

# guarded ORDER LOSS LABEL WANTED WORD...: a setting that is lowered with --lower only.
guarded() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${4,,}" ]]; then same=true; fi
  if compare "$3" "$NEXT" "$4" "$same"; then return; fi
  if stronger "$NEXT" "$4" "$1"; then
    printf '             lowering it loses: %s\n' "$2"
    LOWERING+=("${@:5}")
  else
    CHANGES+=("${@:5}")
  fi
}

# tagged LABEL WANTED WORD. None is what the client prints for a tag that is not there.
tagged() {
  local same=false
  next_live
  if [[ $NEXT == "$2" && $NEXT != None ]]; then same=true; fi
  compare "$1" "$NEXT" "$2" "$same" || TAGS+=("$3")
}

# fixed LABEL WANTED: what only a new database can have otherwise. An ARN may be written as its last part.
fixed() {
  local same=false
  next_live
  if [[ ${NEXT,,} == "${2,,}" || ${NEXT,,} == arn:*/"${2,,}" ]]; then same=true; fi
  if ! compare "$1" "$NEXT" "$2" "$same"; then
    printf '             cannot be changed in place: it takes a new database, restored from a backup\n'
    OPEN=true
  fi
}

# Changes what differs of the resource.
finish() {
  if [[ ${LOWERING[*]} ]]; then
    if $LOWER; then CHANGES+=("${LOWERING[@]}"); else LEFT=true; fi
  fi
  if [[ ${CHANGES[*]} ]]; then modify "${CHANGES[@]}"; fi
  if [[ ${TAGS[*]} ]]; then tag "${TAGS[@]}"; fi
  if [[ ${CHANGES[*]}${TAGS[*]} ]] && ! $APPLY; then PENDING=true; fi
}

APPLY=false
LOWER=false
LEFT=false
OPEN=false
PENDING=false
for option in "$@"; do
  case $option in
    --apply) APPLY=true ;;
    --lower) LOWER=true ;;
    *)
      printf 'Usage: %s [--apply] [--lower]\n' "${0##*/}" >&2
      exit 2
      ;;
  esac
done
check_account

begin shop-reporting /subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/shop-data-rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-reporting \
  tags.company \
  tags.owner \
  properties.backup.backupRetentionDays \
  "join(':', [to_string(properties.maintenanceWindow.customWindow), to_string(properties.maintenanceWindow.dayOfWeek), to_string(properties.maintenanceWindow.startHour), to_string(properties.maintenanceWindow.startMinute)])"
tagged 'tag company' shop 'company=shop'
tagged 'tag owner' data-platform 'owner=data-platform'
guarded number 'backups that are older are deleted' properties.backup.backupRetentionDays 10 --backup-retention 10
setting properties.maintenanceWindow Enabled:2:2:30 --maintenance-window Tue:2:30
finish

if $PENDING; then printf 'Run it with --apply to change what differs.\n'; fi
if $LEFT; then
  printf 'What protects more than the policy asks for is left as it is. Only --apply --lower lowers it, and loses what is told above.\n'
fi
if $PENDING || $OPEN || $LEFT; then exit 1; fi
