{#- What scripts of AWS share. -#}
{% include "scripts/job.sh" %}
check_account() {
  STEP='checking the account'
  local account
  account=$(aws sts get-caller-identity --region "$REGION" --query Account --output text)
  [[ $account == "$ACCOUNT" ]] || fail "these credentials belong to account $account, the policy to $ACCOUNT"
}
