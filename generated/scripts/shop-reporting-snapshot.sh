#!/bin/bash
# Takes an on-demand backup of shop-reporting and prunes old ones.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage:
#   shop-reporting-snapshot.sh            everything; this is what cron and GitHub run
#   shop-reporting-snapshot.sh --dry-run  reads only, and shows the commands that it would give
#   shop-reporting-snapshot.sh --help
#
# Only on-demand backups called backstay-shop-reporting-TIME are pruned, once they are older than 10 days and the new
# one is there; never the newest one. Azure itself ends each when the server's backup retention does, and has 7
# at most for a server: where that many are there, what is due goes before the new one is begun.
#
# Restore one as any moment of point-in-time recovery: at the time at which it was completed.
#
# Environment, all optional:
#   AZURE_*                the identity of the Azure CLI; a host should have one of its own
#   BACKSTAY_WAIT_MINUTES  longest wait for the backup (default 120)
#   BACKSTAY_POLL_SECONDS  time between two looks at it (default 30)
#
# Needs Microsoft.DBforPostgreSQL/flexibleServers/read and backups/read, backups/write and backups/delete below it.
#
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME=shop-reporting
SUBSCRIPTION=00000000-0000-0000-0000-000000000002
SERVER=shop-reporting
ID=/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/shop-data-rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-reporting
API_VERSION=2025-08-01
PREFIX=backstay-shop-reporting
KEEP_DAYS=10
MOST=7
printf -v BACKUP '%s-%(%Y%m%dt%H%M%Sz)T' "$PREFIX" -1
ROWS=()

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

# rest METHOD PATH [OPTION...]: a request below the server. The client's own commands for backups have changed the
# meaning of their arguments between its versions; requests have not.
rest() {
  local method=$1 path=$2
  shift 2
  az rest --method "$method" --url "$ID$path?api-version=$API_VERSION" "$@"
}

# The same, given or shown.
order() { run az rest --method "$1" --url "$ID$2?api-version=$API_VERSION"; }

check_server() {
  STEP="reading the server $SERVER"
  local row state tier storage role days
  row=$(rest get '' --output tsv \
    --query "[[properties.state || '-', sku.tier || '-', properties.storage.type || '-', properties.replica.role || '-', properties.backup.backupRetentionDays || '-']]")
  read -r state tier storage role days <<<"$row"
  [[ -n $days ]] || fail "Azure tells too little of $SERVER: $row"
  [[ ${tier,,} != burstable ]] || fail "$SERVER is Burstable: such servers have no on-demand backups"
  [[ ${storage,,} != premiumv2_lrs ]] || fail "the storage of $SERVER is PremiumV2_LRS: such servers have no on-demand backups"
  [[ ${role,,} != *replica ]] || fail "$SERVER is a replica: only its source has backups"
  [[ ${state,,} != stopped ]] || fail "$SERVER is stopped: start it first"
  say "$SERVER is there: $state"
  if [[ $days =~ ^[0-9]+$ ]] && ((days < KEEP_DAYS)); then
    say "warning: Azure keeps backups of $SERVER for $days days, and the policy these for $KEEP_DAYS"
  fi
}

# Sets ROWS to all on-demand backups, the oldest first: the time of completion and the name of each.
list_backups() {
  STEP="listing the backups of $SERVER"
  local page row next="$ID/backups?api-version=$API_VERSION" pages=0
  ROWS=()
  while [[ $next != - ]]; do
    pages=$((pages + 1))
    ((pages <= 50)) || fail 'the list of backups has no end'
    page=$(az rest --method get --url "$next" --output tsv \
      --query "[[[nextLink || '-', '-']], value[?properties.backupType=='Customer On-Demand'].[properties.completedTime || '-', name]][]")
    next=''
    while read -r row; do
      if [[ -z $next ]]; then next=${row%%$'\t'*}; else ROWS+=("$row"); fi
    done <<<"$page"
    [[ -n $next ]] || fail 'Azure answers no list of backups'
  done
  if ((${#ROWS[@]} > 1)); then mapfile -t ROWS < <(printf '%s\n' "${ROWS[@]}" | sort); fi
}

# Sets DUE to the names of those that the policy ends, the newest of its own never among them.
find_due() {
  local row created id oldest own=()
  printf -v oldest '%(%Y-%m-%dT%H:%M:%S)T' "$((EPOCHSECONDS - KEEP_DAYS * 86400))"
  DUE=()
  for row in "${ROWS[@]}"; do
    read -r created id <<<"$row"
    if [[ ${id,,} =~ ^"$PREFIX"-[0-9]{8}t[0-9]{6}z$ ]]; then own+=("$row"); fi
  done
  for row in "${own[@]}"; do
    read -r created id <<<"$row"
    [[ $row != "${own[-1]}" && ${id,,} != "$BACKUP" ]] || continue
    # What is not completed is left to whoever looks at it.
    [[ $created != - ]] || continue
    [[ $created =~ ^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})([.][0-9]+)?([+]00:00|Z)$ ]] ||
      fail "$id has no time of completion: $created"
    if [[ ${BASH_REMATCH[1]} < $oldest ]]; then DUE+=("$id"); fi
  done
}

prune() {
  STEP="pruning the backups of $SERVER"
  local id failed=''
  find_due
  for id in "${DUE[@]}"; do
    if order delete "/backups/$id"; then
      $DRY_RUN || say "pruned $id"
    else
      failed+=" $id"
    fi
  done
  [[ -z $failed ]] || fail "not deleted:$failed"
}

# Where the server has as many as it can have, none can be made before one has gone.
make_room() {
  list_backups
  ((${#ROWS[@]} >= MOST)) || return 0
  STEP="making room for $BACKUP"
  say "$SERVER has ${#ROWS[@]} on-demand backups, which is all that it can have"
  find_due
  ((${#DUE[@]} > 0)) || fail "none of them is due: delete one that nobody needs, or keep them for a shorter time"
  $DRY_RUN && return
  prune
  await room 'deletion' room_state
}

room_state() {
  list_backups
  if ((${#ROWS[@]} < MOST)); then printf 'room\n'; else printf 'full\n'; fi
}

# Until it is there it is either not found, or without a time of completion.
backup_state() {
  local answer
  if answer=$(rest get "/backups/$BACKUP" --query "properties.completedTime || '-'" --output tsv 2>&1); then
    if [[ $answer == - ]]; then printf 'creating\n'; else printf 'completed - %s\n' "$answer"; fi
  elif [[ $answer == *NotFound* || $answer == *'Not Found'* ]]; then
    printf 'creating\n'
  else
    printf '%s\n' "$answer" >&2
    return 1
  fi
}

take_backup() {
  STEP="taking the backup $BACKUP"
  say "$STEP"
  local deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) said
  if $DRY_RUN; then
    order put "/backups/$BACKUP"
    return
  fi
  # A server that is being changed or backed up takes no other order just then.
  until said=$(order put "/backups/$BACKUP" 2>&1 >/dev/null); do
    [[ $said == *Busy* || $said == *InProgress* || $said == *Conflict* ]] || fail "$said"
    ((EPOCHSECONDS < deadline)) || fail "the server was busy for $WAIT_MINUTES min: $said"
    say 'the server is busy: trying again'
    sleep "$POLL_SECONDS"
  done
  await completed "backup $BACKUP" backup_state
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools az
  take_lock
  check_account
  check_server
  make_room
  take_backup
  list_backups
  # If the new one is not among them, the list is not what is meant here.
  $DRY_RUN || [[ ${ROWS[*],,} == *"$BACKUP"* ]] || fail "the new backup is not listed: nothing is deleted"
  prune
  if $DRY_RUN; then say 'ok: nothing was changed'; else say "ok: $BACKUP is completed"; fi
  STEP=''
}

main "$@"
