{#- How the disaster scripts end. Do not write a brace followed by a hash or a percent
    sign in the shell below: the template engine would take it for its own. -#}
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
    say "ok: done after $RTO_SECONDS s${TARGET:+; $TARGET serves at $HOST}. Next: {% if provider %}deploy what the policy asks of it{% else %}name it in the policy, and dump it{% endif %}"
    $PASSED || exit 1
  fi
  STEP=''
}
