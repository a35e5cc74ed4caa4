{#- How a drill ends that has restored something. Do not write a brace followed by a hash or a percent sign in the shell
    below: the template engine would take it for its own. -#}
# end_drill KIND: what was restored costs money and holds everything: it goes, whatever happened.
end_drill() {
  local failed=$STEP
  [[ -z $failed ]] || check drill false "failed while $failed"
  if $BEGUN && ! bash "$RECOVER" discard "$RESTORED" --yes; then
    say "error: $RESTORED IS STILL THERE: delete it with $RECOVER discard $RESTORED"
    check clean-up false "$RESTORED is still there"
  fi
  write_result "$1"
  if $PASSED; then
    say 'ok: passed'
    exit 0
  fi
  say "FAILED${failed:+ while $failed}: see the result"
  exit 1
}
