{#- How the disaster scripts go on where they were, and tell. Do not write a brace followed by a hash or a percent
    sign in the shell below: the template engine would take it for its own. -#}
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
