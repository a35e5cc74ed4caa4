#!/bin/bash
# Brings the settings of {{ name | comment }} to what the policy wants.
# Rendered by backstay from the policy of {{ name | comment }}; edit the policy, not this file.
#
# Shows each setting as it is and as it shall be. Changes nothing without --apply; with it, only what
# differs. Running it again changes nothing.
#
# A setting that protects more than the policy asks for is lowered with --apply --lower only: what that
# loses, a backup or a standby, does not come back.
#
# Usage: {{ name | comment }}-enforce.sh [--apply] [--lower]
#
# Needs the Azure CLI, logged in as somebody who may read the server, and with --apply update and tag it.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is as wanted, 1 something differs, is left or failed, 2 wrong usage or subscription.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

SUBSCRIPTION={{ subscription | sh }}
RESOURCE_GROUP={{ resource_group | sh }}
API_VERSION={{ api_version | sh }}

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

{% include "scripts/enforce-settings.sh" -%}
