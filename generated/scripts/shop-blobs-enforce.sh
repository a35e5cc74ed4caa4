#!/bin/bash
# Brings the storage account of the store shop-blobs to what the policy wants.
# Rendered by backstay from the policy of shop-blobs; edit the policy, not this file.
#
# The account exists, and a template would reset what it leaves out: the rules of CORS, the change feed
# and more. So each setting is shown as it is and as it shall be, and changed alone. Changes nothing
# without --apply; with it, only what differs. Running it again changes nothing.
#
# A setting that protects more than the policy asks for is lowered with --apply --lower only.
#
# Nobody can lift or shorten a locked policy, nor delete its container or account while it holds: that
# takes --lock as well. A locked policy can be extended five times.
#
# Usage: shop-blobs-enforce.sh [--apply] [--lower] [--lock]
#
# Needs the Azure CLI, logged in as somebody who may read the account, and with --apply change it.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is as wanted, 1 something differs, is left or failed, 2 wrong usage or subscription.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

SUBSCRIPTION=00000000-0000-0000-0000-000000000002
RESOURCE_GROUP=shop-data-rg
ACCOUNT=shopdatabasedumps
API_VERSION=2026-04-01

# Puts the live values of the queries into LIVE, in their order. The generic command answers in the
# words of the API, whatever the version of the client.
read_live() {
  local IFS=, answer
  answer=$(az resource show --ids "$ID" --api-version "$API_VERSION" --query "[[$*]]" --output tsv)
  mapfile -t -d $'\t' LIVE <<<"$answer"
  LIVE[-1]=${LIVE[-1]%$'\n'}
}

# Options that go together come once for each of them. The command reads the service, and puts what it
# was not told to change as it was.
modify() {
  local words=()
  while (($#)); do
    if [[ " ${words[*]-} " != *" $1 "* ]]; then words+=("$1" "$2"); fi
    shift 2
  done
  run az storage account blob-service-properties update --subscription "$SUBSCRIPTION" \
    --resource-group "$RESOURCE_GROUP" --account-name "$ACCOUNT" --output none "${words[@]}"
}

# Nothing here has tags.
tag() { return 1; }

check_account() {
  if ! az account show --subscription "$SUBSCRIPTION" --output none; then
    printf 'This login does not reach the subscription %s.\n' "$SUBSCRIPTION" >&2
    exit 2
  fi
}

# policy VERB WORD...: puts a command on the container's policy into POLICY.
policy() {
  POLICY=(az storage container immutability-policy "$1" --subscription "$SUBSCRIPTION"
    --resource-group "$RESOURCE_GROUP" --account-name "$ACCOUNT" --container-name "$TARGET" "${@:2}")
}

# immutable LABEL DAYS: makes the container immutable for good.
immutable() {
  local state days version same=false
  next_live
  state=$NEXT
  next_live
  days=$NEXT
  next_live
  version=$NEXT
  case $state in
    Locked | Unlocked) ;;
    *) state='' days=0 ;;
  esac
  if [[ $state == Locked && $days == "$2" ]]; then same=true; fi
  if compare "$1" "${state:+$state, $days days}" "Locked, $2 days" "$same"; then return; fi
  case $state in
    Locked)
      if ((days > $2)); then
        printf '             can only be extended: write the longer time into the policy\n'
        OPEN=true
        return
      fi
      policy extend --period "$2" --if-match "$version" --output none
      run "${POLICY[@]}"
      ;;
    *)
      if ((days > $2)) && ! $LOWER; then
        printf '             lowering it loses: the protection of what is older than %s days\n' "$2"
        LEFT=true
        return
      fi
      if ((days != $2)); then
        policy create --period "$2" --output none
        run "${POLICY[@]}"
      fi
      if ! $LOCK; then
        printf '             is locked with --apply --lock only: nobody can undo it\n'
        OPEN=true
        return
      fi
      if $APPLY; then
        policy show --query etag --output tsv
        version=$("${POLICY[@]}")
      fi
      policy lock --if-match "$version" --output none
      run "${POLICY[@]}"
      ;;
  esac
  if ! $APPLY; then PENDING=true; fi
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
LOCK=false
for option in "$@"; do
  case $option in
    --apply) APPLY=true ;;
    --lower) LOWER=true ;;
    --lock) LOCK=true ;;
    *)
      printf 'Usage: %s [--apply] [--lower] [--lock]\n' "${0##*/}" >&2
      exit 2
      ;;
  esac
done
check_account

begin postgres /subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/shop-data-rg/providers/Microsoft.Storage/storageAccounts/shopdatabasedumps/blobServices/default/containers/postgres \
  'properties.immutabilityPolicy.properties.state, properties.immutabilityPolicy.properties.immutabilityPeriodSinceCreationInDays, properties.immutabilityPolicy.etag'
immutable 'immutability of postgres' 7
finish

begin shopdatabasedumps/default /subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/shop-data-rg/providers/Microsoft.Storage/storageAccounts/shopdatabasedumps/blobServices/default \
  properties.isVersioningEnabled \
  properties.deleteRetentionPolicy.enabled \
  properties.deleteRetentionPolicy.days \
  properties.containerDeleteRetentionPolicy.enabled \
  properties.containerDeleteRetentionPolicy.days
guarded 'false true' 'what is overwritten from then on, in every container of the account' properties.isVersioningEnabled true --enable-versioning true
guarded 'false true' 'it protects less than it does now' properties.deleteRetentionPolicy.enabled true --enable-delete-retention true --delete-retention-days 30
guarded number 'deleted blobs that could still be brought back' properties.deleteRetentionPolicy.days 30 --enable-delete-retention true --delete-retention-days 30
guarded 'false true' 'it protects less than it does now' properties.containerDeleteRetentionPolicy.enabled true --enable-container-delete-retention true --container-delete-retention-days 30
guarded number 'deleted containers that could still be brought back' properties.containerDeleteRetentionPolicy.days 30 --enable-container-delete-retention true --container-delete-retention-days 30
finish

if $PENDING; then printf 'Run it with --apply to change what differs.\n'; fi
if $LEFT; then
  printf 'What protects more than the policy asks for is left as it is. Only --apply --lower lowers it, and loses what is told above.\n'
fi
if $PENDING || $OPEN || $LEFT; then exit 1; fi
