#!/bin/bash
# Brings shop-orders-us back to service after a disaster, by the means that its policy has.
# Rendered by backstay from policies/fleet.yaml: change the policy and render again, not this file.
#
# Usage: shop-orders-us-disaster.sh SCENARIO [--go]
#   primary_lost    moment replicated standby dump:shop-dumps
#   region_lost     replicated dump:shop-dumps
#   data_corrupted  moment replicated dump:shop-dumps
#   backup_deleted  replicated dump:shop-dumps
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
#   BACKSTAY_DUMP_DIR           the result goes to drills/shop-orders-us below it (default /var/backups/backstay)
#   BACKSTAY_WAIT_MINUTES, BACKSTAY_POLL_SECONDS, and what shop-orders-us-recover.sh takes
#
# Needs bash 5 and flock, as Linux has them (macOS has bash 3.2, which is told and stops here).
# Exit code: 0 done (or all of it would work), 1 failed, 3 the database still answers, 4 the policy has no means for this
# scenario, 75 another run is active. The result is a JSON file; elapsed times are in it and in every line.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER='' AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME=shop-orders-us
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RECOVER=${BASH_SOURCE[0]%/*}/shop-orders-us-recover.sh
STATE_DIR=${BACKSTAY_STATE_DIR:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/backstay}
RTO_LIMIT=1800
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
ACCOUNT=210987654321
REGION=us-east-2
INSTANCE=orders-prod
REGIONS=(us-east-2 eu-west-1)

POLL_SECONDS=${BACKSTAY_POLL_SECONDS:-30}
WAIT_MINUTES=${BACKSTAY_WAIT_MINUTES:-240}
DRY_RUN=false
STEP='starting' # what is being done, for the last line; empty once all is well

say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s: %s\n' -1 "$NAME" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# Without the signals' own traps bash may end by the signal itself, before on_exit runs.
catch_ends() {
  trap on_exit EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# What is half done goes, whoever asks again.
end_uninterrupted() {
  trap - EXIT
  trap '' HUP INT TERM
}

show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# Gives a command to the cloud, or shows it with --dry-run.
run() {
  if $DRY_RUN; then
    printf 'would run:'
    printf ' %q' "$@"
    printf '\n'
  else
    "$@" >/dev/null
  fi
}

check_tools() {
  STEP='checking the tools'
  local tool
  for tool in "$@" flock; do
    command -v "$tool" >/dev/null || fail "$tool is not installed, or not in PATH=$PATH"
  done
  [[ $POLL_SECONDS$WAIT_MINUTES =~ ^[0-9]+$ ]] || fail 'BACKSTAY_POLL_SECONDS and BACKSTAY_WAIT_MINUTES are whole numbers'
}

# The lock is the kernel's, on this file itself: it ends with the last process of the run, so it
# cannot be left behind, and no folder has to be writable for it.
take_lock() {
  STEP='taking the lock'
  exec 9<"${BASH_SOURCE[0]}"
  if ! flock --nonblock 9; then
    say 'another run is active: nothing was done'
    STEP=''
    exit 75
  fi
}

# await WANTED WHAT COMMAND...: asks for a state, how far it is and a remark, until it is the wanted one.
# The clients' own waits stop too early, or tell nothing.
await() {
  local wanted=$1 what=$2 deadline=$((EPOCHSECONDS + WAIT_MINUTES * 60)) answer shown='' unread=0 state percent remark
  shift 2
  while true; do
    if answer=$("$@"); then
      unread=0
      read -r state percent remark <<<"$answer"
      state=${state,,}
      if [[ $percent =~ ^[0-9]+$ ]]; then percent=", $percent %"; else percent=''; fi
      if [[ ${remark:-None} == None ]]; then remark=''; else remark=": $remark"; fi
      if [[ $answer != "$shown" ]]; then
        say "$what: $state$percent$remark"
        shown=$answer
      fi
      case $state in
        "$wanted") return ;;
        *fail* | *cancel* | *abort* | *delet* | *error* | incompatible*) fail "$what ended as $state$remark" ;;
      esac
    else
      unread=$((unread + 1))
      ((unread < 5)) || fail "$what: its state could not be read five times in a row"
    fi
    ((EPOCHSECONDS < deadline)) || fail "$what was not $wanted within $WAIT_MINUTES min; the cloud goes on with it"
    sleep "$POLL_SECONDS"
  done
}

check_account() {
  STEP='checking the account'
  local account
  account=$(aws sts get-caller-identity --region "$REGION" --query Account --output text)
  [[ $account == "$ACCOUNT" ]] || fail "these credentials belong to account $account, the policy to $ACCOUNT"
}

CHECKS=''
PASSED=true
BACKUP=null
RTO_SECONDS=null
RPO_SECONDS=null
FINISHED=false

# One JSON string.
json_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# check NAME PASSED DETAIL
check() {
  say "check $1: $2 ($3)"
  [[ $2 == true ]] || PASSED=false
  CHECKS+="${CHECKS:+, }{ \"name\": $(json_text "$1"), \"passed\": $2, \"detail\": $(json_text "$3") }"
}

# within NAME SECONDS LIMIT: a check against an objective, where there is one.
within() {
  [[ -n $3 && $2 != null ]] || return 0
  if (($2 <= $3)); then check "$1" true "$2 s of at most $3 s"; else check "$1" false "$2 s, and at most $3 s are allowed"; fi
}

# write_result KIND: once, into the folder of the drills and to the store shop-dumps.
write_result() {
  $FINISHED && return
  FINISHED=true
  local folder=$DRILLS/$NAME file finished
  printf -v finished '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  file=$folder/$STAMP.json
  mkdir -p -- "$folder"
  printf '{\n  "version": 1,\n  "kind": "%s",\n  "database": %s,\n  "started": "%s",\n  "finished": "%s",\n  "backup": %s,\n  "rto_seconds": %s,\n  "rpo_seconds": %s,\n  "passed": %s,\n  "checks": [%s]\n}\n' \
    "$1" "$(json_text "$NAME")" "$STARTED" "$finished" "$BACKUP" "$RTO_SECONDS" "$RPO_SECONDS" "$PASSED" "$CHECKS" >"$file.new"
  mv -- "$file.new" "$file"
  say "result: $file"
  aws ${BACKSTAY_AWS_PROFILE_310987654321:+--profile "$BACKSTAY_AWS_PROFILE_310987654321"} s3 cp "$file" s3://shop-database-dumps-eu/drills/shop-orders-us/"$STAMP.json" --region eu-central-1 --only-show-errors ||
    say "warning: the result did not reach the store shop-dumps"
}

usage() {
  show_help >&2
  STEP='reading the arguments'
  exit 1
}

read_arguments() {
  while [[ -n ${1-} ]]; do
    case $1 in
      --go) GO=true ;;
      --force) FORCE=true ;;
      --again) AGAIN=true ;;
      --time | --by)
        [[ -n ${2-} ]] || usage
        case $1 in
          --time) TIME=$2 ;;
          --by) BY=$2 ;;
        esac
        shift
        ;;
      -h | --help)
        show_help
        STEP=''
        exit 0
        ;;
      -*) usage ;;
      *)
        [[ -z $SCENARIO ]] || usage
        SCENARIO=$1
        ;;
    esac
    shift
  done
  $GO || DRY_RUN=true
  case $SCENARIO in
    primary_lost) WAYS='moment replicated standby dump:shop-dumps' ;;
    region_lost) WAYS='replicated dump:shop-dumps' ;;
    data_corrupted) WAYS='moment replicated dump:shop-dumps' ;;
    backup_deleted) WAYS='replicated dump:shop-dumps' ;;
    *) usage ;;
  esac
  if [[ -z $WAYS ]]; then
    say "the policy has no means for $SCENARIO: nothing that it asks for is left then"
    STEP=''
    exit 4
  fi
  BY=${BY:-${WAYS%% *}}
  [[ " $WAYS " == *" $BY "* ]] || fail "$SCENARIO has these ways: $WAYS"
  check_arguments
}

check_arguments() {
  if [[ $SCENARIO == data_corrupted ]]; then
    [[ $BY != moment && $BY != replicated ]] || [[ -n $TIME ]] || fail 'say the last good moment with --time'
  fi
}

# The steps of one scenario, by their names; what is done is remembered with what later steps need.
open_state() {
  STEP='opening the state'
  STATE=$STATE_DIR/$NAME-$SCENARIO
  mkdir -p -- "$STATE_DIR"
  if $AGAIN && ! $DRY_RUN && [[ -e $STATE ]]; then
    printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' -1
    mv -- "$STATE" "$STATE.until-$STAMP"
  fi
  if [[ -s $STATE ]] && ! $AGAIN; then
    BEGAN=$(remembered began)
    STAMP=$(remembered stamp)
    local by
    by=$(remembered by)
    [[ $by == "$BY" ]] || fail "an earlier run goes by $by: go on with --by $by, or begin anew with --again"
    say "goes on with a run of $(((EPOCHSECONDS - BEGAN) / 60)) min ago"
  else
    printf -v STAMP '%(%Y%m%dt%H%M%Sz)T' -1
    remember began "$BEGAN"
    remember stamp "$STAMP"
    remember by "$BY"
  fi
}

remember() { $DRY_RUN || printf '%s=%s\n' "$1" "$2" >>"$STATE"; }

# Nothing was done.
forget() { $DRY_RUN || rm -f -- "$STATE"; }

remembered() {
  [[ -f $STATE ]] || return 0
  local line found=''
  while read -r line; do
    [[ $line != "$1="* ]] || found=${line#*=}
  done <"$STATE"
  printf '%s\n' "$found"
}

# step NAME WHAT: runs the function of that name, unless an earlier run has done it.
step() {
  STEP=$2
  if [[ -n $(remembered "done-$1") ]]; then
    say "done before: $2"
    return
  fi
  say "[$((EPOCHSECONDS - BEGAN)) s] $2"
  "$1"
  remember "done-$1" "$EPOCHSECONDS"
  STEP=$2
}

notify() {
  [[ -n ${BACKSTAY_WEBHOOK_URL-} ]] || return 0
  if $DRY_RUN; then
    say "would tell the webhook: $1"
    return
  fi
  # Its address is a secret: it is not on the command line. Nobody's rescue waits for a message.
  printf 'url = "%s"\n' "$BACKSTAY_WEBHOOK_URL" | curl --silent --show-error --fail --max-time 20 --config - \
    --header 'Content-Type: application/json' --data "{\"text\": $(json_text "$NAME, $SCENARIO: $1")}" >/dev/null ||
    say 'warning: the webhook was not reached'
}

# answers HOST PORT: whether something there takes connections.
answers() {
  [[ $1:$2 =~ ^[A-Za-z0-9.-]+:[0-9]+$ ]] || return 1
  timeout 10 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null
}

# keep_endpoint ID REGION HOST PORT
keep_endpoint() {
  remember identifier "$1"
  remember region "$2"
  remember host "$3"
  remember port "$4"
}

# Sets TARGET, TARGET_REGION, HOST and PORT to what this run, or an earlier one, has brought back.
recall_endpoint() {
  TARGET=$(remembered identifier)
  TARGET_REGION=$(remembered region)
  HOST=$(remembered host)
  PORT=$(remembered port)
}

# value KEY LINES: of the lines that the recover script prints.
value() {
  local line
  while read -r line; do
    [[ $line != "$1="* ]] || printf '%s\n' "${line#*=}"
  done <<<"$2"
}

# look_at REGION ID: state, endpoint, port, whose replica it is.
look_at() {
  aws rds describe-db-instances --region "$1" --db-instance-identifier "$2" --output text \
    --query 'DBInstances[].[DBInstanceStatus, Endpoint.Address, Endpoint.Port, ReadReplicaSourceDBInstanceIdentifier]'
}

# A database that is not lost is not replaced.
make_sure_it_is_lost() {
  local said state host port
  if ! said=$(look_at "$REGION" "$INSTANCE" 2>&1); then
    say "$INSTANCE cannot be looked at: ${said//$'\n'/ }"
    return
  fi
  read -r state host port _ <<<"$said"
  say "$INSTANCE is $state"
  [[ ${state,,} == available ]] || return 0
  if answers "$host" "$port" || $FORCE; then
    $FORCE && return
    say "$INSTANCE answers at $host: nothing was done (--force does it all the same)"
    forget
    STEP=''
    exit 3
  fi
  say "$INSTANCE does not answer at $host"
}

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

# What is still there is kept before anything else is done.
take_evidence() {
  local id
  printf -v id '%.60s-evidence-%s' "$INSTANCE" "$STAMP"
  if aws rds describe-db-snapshots --region "$REGION" --db-snapshot-identifier "$id" --output text >/dev/null 2>&1; then return; fi
  run aws rds create-db-snapshot --region "$REGION" --db-instance-identifier "$INSTANCE" --db-snapshot-identifier "$id" --output text ||
    say "warning: $INSTANCE gives no snapshot just now"
}

# Lists what is left of the backups; it changes nothing.
take_stock() {
  local region
  for region in "${REGIONS[@]}"; do
    say "in $region:"
    aws rds describe-db-snapshots --region "$region" --db-instance-identifier "$INSTANCE" --output text \
      --query 'sort_by(DBSnapshots, &SnapshotCreateTime)[].[SnapshotCreateTime, SnapshotType, Status, DBSnapshotIdentifier]' || say 'no snapshot can be listed'
    aws rds describe-db-instance-automated-backups --region "$region" --db-instance-identifier "$INSTANCE" --output text \
      --query 'DBInstanceAutomatedBackups[].[Status, RestoreWindow.EarliestTime, RestoreWindow.LatestTime]' || say 'no automated backup can be listed'
  done
  say 'dumps are in s3://shop-database-dumps-eu, store shop-dumps'
}

protect_what_is_left() {
  take_evidence
  say 'next: who deleted it (CloudTrail: DeleteDBSnapshot, DeleteDBInstanceAutomatedBackup, DeleteRecoveryPoint), and take that right away'
  say 'next: a fresh dump, with shop-orders-us-dump.sh'
  say 'next: backstay drift, which names every setting that protects less than the policy asks'
}

# url_text TEXT: percent-encoded, byte by byte.
url_text() {
  local text=$1 at character encoded=''
  for ((at = 0; at < ${#text}; at++)); do
    character=${text:at:1}
    case $character in
      [A-Za-z0-9._~-]) encoded+=$character ;;
      *)
        printf -v character '%d' "'$character"
        printf -v character '%%%02X' "$((character & 255))"
        encoded+=$character
        ;;
    esac
  done
  printf '%s' "$encoded"
}

# Sets URL to the text of the secret; to nothing, where it is not there yet.
read_secret() {
  local where=${BACKSTAY_CONNECTION_SECRET-} region=${BACKSTAY_SECRET_REGION:-$TARGET_REGION}
  local kind=${where%%:*} name=${where#*:}
  URL=''
  case $kind in
    '') return ;;
    secretsmanager) URL=$(aws secretsmanager get-secret-value --region "$region" --secret-id "$name" --query SecretString --output text 2>/dev/null) || URL='' ;;
    ssm) URL=$(aws ssm get-parameter --region "$region" --name "$name" --with-decryption --query Parameter.Value --output text 2>/dev/null) || URL='' ;;
    keyvault) URL=$(az keyvault secret show --vault-name "${name%%/*}" --name "${name#*/}" --query value --output tsv 2>/dev/null) || URL='' ;;
    *) fail 'BACKSTAY_CONNECTION_SECRET starts with secretsmanager:, ssm: or keyvault:' ;;
  esac
}

# The secret's own text, in which host and port are replaced: neither the login nor the password is shown, or is on any
# command line.
give_connection_string() {
  local where=${BACKSTAY_CONNECTION_SECRET-} kind name url rest login region=${BACKSTAY_SECRET_REGION:-$TARGET_REGION}
  if [[ -z $where ]]; then
    say "no BACKSTAY_CONNECTION_SECRET: give $HOST:$PORT to the applications by hand"
    return
  fi
  kind=${where%%:*}
  name=${where#*:}
  read_secret
  url=$URL
  if [[ $url == [a-z]*://*@*/* ]]; then
    rest=${url#*://}
    url=${url%%://*}://${rest%@*}@$HOST:$PORT/${rest#*@*/}
  else
    [[ -z $url ]] || fail "the secret $name holds no URL postgresql://user:password@host:port/database: it is left alone"
    login=${PGUSER-}
    [[ -r ${BACKSTAY_PASSWORD_FILE-} && -n $login && -n ${PGDATABASE-} ]] ||
      fail "the secret $name is not there yet: set PGUSER, PGDATABASE and BACKSTAY_PASSWORD_FILE"
    url="postgresql://$(url_text "$login"):$(url_text "$(<"$BACKSTAY_PASSWORD_FILE")")@$HOST:$PORT/$(url_text "$PGDATABASE")?sslmode=require"
  fi
  case $kind in
    secretsmanager)
      printf '%s' "$url" | aws secretsmanager put-secret-value --region "$region" --secret-id "$name" --secret-string file:///dev/stdin --output text >/dev/null
      ;;
    ssm)
      printf '%s' "$url" | aws ssm put-parameter --region "$region" --name "$name" --type SecureString --overwrite --value file:///dev/stdin --output text >/dev/null
      ;;
    keyvault)
      printf '%s' "$url" | az keyvault secret set --vault-name "${name%%/*}" --name "${name#*/}" --file /dev/stdin --encoding utf-8 --output none
      ;;
  esac
  say "$where names $HOST:$PORT now"
}

connection() {
  if $DRY_RUN; then
    say "would put the new host into ${BACKSTAY_CONNECTION_SECRET:-nothing, since BACKSTAY_CONNECTION_SECRET is not set}"
    return
  fi
  recall_endpoint
  give_connection_string
}

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
  [[ $SCENARIO != data_corrupted ]] || step take_evidence 'keeping the corrupted data as a snapshot'
  case $BY in
    standby)
      say 'the cloud fails over to the standby by itself, within minutes, under the same name: if it does not, choose another way'
      STEP=''
      exit 1
      ;;
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

on_exit() {
  local code=$?
  end_uninterrupted
  if [[ -z $STEP ]]; then exit "$code"; fi
  say "FAILED while $STEP"
  if ! $DRY_RUN && [[ -n ${STATE-} ]]; then
    check run false "failed while $STEP"
    RTO_SECONDS=null
    write_result disaster || say 'warning: the result could not be written'
    notify "FAILED while $STEP"
  fi
  exit 1
}

tell_the_end() {
  if $DRY_RUN; then
    say 'ok: nothing was changed; --go does it'
  else
    RTO_SECONDS=$((EPOCHSECONDS - BEGAN))
    [[ $SCENARIO == backup_deleted ]] || within rto "$RTO_SECONDS" "$RTO_LIMIT"
    STEP='writing the result'
    write_result disaster
    notify "done after $RTO_SECONDS s"
    say "ok: done after $RTO_SECONDS s${TARGET:+; $TARGET serves at $HOST}. Next: deploy what the policy asks of it"
    $PASSED || exit 1
  fi
  STEP=''
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools aws timeout
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
