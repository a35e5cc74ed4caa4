{#- How a run is verified. As in common.sh, no brace before a hash or a percent. -#}
# Reads every archive to its end. pg_restore --list would not do: it reads the table of contents
# only, and passes an archive that is cut short or has a flipped bit.
verify_archives() {
  local archive ending mark checked=0
  for archive in "$1"/*.dump "$1"/*.dir; do
    pg_restore --file=/dev/null "$archive" || fail "$archive cannot be read to its end"
    checked=$((checked + 1))
  done
  for archive in "$1"/*.sql.gz; do
    mark='database'
    case "${archive##*/}" in
      globals.* | cluster.*) mark='database cluster' ;;
    esac
    ending="$(gzip --decompress --stdout "$archive" | tail -n 8)" || fail "$archive is damaged"
    [[ $ending == *"-- PostgreSQL $mark dump complete"* ]] ||
      fail "$archive has no closing line: the dump was cut short"
    checked=$((checked + 1))
  done
  ((checked > 0)) || fail "there is no archive in $1"
}

# Names in a run have no spaces or newlines: file_name escapes them.
list_files() { find "$1" -type f ! -name SHA256SUMS -printf '%P\n' | sort; }

# Every file of a run is there, is the one that was made, and belongs to this run of this database.
verify_sums() {
  STEP="verifying $1"
  [[ -f $1/manifest.json && -f $1/SHA256SUMS ]] || fail "$1 is not a finished run"
  (cd -- "$1" && sha256sum --check --strict --quiet SHA256SUMS) || fail "the checksums of $1 differ"
  # sha256sum --check passes a list that has lost lines.
  [[ "$(list_files "$1")" == "$(cut -c67- "$1/SHA256SUMS" | sort)" ]] ||
    fail "SHA256SUMS does not list the files that are in $1"
  [[ $(<"$1/manifest.json") == *$'\n  "name": '"$(json_string "$NAME")"$',\n'* ]] || fail "$1 is a run of another database"
}
