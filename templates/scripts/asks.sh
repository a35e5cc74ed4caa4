{#- What a restored database is asked; SCRATCH_OF says which one holds what. Do not write a brace followed by a hash
    or a percent sign in the shell below. -#}
opens() {
  local database answer
  for database in "${!SCRATCH_OF[@]}"; do
    STEP="opening ${database@Q}"
    answer="$(query "${SCRATCH_OF["$database"]}" 'SELECT count(*) FROM pg_class')"
    check "opens $database" true "$answer relations"
  done
  RTO_SECONDS=$((EPOCHSECONDS - BEGAN))
}

# Why a query was refused: psql also shows where, on lines of their own.
refusal() {
  local why
  why="$(sed --quiet '/ERROR: /{s/.*ERROR: *//p;q}' "$WORK/said")"
  printf '%s' "${why:-$(tail -n 1 "$WORK/said")}"
}

# has_rows DATABASE TABLE SQL LEAST
has_rows() {
  local rows
  STEP="counting $2"
  if ! rows="$(query "${SCRATCH_OF["$1"]}" "SELECT count(*) FROM $3" 2>"$WORK/said")"; then
    check "table $2" false "$(refusal)"
  elif ((rows < $4)); then
    check "table $2" false "$rows rows, and at least $4 are expected"
  else
    check "table $2" true "$rows rows, at least $4 are expected"
  fi
}
