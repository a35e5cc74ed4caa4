{#- How a run gets into the stores. As in common.sh, no brace before a hash or a percent. -#}
# The key of this run in a store, under a class and its current period.
key_of() {
  local stamp="${RUN##*/}" period='%Y-%m-%d'
  case "$1" in
    yearly) period='%Y' ;;
    monthly) period='%Y-%m' ;;
    weekly) period='%G-W%V' ;;
  esac
  period="$(date --date="${stamp%T*}" "+$period")" || return 1
  printf '%s/%s/%s/%s' "$1" "$NAME" "$period" "$stamp"
}

# Sets KEY to where this run belongs in a store, or to nothing where the store already has it. The
# first good dump of a period becomes that period's: when the one of the 1st fails, the 2nd is the
# monthly. Of the classes that still lack theirs, the one that is kept longest gets this run.
# "$@" is the command that lists the manifests under the prefix that it gets as its last argument.
choose_key() {
  local class key found best='' days=0
  for class in "${CLASSES[@]}"; do
    key="$(key_of "$class")" || return 1
    # A list that cannot be read must not pass for an empty one.
    found="$("$@" "${key%/*}/")" || return 1
    if [[ $found == *"$key/manifest.json"* ]]; then
      KEY=''
      return
    fi
    if [[ $found != */manifest.json* ]] && ((CLASS_DAYS[$class] >= days)); then
      best="$class"
      days="${CLASS_DAYS[$class]}"
    fi
  done
  KEY="$(key_of "${best:-${CLASSES[0]}}")"
}

# In the functions below, errors are passed on by hand: bash ignores `set -e` where the caller looks
# at the result, as upload_run does to try every store. manifest.json always goes last, because its
# presence is what makes a dump complete.
{%- if "s3" in [store.kind for store in stores] %}

# The listing has made sure of the bucket's owner; "s3 cp" has no option for it.
upload_s3() {
  local store="$1" bucket="$2" region="$3" account="$4" KEY
  choose_key list_s3 "$bucket" "$region" "$account" || return 1
  if [[ -n $KEY ]]; then
    # S3 compares each file with its checksum before it takes it.
    aws_of "$account" s3 cp "$RUN" "s3://$bucket/$KEY" --recursive --exclude manifest.json --region "$region" \
      --checksum-algorithm SHA256 --only-show-errors --no-guess-mime-type || return 1
    aws_of "$account" s3api put-object --bucket "$bucket" --key "$KEY/manifest.json" --body "$RUN/manifest.json" \
      --checksum-algorithm SHA256 --content-type application/json --region "$region" --expected-bucket-owner "$account" \
      --output text >/dev/null || return 1
  fi
  say "store $store: ${KEY:-already there}"
}
{%- endif %}
{%- if "blob" in [store.kind for store in stores] %}

# What the store has of this run already, as size, tab, path.
stored_blobs() {
  local stored
  stored="$(blob list --account-name "$1" --container-name "$2" --prefix "$KEY/" --num-results '*' \
    --query '[].[properties.contentLength, name]' --output tsv)" || return 1
  sort <<<"${stored//$'\t'"$KEY/"/$'\t'}"
}

put_blob() {
  blob upload --account-name "$1" --container-name "$2" --name "$KEY/$3" --file "$RUN/$3" \
    --validate-content --overwrite false --no-progress --output none
}

upload_blob() {
  local store="$1" account="$2" container="$3" KEY stored lacking item
  choose_key list_blob "$account" "$container" || return 1
  if [[ -n $KEY ]]; then
    stored="$(stored_blobs "$account" "$container")" || return 1
    for item in "$RUN"/*/; do
      item="${item%/}"
      if [[ $stored != *$'\t'"${item##*/}/"* ]]; then
        blob upload-batch --account-name "$account" --destination "$container" --source "$item" \
          --destination-path "$KEY/${item##*/}" --validate-content --overwrite false --no-progress --output none || return 1
      fi
    done
    # upload-batch exits 0 whatever it left out: ask the store, and send the rest one by one. What is
    # there is never sent again, so that a failed upload can be repeated where nothing can be replaced.
    stored="$(stored_blobs "$account" "$container")" || return 1
    lacking="$(find "$RUN" -type f ! -name manifest.json -printf '%s\t%P\n' | sort |
      comm -23 - <(printf '%s\n' "$stored") | cut -f2)" || return 1
    for item in $lacking manifest.json; do
      put_blob "$account" "$container" "$item" || return 1
    done
  fi
  say "store $store: ${KEY:-already there}"
}
{%- endif %}

upload_run() {
  STEP='uploading'
  local failed=''
{%- for store in stores %}
{%- if store.kind == "s3" %}
  upload_s3 {{ store.name | sh }} {{ store.bucket | sh }} {{ store.region | sh }} {{ store.account | sh }} || failed+=" "{{ store.name | sh }}
{%- else %}
  upload_blob {{ store.name | sh }} {{ store.storage_account | sh }} {{ store.container | sh }} || failed+=" "{{ store.name | sh }}
{%- endif %}
{%- endfor %}
  [[ -z $failed ]] || fail "not uploaded to:$failed; the run stays in $RUN"
}

upload_newest() {
  STEP='finding the newest run'
  RUN="$(list_runs | tail -n 1)"
  [[ -n $RUN ]] || fail "there is no complete run in $BASE"
  # A run that was damaged since must neither be uploaded nor count as the one that is kept.
  verify_sums "$RUN"
  upload_run
}
