{#- Which runs there are, and how one gets here. As in common.sh, no brace before a hash or a percent. -#}
# Every complete run as stamp, place and path, a tab between them: oldest first, and of one run the
# local copy last, since that is the nearest. A place that cannot be asked is told, and passed over.
# "$1" is the one place that is asked; without it all are.
all_runs() {
  local run{% if stores %} class key keys{% endif %}
  {
{%- for store in stores %}
    for class in "${CLASSES[@]}"; do
      [[ ${1:-{{ store.name | sh }}} == {{ store.name | sh }} ]] || break
{%- if store.kind == "s3" %}
      keys="$(list_s3 {{ store.bucket | sh }} {{ store.region | sh }} {{ store.account | sh }} "$class/$NAME/")" ||
        { say "note: the store {{ store.name | comment }} cannot be asked" && break; }
{%- else %}
      keys="$(list_blob {{ store.storage_account | sh }} {{ store.container | sh }} "$class/$NAME/")" ||
        { say "note: the store {{ store.name | comment }} cannot be asked" && break; }
{%- endif %}
      # Words of one line, or lines; no key has a space.
      for key in $keys; do
        if [[ $key == "$class/$NAME/"*/manifest.json ]]; then
          key="${key%/manifest.json}"
          printf '%s\t%s\t%s\n' "${key##*/}" {{ store.name | sh }} "$key"
        fi
      done
    done
{%- endfor %}
    while [[ ${1:-local} == local ]] && read -r run; do
      [[ -z $run ]] || printf '%s\tlocal\t%s\n' "${run##*/}" "$run"
    done < <(list_runs)
  } | sort --stable --key=1,1
}

# Sets RUN_STAMP, PLACE and RUN_PATH to the newest run that fits what is asked for. Either may be empty: a
# stamp, and a place.
choose_run() {
  STEP='looking for the run'
  local stamp place path
  RUN_STAMP=''
  while IFS=$'\t' read -r stamp place path; do
    if [[ -n $stamp && ${1:-$stamp} == "$stamp" && ${2:-$place} == "$place" ]]; then
      RUN_STAMP="$stamp"
      PLACE="$place"
      RUN_PATH="$path"
    fi
  done < <(all_runs "$2")
  [[ -n $RUN_STAMP ]] || fail "there is no such run{% if not stores %} in $BASE{% endif %}: see what list says"
  say "run $RUN_STAMP from $PLACE: $RUN_PATH"
}

# Makes a folder of this call's own, which goes when it ends.
make_work() {
  STEP='making a working folder'
  WORK="$(mktemp --directory "${BACKSTAY_WORK_DIR:-/var/tmp}/backstay.XXXXXX")"
}

# Sets RUN to the folder of the chosen run, fetched where it is not here, and verifies it.
fetch_run() {
  STEP="fetching $RUN_STAMP from $PLACE"
  RUN="$RUN_PATH"
{%- if stores %}
  if [[ $PLACE != local ]]; then
    RUN="$WORK/$RUN_STAMP"
    case "$PLACE" in
{%- for store in stores %}
      {{ store.name | sh }})
{%- if store.kind == "s3" %}
        aws_of {{ store.account | sh }} s3 cp s3://{{ store.bucket | sh }}/"$RUN_PATH" "$RUN" --recursive --region {{ store.region | sh }} --only-show-errors
{%- else %}
        mkdir -- "$WORK/blobs"
        blob download-batch --account-name {{ store.storage_account | sh }} --source {{ store.container | sh }} \
          --pattern "$RUN_PATH/*" --destination "$WORK/blobs" --no-progress --output none
        mv --no-target-directory -- "$WORK/blobs/$RUN_PATH" "$RUN"
{%- endif %}
        ;;
{%- endfor %}
    esac
  fi
{%- endif %}
  verify_sums "$RUN"
  [[ $(<"$RUN/manifest.json") == *$'\n  "stamp": '"$(json_string "$RUN_STAMP")"$',\n'* ]] || fail "$RUN_PATH holds another run than its name says"
}
