#!/bin/bash
# Brings the storage account of the store {{ name | comment }} to what the policy wants.
# Rendered by backstay from the policy of {{ name | comment }}; edit the policy, not this file.
#
# The account exists, and a template would reset what it leaves out: the rules of CORS, the change feed
# and more. So each setting is shown as it is and as it shall be, and changed alone. Changes nothing
# without --apply; with it, only what differs. Running it again changes nothing.
#
# A setting that protects more than the policy asks for is lowered with --apply --lower only.
{%- if locks %}
#
# Nobody can lift or shorten a locked policy, nor delete its container or account while it holds: that
# takes --lock as well. A locked policy can be extended five times.
{%- endif %}
#
# Usage: {{ name | comment }}-enforce.sh [--apply] [--lower]{% if locks %} [--lock]{% endif %}
#
# Needs the Azure CLI, logged in as somebody who may read the account, and with --apply change it.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is as wanted, 1 something differs, is left or failed, 2 wrong usage or subscription.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

SUBSCRIPTION={{ subscription | sh }}
RESOURCE_GROUP={{ resource_group | sh }}
ACCOUNT={{ account_name | sh }}
API_VERSION={{ api_version | sh }}

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
{%- if locks %}

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
{%- endif %}

{% include "scripts/enforce-settings.sh" -%}
