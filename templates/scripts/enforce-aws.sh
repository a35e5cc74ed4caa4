#!/bin/bash
# Brings the settings of {{ name | comment }} to what the policy wants.
# Rendered by backstay from the policy of {{ name | comment }}; edit the policy, not this file.
#
# Shows each setting as it is and as it shall be. Changes nothing without --apply; with it, only what
# differs, at once and not in the next maintenance window. Running it again changes nothing.
#
# A setting that protects more than the policy asks for is lowered with --apply --lower only: what that
# loses, a backup or a standby, does not come back.
#
# Usage: {{ name | comment }}-enforce.sh [--apply] [--lower]
#
{% if replicates -%}
# What another Region receives is encrypted with the key that a stack of this policy makes there;
# REPLICATION_KEY_ARN names another one.
#
{% endif -%}
# Needs the AWS CLI with credentials that may describe the database, and with --apply modify and tag it.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is as wanted, 1 something differs, is left or failed, 2 wrong usage or wrong account.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C AWS_PAGER=''

ACCOUNT={{ account | sh }}
REGION={{ region | sh }}

# Puts the live values of the queries into LIVE, in their order.
read_live() {
  local IFS=, answer
  answer=$(aws rds describe-db-instances --region "$REGION" --db-instance-identifier "$TARGET" \
    --query "DBInstances[0].[$*]" --output text)
  mapfile -t -d $'\t' LIVE <<<"$answer"
  LIVE[-1]=${LIVE[-1]%$'\n'}
}

modify() {
  run aws rds modify-db-instance --region "$REGION" --db-instance-identifier "$TARGET" \
    --apply-immediately --output text --query 'DBInstance.DBInstanceStatus' "$@"
}

tag() { run aws rds add-tags-to-resource --region "$REGION" --resource-name "$ID" --tags "$@"; }

check_account() {
  local account
  account=$(aws sts get-caller-identity --region "$REGION" --query Account --output text)
  if [[ $account != "$ACCOUNT" ]]; then
    printf 'These credentials belong to account %s, the policy to %s.\n' "$account" "$ACCOUNT" >&2
    exit 2
  fi
}

{% if replicates %}{% include "scripts/enforce-replication.sh" %}
{% endif %}{% include "scripts/enforce-settings.sh" -%}
