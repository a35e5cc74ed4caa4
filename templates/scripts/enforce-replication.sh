# replicated REGION DAYS ALIAS QUERY: the automated backups that another Region holds of the resource, of
# which QUERY tells the days. No call changes how long they are kept there: the replication is stopped,
# which leaves what it copied, and started anew with the key behind ALIAS.
replicated() {
  local there=$1 days=$2 live same=false key
  live=$(aws rds describe-db-instance-automated-backups --region "$there" --output text --query "$4")
  if [[ $live == "$days" ]]; then same=true; fi
  if compare "days of backups in $there" "$live" "$days" "$same"; then return; fi
  if [[ $live =~ ^[0-9]+$ ]] && ((live > days)); then
    printf '             more than is asked for: left as it is\n'
    OPEN=true
    return
  fi
  if ! key=${REPLICATION_KEY_ARN:-$(aws kms describe-key --region "$there" --key-id "$3" \
    --query KeyMetadata.Arn --output text)}; then
    printf 'There is no key %s in %s: deploy the stack that makes it, or set REPLICATION_KEY_ARN.\n' "$3" "$there" >&2
    exit 1
  fi
  if [[ $live =~ ^[0-9]+$ ]]; then
    run aws rds stop-db-instance-automated-backups-replication --region "$there" \
      --source-db-instance-arn "$ID" --output text --query DBInstanceAutomatedBackup.Status
  fi
  run aws rds start-db-instance-automated-backups-replication --region "$there" \
    --source-db-instance-arn "$ID" --source-region "$REGION" --backup-retention-period "$days" \
    --kms-key-id "$key" --output text --query DBInstanceAutomatedBackup.Status
  if ! $APPLY; then PENDING=true; fi
}
