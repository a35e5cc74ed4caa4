#!/bin/bash
# Reads rendered scripts and commands with bash itself, and tells on descriptor 9 what it read: each
# list as the number of its words and the words, each ended by a zero byte.
#
#   driver.bash read SCRIPT...   the variables of dump scripts that hold texts of the policy
#   driver.bash run SCRIPT       the commands of the clouds' clients that an enforcing script runs
#   driver.bash words FILE       the words of each line, which is a command
set -u

tell() { printf '%s\0' "$#" "$@" >&9; }

# The clients answer that nothing is set, in the way in which they print that.
nothing() { printf 'None\t%.0s' {1..100}; }
aws() {
  tell aws "$@"
  if [[ $2 == get-caller-identity ]]; then printf '%s\n' "$ACCOUNT"; else nothing; fi
}
az() {
  tell az "$@"
  nothing
}

case $1 in
  read)
    for script in "${@:2}"; do
      (
        # All but its last line, which runs it.
        source <(sed '$d' "$script")
        tell NAME 1 "$NAME" PGUSER 1 "${CONNECTION[PGUSER]-}" PGHOST 1 "${CONNECTION[PGHOST]-}" \
          DATABASES "${#DATABASES[@]}" "${DATABASES[@]}"
      )
    done
    ;;
  run) (source "$2" --apply) || true ;;
  words)
    while IFS= read -r line; do
      eval "tell $line"
    done <"$2"
    ;;
esac
