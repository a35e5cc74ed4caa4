{#- Do not write a brace followed by a hash or a percent sign in the shell below: the template engine would take
    it for its own. -#}
#!/bin/bash
# Exports the newest snapshot of {{ name | comment }} to S3, as Parquet files for analytics.
# Rendered by backstay from {{ source | comment }}: change the policy and render again, not this file.
#
# This is no backup: no database can be restored from it. It never deletes a snapshot. What it exports is kept
# {{ keep_days | comment }} days, by the lifecycle of the bucket {{ bucket | comment }}.
#
# Usage:
#   {{ name | comment }}-export.sh            everything; this is what cron and GitHub run
#   {{ name | comment }}-export.sh --dry-run  reads only, and shows the command that it would give
#   {{ name | comment }}-export.sh --help
#
# Environment, all optional{% if not key %} but the key{% endif %}:
#   AWS_*                    the identity of the AWS CLI; a host should have a role of its own
#   BACKSTAY_EXPORT_KMS_KEY  key in {{ region | comment }} that encrypts the files{% if key %} (default {{ key | comment }}){% endif %}
#   BACKSTAY_EXPORT_ROLE     role that RDS takes to write (default {{ role | comment }})
#   BACKSTAY_WAIT_MINUTES    longest wait for the export (default {{ wait_minutes | comment }})
#   BACKSTAY_POLL_SECONDS    time between two looks at its state (default 30)
#
# Needs rds:DescribeDBSnapshots, DescribeExportTasks and StartExportTask, iam:PassRole for that role, s3:ListBucket,
# and of the key kms:DescribeKey and CreateGrant.
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
BUCKET={{ bucket | sh }}
BUCKET_ACCOUNT={{ bucket_account | sh }}
FOLDER={{ folder | sh }}
ROLE=${BACKSTAY_EXPORT_ROLE:-}
KEY=${BACKSTAY_EXPORT_KMS_KEY:-}
[[ -n $ROLE ]] || ROLE={{ role | sh }}
{%- if key %}
[[ -n $KEY ]] || KEY={{ key | sh }}
{%- endif %}
printf -v EXPORT '%s-%(%Y%m%dt%H%M%Sz)T' {{ prefix | sh }} -1

{% include "scripts/aws-job.sh" %}
{% include "scripts/on-exit.sh" %}
{% include "scripts/job-arguments.sh" %}
check_target() {
  STEP="checking the key and the bucket $BUCKET"
  [[ -n $KEY ]] || fail "RDS exports nothing without a key: set BACKSTAY_EXPORT_KMS_KEY to one in $REGION"
  aws s3api head-bucket --bucket "$BUCKET" --region "$REGION" --expected-bucket-owner "$BUCKET_ACCOUNT" >/dev/null
}

# Sets SOURCE to the ARN of the newest snapshot, and CREATED to its time.
find_snapshot() {
  STEP="finding the newest snapshot of $INSTANCE"
  local listed
  # A row a line: time, tab, ARN.
  listed=$(aws rds describe-db-snapshots --region "$REGION" --db-instance-identifier "$INSTANCE" --output text \
    --query "DBSnapshots[?Status=='available' && (SnapshotType=='manual' || SnapshotType=='automated')].[SnapshotCreateTime, DBSnapshotArn]")
  [[ $listed == *arn:* ]] || fail "$INSTANCE has no available snapshot in $REGION"
  listed=$(sort <<<"$listed" | tail -n 1)
  read -r CREATED SOURCE <<<"$listed"
  say "the newest snapshot is $SOURCE, of $CREATED"
}

# RDS takes no more than five exports of an account at a time.
check_limit() {
  STEP='counting the active exports'
  local listed active
  listed=$(aws rds describe-export-tasks --region "$REGION" --output text \
    --query "ExportTasks[?contains(['STARTING', 'IN_PROGRESS', 'CANCELING'], Status)].[ExportTaskIdentifier]")
  mapfile -t active <<<"$listed"
  [[ -z ${active[4]-} ]] ||
    fail "this account has its five exports already, and RDS takes no sixth: run this again when one has ended (${active[*]})"
}

export_state() {
  aws rds describe-export-tasks --region "$REGION" --export-task-identifier "$EXPORT" \
    --query 'ExportTasks[].[Status, PercentProgress, FailureCause || WarningMessage]' --output text
}

export_snapshot() {
  STEP="exporting to s3://$BUCKET/$FOLDER/$EXPORT"
  say "$STEP"
  run aws rds start-export-task --region "$REGION" --export-task-identifier "$EXPORT" --source-arn "$SOURCE" \
    --s3-bucket-name "$BUCKET" --s3-prefix "$FOLDER" --iam-role-arn "$ROLE" --kms-key-id "$KEY" --output text
  $DRY_RUN || await complete "export $EXPORT" export_state
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools aws
  take_lock
  check_account
  check_target
  find_snapshot
  check_limit
  export_snapshot
  if $DRY_RUN; then say 'ok: nothing was changed'; else say "ok: s3://$BUCKET/$FOLDER/$EXPORT has the data of $CREATED; it is no backup"; fi
  STEP=''
}

main "$@"
