{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take it
    for its own. -#}
#!/bin/bash
# Brings {{ name | comment }} back to service after a disaster, by the means that its policy has.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage: {{ name | comment }}-disaster.sh SCENARIO [--go]
{%- for one in scenarios %}
#   {{ one.scenario | comment }}{{ one.pad }}  {% if one.ways %}{{ one.ways | comment }}{% else %}NO MEANS: nothing of the policy is left then{% endif %}
{%- endfor %}
# Options:
#   --go            does it; without it nothing is changed: each step is checked and shown
#   --time TIME     the last good moment (data_corrupted), as 2026-11-25T04:00:00Z
#   --by WAY        another way than the first one of the scenario, as shown above
#   --force         although the database still answers (a drill)
#   --again         begins anew, where an earlier run is remembered
#
# A run that was cut off goes on where it was: every step that is done is remembered. The database itself is never
# written to nor deleted.
#
# Environment, all optional:
#   BACKSTAY_CONNECTION_SECRET  where the applications find their connection string: secretsmanager:NAME,
#                               ssm:/NAME or keyvault:VAULT/NAME. Host and port are replaced in it
#   BACKSTAY_SECRET_REGION      the secret's Region (default: that of what was brought back)
#   BACKSTAY_PASSWORD_FILE      for a secret that is not there yet: a file with the password of PGUSER
#   PGUSER, PGDATABASE          likewise
#   BACKSTAY_WEBHOOK_URL        told of the beginning, of a failure and of the end, as {"text": ...}
#   BACKSTAY_STATE_DIR          remembers the steps (default ~/.local/state/backstay)
#   BACKSTAY_DUMP_DIR           the result goes to drills/{{ name | comment }} below it (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES, BACKSTAY_POLL_SECONDS, and what {{ name | comment }}-recover.sh takes
#
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done (or all of it would work), 1 failed, 3 the database still answers, 4 the policy has no means for this
# scenario, 75 another run is active. The result is a JSON file; elapsed times are in it and in every line.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER='' AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME={{ name | sh }}
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/{{ (name ~ "-recover.sh") | sh }}
STATE_DIR=${BACKSTAY_STATE_DIR:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/backstay}
RTO_LIMIT={% if rto_seconds %}{{ rto_seconds }}{% endif %}
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
BEGAN=$EPOCHSECONDS
SCENARIO=''
GO=false
FORCE=false
AGAIN=false
TIME=''
BY=''
TARGET=''
HOST=''
{%- if provider == "aws" %}
ACCOUNT={{ account | sh }}
REGION={{ region | sh }}
INSTANCE={{ instance | sh }}
REGIONS=({% for region in regions %}{% if not loop.first %} {% endif %}{{ region | sh }}{% endfor %})
{%- else %}
SUBSCRIPTION={{ subscription | sh }}
GROUP={{ resource_group | sh }}
INSTANCE={{ server | sh }}
{%- endif %}

{% if provider == "aws" %}{% include "scripts/aws-job.sh" %}{% else %}{% include "scripts/azure-job.sh" %}{% endif %}
{% include "scripts/result.sh" %}
{% include "scripts/disaster/arguments.sh" %}
check_arguments() {
  if [[ $SCENARIO == data_corrupted ]]; then
    [[ $BY != moment && $BY != replicated ]] || [[ -n $TIME ]] || fail 'say the last good moment with --time'
  fi
}

{% include "scripts/disaster/steps.sh" %}
{% include "scripts/value.sh" %}
{% if provider == "aws" -%}
# look_at REGION ID: state, endpoint, port, whose replica it is.
look_at() {
  aws rds describe-db-instances --region "$1" --db-instance-identifier "$2" --output text \
    --query 'DBInstances[].[DBInstanceStatus, Endpoint.Address, Endpoint.Port, ReadReplicaSourceDBInstanceIdentifier]'
}
{%- else -%}
# look_at REGION ID: state, endpoint, port, whether it is a replica.
look_at() {
  az postgres flexible-server show --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$2" --output tsv \
    --query "[[state, fullyQualifiedDomainName, '5432', replica.role || 'None']]"
}
{%- endif %}

# A database that is not lost is not replaced.
make_sure_it_is_lost() {
  local said state host port
  if ! said=$(look_at {% if provider == "aws" %}"$REGION"{% else %}''{% endif %} "$INSTANCE" 2>&1); then
    say "$INSTANCE cannot be looked at: ${said//$'\n'/ }"
    return
  fi
  read -r state host port _ <<<"$said"
  say "$INSTANCE is $state"
  [[ ${state,,} == {% if provider == "aws" %}available{% else %}ready{% endif %} ]] || return 0
  if answers "$host" "$port" || $FORCE; then
    $FORCE && return
    say "$INSTANCE answers at $host: nothing was done (--force does it all the same)"
    forget
    STEP=''
    exit 3
  fi
  say "$INSTANCE does not answer at $host"
}
{%- if replicas %}

promote() {
  case $BY in
{%- for replica in replicas %}
    {{ ("replica:" ~ replica.id) | sh }})
      TARGET={{ replica.id | sh }}
      TARGET_REGION={{ replica.region | sh }}
      ;;
{%- endfor %}
  esac
  local said state host port of deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) left=false
  said=$(look_at "$TARGET_REGION" "$TARGET")
  read -r state host port of <<<"$said"
{%- if provider == "aws" %}
  if [[ $of == None ]]; then
    say "$TARGET is no replica any more"
    left=true
  else
    [[ $state == available ]] || fail "$TARGET is $state"
    run aws rds promote-read-replica --region "$TARGET_REGION" --db-instance-identifier "$TARGET" --backup-retention-period {{ promoted_days }} --output text
    $DRY_RUN && return
  fi
  # For a while it still says available: it is promoted once it has left that state and returned, or is nobody's
  # replica any more.
  while true; do
    said=$(look_at "$TARGET_REGION" "$TARGET")
    read -r state host port of <<<"$said"
    [[ $state == available ]] || left=true
    if $left && [[ $state == available && $of == None ]]; then break; fi
    say "$TARGET is $state, replica of $of"
    ((EPOCHSECONDS < deadline)) || fail "$TARGET was not promoted within $WAIT_MINUTES min"
    sleep "$POLL_SECONDS"
    [[ $of != None ]] || left=true
  done
  run aws rds modify-db-instance --region "$TARGET_REGION" --db-instance-identifier "$TARGET" --deletion-protection --apply-immediately --output text
{%- else %}
  if [[ $of == *Replica* ]]; then
    run az postgres flexible-server replica promote --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$TARGET" \
      --promote-mode standalone --promote-option forced --yes --output none
    $DRY_RUN && return
  else
    say "$TARGET is no replica any more"
  fi
  while true; do
    said=$(look_at '' "$TARGET")
    read -r state host port of <<<"$said"
    [[ $of == *Replica* ]] || left=true
    if $left && [[ $state == Ready ]]; then break; fi
    say "$TARGET is $state, role $of"
    ((EPOCHSECONDS < deadline)) || fail "$TARGET was not promoted within $WAIT_MINUTES min"
    sleep "$POLL_SECONDS"
  done
{%- endif %}
  BACKUP="{ \"what\": \"replica\", \"when\": null }"
  keep_endpoint "$TARGET" "$TARGET_REGION" "$host" "$port"
}
{%- endif %}

restore() {
  local what said to
  case $BY in
    moment) if [[ -n $TIME ]]; then what=(time "$TIME"); else what=(latest); fi ;;
    replicated) if [[ -n $TIME ]]; then what=(replicated "$TIME"); else what=(replicated); fi ;;
    geo) what=(geo) ;;
    snapshot) what=(snapshot) ;;
    snapshot:*) what=(snapshot --in "${BY#*:}") ;;
    vault:*) what=(point --vault "${BY#*:}") ;;
  esac
  printf -v to '%.40s-dr-%s' "$INSTANCE" "$STAMP"
  BACKUP="{ \"what\": $(json_text "$BY"), \"when\": ${TIME:+\"}${TIME:-null}${TIME:+\"} }"
  if $DRY_RUN; then
    bash "$RECOVER" "${what[@]}" --to "$to" --dry-run
    return
  fi
  said=$(bash "$RECOVER" "${what[@]}" --to "$to")
  keep_endpoint "$(value identifier "$said")" "$(value region "$said")" "$(value endpoint "$said")" "$(value port "$said")"
}
{%- if provider == "aws" %}

# What is still there is kept before anything else is done.
take_evidence() {
  local id
  printf -v id '%.60s-evidence-%s' "$INSTANCE" "$STAMP"
  if aws rds describe-db-snapshots --region "$REGION" --db-snapshot-identifier "$id" --output text >/dev/null 2>&1; then return; fi
  run aws rds create-db-snapshot --region "$REGION" --db-instance-identifier "$INSTANCE" --db-snapshot-identifier "$id" --output text ||
    say "warning: $INSTANCE gives no snapshot just now"
}
{%- endif %}

# Lists what is left of the backups; it changes nothing.
take_stock() {
{%- if provider == "aws" %}
  local region
  for region in "${REGIONS[@]}"; do
    say "in $region:"
    aws rds describe-db-snapshots --region "$region" --db-instance-identifier "$INSTANCE" --output text \
      --query 'sort_by(DBSnapshots, &SnapshotCreateTime)[].[SnapshotCreateTime, SnapshotType, Status, DBSnapshotIdentifier]' || say 'no snapshot can be listed'
    aws rds describe-db-instance-automated-backups --region "$region" --db-instance-identifier "$INSTANCE" --output text \
      --query 'DBInstanceAutomatedBackups[].[Status, RestoreWindow.EarliestTime, RestoreWindow.LatestTime]' || say 'no automated backup can be listed'
  done
{%- for vault in vaults %}
  aws backup list-recovery-points-by-backup-vault --region {{ vault.region | sh }} --backup-vault-name {{ vault.cloud_name | sh }} \
    --by-resource-arn {{ resource_arn | sh }} --output text --query 'RecoveryPoints[].[CreationDate, Status, RecoveryPointArn]' || say {{ ("the vault " ~ vault.vault ~ " cannot be listed") | sh }}
{%- endfor %}
{%- else %}
  az postgres flexible-server show --subscription "$SUBSCRIPTION" --resource-group "$GROUP" --name "$INSTANCE" --output tsv \
    --query "[[backup.backupRetentionDays, backup.geoRedundantBackup, backup.earliestRestoreDate || 'None']]" || say "$INSTANCE cannot be looked at"
{%- endif %}
{%- for dump in dumps %}
  say {{ ("dumps are in " ~ dump.url ~ ", store " ~ dump.store) | sh }}
{%- endfor %}
}

protect_what_is_left() {
{%- if provider == "aws" %}
  take_evidence
  say 'next: who deleted it (CloudTrail: DeleteDBSnapshot, DeleteDBInstanceAutomatedBackup, DeleteRecoveryPoint), and take that right away'
{%- else %}
  say 'next: who deleted it (the activity log of the resource group), and take that right away'
{%- endif %}
{%- if dumps %}
  say {{ ("next: a fresh dump, with " ~ name ~ "-dump.sh") | sh }}
{%- endif %}
  say 'next: backstay drift, which names every setting that protects less than the policy asks'
}

{% include "scripts/disaster/secret.sh" %}
see_that_it_answers() {
  if $DRY_RUN; then return; fi
  recall_endpoint
  if answers "$HOST" "$PORT"; then
    check answers true "$HOST:$PORT takes connections"
  else
    check answers false "$HOST:$PORT is not reached from here"
  fi
}

# Every scenario, as its steps in their order.
bring_back() {
  [[ $SCENARIO == data_corrupted ]] || step make_sure_it_is_lost 'making sure that it is lost'
{%- if provider == "aws" %}
  [[ $SCENARIO != data_corrupted ]] || step take_evidence 'keeping the corrupted data as a snapshot'
{%- endif %}
  case $BY in
    standby)
      say 'the cloud fails over to the standby by itself, within minutes, under the same name: if it does not, choose another way'
      STEP=''
      exit 1
      ;;
{%- if replicas %}
    replica:*) step promote "promoting ${BY#*:}" ;;
{%- endif %}
    files | dump:*)
      say 'this way is walked by hand: see the runbook'
      STEP=''
      exit 1
      ;;
    *) step restore "restoring by $BY" ;;
  esac
  # Data that was corrupted is looked at before anybody uses what was restored.
  [[ $SCENARIO == data_corrupted ]] || step connection 'giving the new host to the applications'
  step see_that_it_answers 'asking whether it answers'
}

{% include "scripts/disaster/end.sh" %}
main() {
  catch_ends
  read_arguments "$@"
  check_tools {% if provider == "aws" %}aws{% else %}az{% endif %} timeout
  [[ -z ${BACKSTAY_WEBHOOK_URL-} ]] || command -v curl >/dev/null || fail 'curl is not installed, and the webhook needs it'
  [[ -r $RECOVER ]] || fail "$RECOVER is not there: it is rendered beside this script"
  take_lock
  check_account
  open_state
  $DRY_RUN || notify "begun, by $BY"
  if [[ $SCENARIO == backup_deleted ]]; then
    step take_stock 'taking stock of what is left'
    step protect_what_is_left 'protecting what is left'
  else
    bring_back
  fi
  tell_the_end
}

main "$@"
