{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take
    it for its own. -#}
#!/bin/bash
# Takes a manual snapshot of {{ name | comment }}{% if copy_region %}, copies it to {{ copy_region | comment }}{% endif %}, and prunes old ones.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# Usage:
#   {{ name | comment }}-snapshot.sh            everything; this is what cron and GitHub run
#   {{ name | comment }}-snapshot.sh --dry-run  reads only, and shows the commands that it would give
#   {{ name | comment }}-snapshot.sh --help
#
# Only manual snapshots with the tag {{ owner_tag | comment }}={{ name | comment }} are pruned, once they are older than
# {{ keep_days | comment }} days and the new one{% if copy_region %} and its copy are{% else %} is{% endif %} available; never the newest one of a Region.
#
# Environment, all optional:
#   AWS_*                  the identity of the AWS CLI; a host should have a role of its own
{%- if copy_region %}
#   BACKSTAY_COPY_KMS_KEY  key in {{ copy_region | comment }} that encrypts the copies (default {{ copy_key | comment }} of an encrypted database)
{%- endif %}
#   BACKSTAY_WAIT_MINUTES  longest wait for a snapshot{% if copy_region %}, and for its copy{% endif %} (default {{ wait_minutes | comment }})
#   BACKSTAY_POLL_SECONDS  time between two looks at its state (default 30)
#
# Needs rds:DescribeDBInstances, CreateDBSnapshot, AddTagsToResource, DescribeDBSnapshots and
# DeleteDBSnapshot{% if copy_region %}, CopyDBSnapshot in {{ copy_region | comment }}, and of an encrypted database both keys{% endif %}.
#
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done, 1 failed, 75 another run is active. The last line says what happened.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Stamps are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER=''

NAME={{ name | sh }}
ACCOUNT={{ account | sh }}
REGION={{ region | sh }}
INSTANCE={{ instance | sh }}
{%- if copy_region %}
COPY_REGION={{ copy_region | sh }}
COPY_KEY=${BACKSTAY_COPY_KMS_KEY-}
{%- endif %}
KEEP_DAYS={{ keep_days | sh }}
OWNER_TAG={{ owner_tag | sh }}
TAGS=(
{%- for tag in tags %}
  {{ tag | sh }}
{%- endfor %}
)
printf -v SNAPSHOT '%s-%(%Y%m%dt%H%M%Sz)T' {{ prefix | sh }} -1

{% include "scripts/aws-job.sh" %}
{% include "scripts/on-exit.sh" %}
{% include "scripts/job-arguments.sh" %}
# Sets ARN to what the snapshot's will be.
check_instance() {
  STEP="reading the instance $INSTANCE"
  local answer encrypted
  answer=$(aws rds describe-db-instances --region "$REGION" --db-instance-identifier "$INSTANCE" \
    --query 'DBInstances[].[DBInstanceArn, StorageEncrypted]' --output text)
  read -r ARN encrypted <<<"$answer"
  [[ $ARN == arn:*:db:* ]] || fail "AWS answers no ARN for $INSTANCE: $answer"
  ARN=${ARN%:db:*}:snapshot:$SNAPSHOT
{%- if copy_region %}
  # What is encrypted by a key of this Region can only be copied under one of the other.
  [[ ${encrypted,,} == false || -n $COPY_KEY ]] || COPY_KEY={{ copy_key | sh }}
{%- else %}
  say "$INSTANCE is there, encrypted: $encrypted"
{%- endif %}
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
{%- if copy_region %}

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
{%- endif %}

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
{%- if copy_region %}
  copy_snapshot
{%- endif %}
  prune "$REGION"
{%- if copy_region %}
  prune "$COPY_REGION"
{%- endif %}
  if $DRY_RUN; then say 'ok: nothing was changed'; else say "ok: $SNAPSHOT is available{% if copy_region %}, and so is its copy in $COPY_REGION{% endif %}"; fi
  STEP=''
}

main "$@"
