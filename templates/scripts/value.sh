# value KEY LINES: of the lines that the recover script prints.
value() {
  local line
  while read -r line; do
    [[ $line != "$1="* ]] || printf '%s\n' "${line#*=}"
  done <<<"$2"
}
