#!/bin/bash
# Brings train-tracker-onprem back to service on another server after a disaster, from its dumps.
# Rendered by backstay from policies/train-tracker.yaml: change the policy and render again, not this file.
#
# Usage: train-tracker-onprem-disaster.sh SCENARIO --to HOST[:PORT] [--go]
#   primary_lost    dump:dumps-s3 dump:dumps-blob
#   region_lost     dump:dumps-s3 dump:dumps-blob
#   data_corrupted  dump:dumps-s3 dump:dumps-blob
#   backup_deleted  dump:dumps-s3 dump:dumps-blob
# Options:
#   --to HOST[:PORT]  the new server: PostgreSQL answers there, and has no databases of its own yet
#   --go              does it; without it nothing is changed: each step is checked and shown
#   --time TIME       the newest dump up to then (data_corrupted), as 2026-11-25T04:00:00Z
#   --by WAY          another way than the first one of the scenario, as shown above
#   --force           although the database still answers, or the new server has databases already (a drill)
#   --again           begins anew, where an earlier run is remembered
#
# A run that was cut off goes on where it was: every step that is done is remembered. The lost server is never written to.
# backup_deleted needs no server: it lists what is left and reads the newest back.
#
# Environment, all optional:
#   PGUSER, PGPASSFILE          a superuser of the new server
#   BACKSTAY_CONNECTION_SECRET  where the applications find their connection string: secretsmanager:NAME,
#                               ssm:/NAME or keyvault:VAULT/NAME. Host and port are replaced in it, and its login, which
#                               has no password in a dump, gets its password again
#   BACKSTAY_SECRET_REGION      the secret's Region (default us-west-2)
#   BACKSTAY_PASSWORD_FILE, BACKSTAY_LOGIN, PGDATABASE  for a secret that is not there yet: the login, a file with its
#                               password, and the database
#   BACKSTAY_WEBHOOK_URL        told of the beginning, of a failure and of the end, as {"text": ...}
#   BACKSTAY_STATE_DIR          remembers the steps (default ~/.local/state/backstay)
#   BACKSTAY_DUMP_DIR           the result goes to drills/train-tracker-onprem below it (default /var/backups/backstay)
#   BACKSTAY_WORK_DIR           holds what is fetched (default /var/tmp): the size of a run
#
# It needs train-tracker-onprem-restore.sh beside it, and what that needs.
# Exit code: 0 done (or all of it would work), 1 failed, 3 the database still answers, 4 the policy has no means for this
# scenario, 75 another run is active. The result is a JSON file; elapsed times are in it and in every line.

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
shopt -s inherit_errexit
umask 077
# Times are UTC and messages are English, whatever the caller has set.
export TZ=UTC0 LC_ALL=C AWS_PAGER='' AZURE_CORE_ONLY_SHOW_ERRORS=true

NAME=train-tracker-onprem
# shellcheck disable=SC1003,SC1112,SC2016 # names are literal text, whatever they look like
DATABASES=(
  traintracker
)
LOST_HOST=db-01.internal
LOST_PORT=5432
DRILLS=${BACKSTAY_DUMP_DIR:-/var/backups/backstay}/drills
RESTORE=${BASH_SOURCE[0]%/*}/train-tracker-onprem-restore.sh
STATE_DIR=${BACKSTAY_STATE_DIR:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/backstay}
FETCHED=${BACKSTAY_WORK_DIR:-/var/tmp}/backstay-disaster-$NAME
RTO_LIMIT=86400
printf -v STARTED '%(%Y-%m-%dT%H:%M:%SZ)T' -1
BEGAN=$EPOCHSECONDS
SCENARIO=''
GO=false
FORCE=false
AGAIN=false
TIME=''
BY=''
TO=''
RUN_STAMP=''
TARGET=''
TARGET_REGION=us-west-2
HOST=''
PORT=5432
export PGSSLMODE=${PGSSLMODE:-prefer} PGCONNECT_TIMEOUT=15 PGAPPNAME=backstay-disaster

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

# write_result KIND: once, into the folder of the drills and to the store dumps-s3.
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
  aws ${BACKSTAY_AWS_PROFILE_123456789012:+--profile "$BACKSTAY_AWS_PROFILE_123456789012"} s3 cp "$file" s3://train-tracker-backups/drills/train-tracker-onprem/"$STAMP.json" --region us-west-2 --only-show-errors ||
    say "warning: the result did not reach the store dumps-s3"
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
    login=${BACKSTAY_LOGIN-}
    [[ -r ${BACKSTAY_PASSWORD_FILE-} && -n $login && -n ${PGDATABASE-} ]] ||
      fail "the secret $name is not there yet: set BACKSTAY_LOGIN, PGDATABASE and BACKSTAY_PASSWORD_FILE"
    url="postgresql://$(url_text "$login"):$(url_text "$(<"$BACKSTAY_PASSWORD_FILE")")@$HOST:$PORT/$(url_text "$PGDATABASE")?sslmode=prefer"
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
      --time | --by | --to)
        [[ -n ${2-} ]] || usage
        case $1 in
          --time) TIME=$2 ;;
          --by) BY=$2 ;;
          --to) TO=$2 ;;
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
    primary_lost) WAYS='dump:dumps-s3 dump:dumps-blob' ;;
    region_lost) WAYS='dump:dumps-s3 dump:dumps-blob' ;;
    data_corrupted) WAYS='dump:dumps-s3 dump:dumps-blob' ;;
    backup_deleted) WAYS='dump:dumps-s3 dump:dumps-blob' ;;
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
  [[ -z $TIME || $TIME =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] ||
    fail "$TIME is no moment: write it in UTC, as 2026-11-25T04:00:00Z"
  [[ $SCENARIO != data_corrupted || -n $TIME ]] || fail 'say the last good moment with --time'
  if [[ $SCENARIO != backup_deleted ]]; then
    [[ $TO =~ ^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$ ]] || fail 'say the new server with --to HOST[:PORT]'
    HOST=${TO%%:*}
    [[ $TO != *:* ]] || PORT=${TO##*:}
  fi
}

# What an earlier run has restored is on its server.
same_server() {
  local to
  to=$(remembered to)
  [[ -z $to || $to == "$TO" ]] || fail "an earlier run goes to $to: go on with that, or begin anew with --again"
  [[ -n $to ]] || remember to "$TO"
}

# Gives a statement to a database of the new server.
ask() {
  PGHOST=$HOST PGPORT=$PORT PGDATABASE=$1 psql --no-psqlrc --no-password --quiet --no-align --tuples-only \
    --set=ON_ERROR_STOP=1 --command="$2" </dev/null
}

# A database that is not lost is not replaced.
make_sure_it_is_lost() {
  if ! answers "$LOST_HOST" "$LOST_PORT"; then
    say "$LOST_HOST:$LOST_PORT does not answer"
  elif ! $FORCE; then
    say "$LOST_HOST:$LOST_PORT answers: nothing was done (--force does it all the same)"
    forget
    STEP=''
    exit 3
  fi
}

# What is there already is somebody's: restored roles would change it.
check_target() {
  local there
  there=$(ask postgres "SELECT coalesce(string_agg(quote_ident(datname), ', '), '') FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres')") ||
    fail "$HOST:$PORT does not take this login"
  [[ -z $there ]] || $FORCE || fail "$HOST:$PORT has databases already, and a new server has none: $there"
  [[ $(ask postgres 'SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user') == t ]] ||
    fail "the login at $HOST:$PORT may not make databases and roles"
}

# The newest dump, or the newest up to the last good moment. A run goes on with the one that it began with.
choose_dump() {
  local stamp found='' before=${TIME//[-:]/}
  while IFS=$'\t' read -r stamp _; do
    if [[ -n $stamp && (-z $before || ! $stamp > $before) ]]; then found=$stamp; fi
  done < <(bash "$RESTORE" list --from "${BY#*:}")
  [[ -n $found ]] || fail "${BY#*:} has no dump${TIME:+ of $TIME or before}"
  say "the dump of $found"
  remember run "$found"
  RUN_STAMP=$found
}

recall_dump() {
  local run taken until=$BEGAN
  run=$(remembered run)
  RUN_STAMP=${run:-$RUN_STAMP}
  taken=${RUN_STAMP:0:4}-${RUN_STAMP:4:2}-${RUN_STAMP:6:2}T${RUN_STAMP:9:2}:${RUN_STAMP:11:2}:${RUN_STAMP:13:2}Z
  BACKUP="{ \"what\": \"dump\", \"run\": \"$RUN_STAMP\", \"from\": $(json_text "${BY#*:}"), \"when\": \"$taken\" }"
  [[ -z $TIME ]] || until=$(date --date="$TIME" +%s)
  RPO_SECONDS=$((until - $(date --date="$taken" +%s)))
}

# Once, for every step that follows: each of them verifies it again.
fetch() {
  if $DRY_RUN; then
    say "would fetch the dump into $FETCHED"
    return
  fi
  mkdir -p -- "$FETCHED/$NAME"
  bash "$RESTORE" fetch "$FETCHED/$NAME" --run "$RUN_STAMP" --from "${BY#*:}"
}

# restore OPTION...: from what was fetched, into the new server.
restore() {
  local words=("$@" --from local --run "$RUN_STAMP" --yes)
  if $DRY_RUN; then
    say "would run:$(printf ' %q' "$RESTORE" "${words[@]}")"
    return
  fi
  PGHOST=$HOST PGPORT=$PORT BACKSTAY_DUMP_DIR=$FETCHED bash "$RESTORE" "${words[@]}"
}

restore_globals() { restore --globals; }

restore_1() { restore --database traintracker --into traintracker --jobs 4; }

endpoint() { keep_endpoint "$NAME" "$TARGET_REGION" "$HOST" "$PORT"; }

# Roles are dumped without their passwords: the applications' own gets the one that its secret has.
password() {
  local login secret known
  if $DRY_RUN; then
    say "would give the login of ${BACKSTAY_CONNECTION_SECRET:-no secret} its password again"
    return
  fi
  recall_endpoint
  read_secret
  if [[ $URL == [a-z]*://*:*@*/* ]]; then
    login=${URL#*://}
    login=${login%@*}
    secret=$(plain_text "${login#*:}")
    login=$(plain_text "${login%%:*}")
  elif [[ -z $URL && -r ${BACKSTAY_PASSWORD_FILE-} && -n ${BACKSTAY_LOGIN-} ]]; then
    login=$BACKSTAY_LOGIN
    secret=$(<"$BACKSTAY_PASSWORD_FILE")
  else
    return 0
  fi
  known=$(ask postgres "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $(sql_text "$login")")
  if [[ -z $known ]]; then
    say "warning: the applications' login is no role of $HOST:$PORT: make it"
    return
  fi
  # Neither on a command line nor in a message.
  printf 'ALTER ROLE %s PASSWORD %s;\n' "$known" "$(sql_text "$secret")" |
    PGHOST=$HOST PGPORT=$PORT PGDATABASE=postgres psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 --file=- >/dev/null 2>&1 ||
    fail "the applications' login could not be given its password"
}

sql_text() { printf "'%s'" "${1//\'/\'\'}"; }

# plain_text TEXT: what a URL encodes.
plain_text() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//'%'/\\x}"
}

look_into_it() {
  if $DRY_RUN; then return; fi
  local database answer
  for database in "${DATABASES[@]}"; do
    if answer=$(ask "$database" 'SELECT count(*) FROM pg_class'); then
      check "opens $database" true "$answer relations"
    else
      check "opens $database" false 'it does not open'
    fi
  done
}

clean() { $DRY_RUN || rm -rf -- "$FETCHED"; }

# Every scenario, as its steps in their order.
bring_back() {
  [[ $SCENARIO == data_corrupted ]] || step make_sure_it_is_lost 'making sure that it is lost'
  step check_target 'looking at the new server'
  step choose_dump "choosing the dump in ${BY#*:}"
  recall_dump
  step fetch 'fetching the dump'
  step restore_globals 'restoring roles'
  step restore_1 'restoring the database traintracker'
  step endpoint 'remembering the new server'
  # Data that was corrupted is looked at before anybody uses what was restored.
  if [[ $SCENARIO != data_corrupted ]]; then
    step password 'giving the login its password'
    step connection 'giving the new host to the applications'
  fi
  step look_into_it 'looking into it'
  step clean 'removing what was fetched'
}

# Lists what is left of the backups; it changes nothing.
take_stock() { bash "$RESTORE" list; }

# A list proves nothing: the newest that is left is fetched and verified.
read_back() {
  choose_dump
  recall_dump
  RPO_SECONDS=null
  fetch
  clean
}

protect_what_is_left() {
  say 'next: who deleted it (the logs of the store), and take that right away'
  say 'next: a fresh dump, with train-tracker-onprem-dump.sh'
  say 'next: backstay drift, which names every setting of the stores that protects less than the policy asks'
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
    say "ok: done after $RTO_SECONDS s${TARGET:+; $TARGET serves at $HOST}. Next: name it in the policy, and dump it"
    $PASSED || exit 1
  fi
  STEP=''
}

main() {
  catch_ends
  read_arguments "$@"
  check_tools psql timeout date
  [[ -z ${BACKSTAY_WEBHOOK_URL-} ]] || command -v curl >/dev/null || fail 'curl is not installed, and the webhook needs it'
  [[ -r $RESTORE ]] || fail "$RESTORE is not there: it is rendered beside this script"
  take_lock
  unset PGSERVICE PGHOSTADDR
  open_state
  same_server
  $DRY_RUN || notify "begun, by $BY"
  if [[ $SCENARIO == backup_deleted ]]; then
    step take_stock 'taking stock of what is left'
    step read_back 'reading back the newest that is left'
    step protect_what_is_left 'protecting what is left'
  else
    bring_back
  fi
  tell_the_end
}

main "$@"
