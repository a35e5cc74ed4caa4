{#- How every script ends. Each has its own `on_exit`. Do not write a brace followed by a hash or a percent sign in the
    shell below: the template engine would take it for its own. -#}
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
