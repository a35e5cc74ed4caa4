{#- What scripts of Azure share. -#}
{% include "scripts/job.sh" %}
check_account() {
  STEP='checking the subscription'
  az account show --subscription "$SUBSCRIPTION" --output none ||
    fail "this identity does not reach the subscription $SUBSCRIPTION: az login"
}
