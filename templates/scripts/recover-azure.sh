{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take
    it for its own. -#}
#!/bin/bash
# Brings back {{ name | comment }} as a new flexible server{% if vaults %}, or as files{% endif %}. The server itself is only read.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage: {{ name | comment }}-recover.sh WHAT [--to NAME] [--dry-run]
{%- if moment %}
#   window              the earliest moment that can be restored, and about the latest
#   latest              the latest moment
#   time TIME           a moment, as 2026-11-25T04:00:00Z
{%- endif %}
{%- if geo %}
#   geo                 the geo-redundant backup, in the paired region; up to an hour is lost
{%- endif %}
{%- if vaults %}
#   files [POINT]       the newest recovery point of the vault, or the one with that name: dumps in a container,
#                       since Azure restores long-term backups in no other way
{%- endif %}
#   discard NAME        deletes a server that this script made, and nothing else
# Options:
#   --to NAME           name of the new server{% if vaults %}, or of the folder of the files{% endif %}; without it one is made from the time
#   --scratch           for a drill: no lock against deletion, no geo-redundant backup
#   --dry-run           reads only, and shows the commands that it would give
#   --yes               asks nothing (discard)
#
# The new server has the compute size and the networks of the server, is never public, and a lock keeps it from
# being deleted. A standby is not restored: add it once the data is looked at.
#
# Environment, all optional{% if geo %} but for the networks of a geo-restore of a private server{% endif %}:
#   AZURE_*                    the identity of the Azure CLI
{%- if geo %}
#   BACKSTAY_LOCATION          region of the geo-restore (default: the paired one, as Azure tells it)
#   BACKSTAY_SUBNET, BACKSTAY_PRIVATE_DNS_ZONE  ids of a subnet and a zone there
{%- endif %}
{%- if vaults %}
#   BACKSTAY_RESTORE_CONTAINER URL of the container that receives files{% if container %} (default {{ container | comment }}){% endif %}; the
#                              vault's identity needs the role Storage Blob Data Contributor on its account
{%- endif %}
#   BACKSTAY_WAIT_MINUTES      longest wait for the server (default {{ wait_minutes | comment }})
#   BACKSTAY_POLL_SECONDS      time between two looks at it (default 30)
#
# Needs the role Contributor on the resource group{% if vaults %}, Backup Operator on the vault (and the extension
# dataprotection of the Azure CLI){% endif %}; for the lock, User Access Administrator or Owner.
#
# Standard output: identifier=, region=, endpoint= and port= of the new server; `window` prints earliest=,
# latest=, and the endpoint= and port= of the server{% if vaults %}, `files` container= and prefix={% endif %}. Everything else goes to standard error.
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME={{ name | sh }}
SUBSCRIPTION={{ subscription | sh }}
GROUP={{ resource_group | sh }}
REGION={{ region | sh }}
SERVER={{ server | sh }}
ID=/subscriptions/$SUBSCRIPTION/resourceGroups/$GROUP/providers/Microsoft.DBforPostgreSQL/flexibleServers
RESTORED_TAG={{ restored_tag | sh }}
TAGS=(
{%- for tag in tags %}
  {{ tag | sh }}
{%- endfor %}
)
LOCK=backstay-restored
{%- if vaults %}
VAULT={{ vaults[0].cloud_name | sh }}
{%- endif %}
# Azure tells no latest moment; it archives the logs at least so often.
LOG_SECONDS=300
WHAT=''
WHICH=''
TO=''
SCRATCH=false
YES=false

{% include "scripts/azure-job.sh" %}
{% include "scripts/on-exit.sh" %}
{%- if moment %}
{% include "scripts/moment.sh" %}
{%- endif %}
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
    {% if moment %}window: | latest: | time:which | {% endif %}{% if geo %}geo: | {% endif %}{% if vaults %}files: | files:which | {% endif %}discard:which) ;;
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
{%- if geo %}
  SUBNET=$subnet
{%- endif %}
{%- if moment %}
  [[ $earliest == None ]] || EARLIEST=$(seconds_of "$earliest")
  printf -v LATEST '%(%Y-%m-%dT%H:%M:%SZ)T' "$((EPOCHSECONDS - LOG_SECONDS))"
{%- endif %}
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
{%- if moment %}

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
{%- endif %}
{%- if geo %}

restore_geo() {
  read_source
  STEP='looking for the paired region'
  local location=${BACKSTAY_LOCATION-}
  [[ -n $location ]] || location=$(az account list-locations \
    --query "[?name=='$REGION'].metadata.pairedRegion[0].name | [0]" --output tsv)
  [[ -n $location ]] || fail "Azure names no region that is paired with $REGION: set BACKSTAY_LOCATION"
  if [[ $SUBNET != None ]]; then
    [[ -n ${BACKSTAY_SUBNET-} && -n ${BACKSTAY_PRIVATE_DNS_ZONE-} ]] ||
      fail "$SERVER is private: set BACKSTAY_SUBNET and BACKSTAY_PRIVATE_DNS_ZONE to those in $location"
    OPTIONS+=(--subnet "$BACKSTAY_SUBNET" --private-dns-zone "$BACKSTAY_PRIVATE_DNS_ZONE")
  fi
  STEP="restoring $TO"
  say "restoring the geo-redundant backup of $SERVER to $TO in $location"
  run az postgres flexible-server geo-restore "${OPTIONS[@]}" --location "$location"
}
{%- endif %}
{%- if vaults %}

job_state() { az dataprotection job show --ids "$JOB" --query "properties.status == 'CompletedWithWarnings' && 'Completed' || properties.status" --output tsv; }

restore_files() {
  STEP='choosing a recovery point'
  local vault=({% if vaults[0].account != subscription %}--subscription {{ vaults[0].account | sh }}{% else %}--subscription "$SUBSCRIPTION"{% endif %} --resource-group {{ vaults[0].resource_group | sh }} --vault-name "$VAULT")
  local container=${BACKSTAY_RESTORE_CONTAINER:-{% if container %}{{ container | sh }}{% endif %}} rows name id instance='' point created newest='' request command
  [[ $container == https://*.blob.*/* ]] || fail 'set BACKSTAY_RESTORE_CONTAINER to the URL of a container'
  rows=$(az dataprotection backup-instance list "${vault[@]}" --query '[].[name, properties.dataSourceInfo.resourceID]' --output tsv)
  while read -r name id; do
    # Azure spells the types of an id in several ways.
    [[ ${id,,} != "${ID,,}/$SERVER" ]] || instance=$name
  done <<<"$rows"
  [[ -n $instance ]] || fail "$VAULT has no backups of $SERVER"
  rows=$(az dataprotection recovery-point list "${vault[@]}" --backup-instance-name "$instance" \
    --query '[].[properties.recoveryPointTime, name]' --output tsv)
  while read -r created point; do
    if [[ -n $WHICH ]]; then [[ $point != "$WHICH" ]] || newest="$created $point"; elif [[ $created > $newest ]]; then newest="$created $point"; fi
  done <<<"$rows"
  read -r created point <<<"$newest"
  [[ -n $point ]] || fail "$VAULT has no such recovery point of $SERVER"
  STEP="restoring the files of $point"
  say "restoring the recovery point $point of $created to $container/$TO"
  request=$(az dataprotection backup-instance restore initialize-for-data-recovery-as-files --datasource-type AzureDatabaseForPostgreSQLFlexibleServer \
    --restore-location {{ vaults[0].region | sh }} --source-datastore VaultStore --target-blob-container-url "$container" \
    --target-file-name "$TO" --recovery-point-id "$point" --output json)
  command=(az dataprotection backup-instance restore trigger "${vault[@]}" --backup-instance-name "$instance"
    --restore-request-object "$request" --query 'jobId || jobID' --output tsv)
  if $DRY_RUN; then
    run "${command[@]}"
    say 'ok: nothing was changed'
    return
  fi
  JOB=$("${command[@]}")
  await completed "restore job ${JOB##*/}" job_state
  printf '%s=%s\n' container "$container" prefix "$TO"
  say "ok: the files are there. *_database_NAME.sql are archives for pg_restore, *_roles.sql is for psql. Next: make"
  say 'a new server, download them, and restore the roles first; roles of Azure itself cannot be made again'
}
{%- endif %}

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
{%- if moment %}
    window)
      read_source
      [[ -n ${EARLIEST-} ]] || fail "$SERVER has no backup yet"
      printf '%s=%s\n' earliest "$EARLIEST" latest "$LATEST" endpoint "$(server_of "$SERVER" fullyQualifiedDomainName)" port 5432
      ;;
{%- endif %}
    discard) discard ;;
{%- if vaults %}
    files) restore_files ;;
{%- endif %}
    *)
      if begun; then
        read_source
      else
        case $WHAT in
{%- if moment %}
          latest) restore_moment '' ;;
          time) restore_moment "$WHICH" ;;
{%- endif %}
{%- if geo %}
          geo) restore_geo ;;
{%- endif %}
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
