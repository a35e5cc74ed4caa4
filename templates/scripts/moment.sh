{#- What scripts that restore a moment share. -#}
# seconds_of TIME: UTC to the second, as everything is compared here.
seconds_of() {
  local time=${1%Z}
  time=${time%+00:00}
  printf '%sZ\n' "${time%.*}"
}

# check_moment TIME: refuses one that cannot be restored.
check_moment() {
  [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] || fail "$1 is no moment: write it in UTC, as 2026-11-25T04:00:00Z"
  [[ ! $1 < $EARLIEST && ! $1 > $LATEST ]] ||
    fail "$1 cannot be restored: only moments from $EARLIEST to $LATEST can"
}
