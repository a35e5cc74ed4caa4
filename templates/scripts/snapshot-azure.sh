{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take
    it for its own. -#}
#!/bin/bash
# Takes an on-demand backup of {{ name | comment }} and prunes old ones.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-snapshot.sh            everything; this is what cron and GitHub run
#   {{ name | comment }}-snapshot.sh --dry-run  reads only, and shows the commands that it would give
#   {{ name | comment }}-snapshot.sh --help
#
# Only on-demand backups called {{ prefix | comment }}-TIME are pruned, once they are older than {{ keep_days | comment }} days and the new
# one is there; never the newest one. Azure itself ends each when the server's backup retention does, and has {{ most | comment }}
# at most for a server: where that many are there, what is due goes before the new one is begun.
#
# Restore one as any moment of point-in-time recovery: at the time at which it was completed.
#
# Environment, all optional:
#   AZURE_*                the identity of the Azure CLI; a host should have one of its own
#   BACKSTAY_WAIT_MINUTES  longest wait for the backup (default {{ wait_minutes | comment }})
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

NAME={{ name | sh }}
SUBSCRIPTION={{ subscription | sh }}
SERVER={{ server | sh }}
ID={{ id | sh }}
API_VERSION={{ api_version | sh }}
PREFIX={{ prefix | sh }}
KEEP_DAYS={{ keep_days | sh }}
MOST={{ most | sh }}
printf -v BACKUP '%s-%(%Y%m%dt%H%M%Sz)T' "$PREFIX" -1
ROWS=()

{% include "scripts/azure-job.sh" %}
{% include "scripts/on-exit.sh" %}
{% include "scripts/job-arguments.sh" %}
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
  [[ ${tier,,} != {{ burstable | lower | sh }} ]] || fail "$SERVER is {{ burstable }}: such servers have no on-demand backups"
  [[ ${storage,,} != {{ premium_v2 | lower | sh }} ]] || fail "the storage of $SERVER is {{ premium_v2 }}: such servers have no on-demand backups"
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
  if (({% raw %}${#ROWS[@]}{% endraw %} > 1)); then mapfile -t ROWS < <(printf '%s\n' "${ROWS[@]}" | sort); fi
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
  (({% raw %}${#ROWS[@]}{% endraw %} >= MOST)) || return 0
  STEP="making room for $BACKUP"
  say "$SERVER has {% raw %}${#ROWS[@]}{% endraw %} on-demand backups, which is all that it can have"
  find_due
  (({% raw %}${#DUE[@]}{% endraw %} > 0)) || fail "none of them is due: delete one that nobody needs, or keep them for a shorter time"
  $DRY_RUN && return
  prune
  await room 'deletion' room_state
}

room_state() {
  list_backups
  if (({% raw %}${#ROWS[@]}{% endraw %} < MOST)); then printf 'room\n'; else printf 'full\n'; fi
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
