{#- The result of a drill, as backstay status reads it. Do not write a brace followed by a hash or a percent sign in
    the shell below. -#}
CHECKS=''
PASSED=true
BACKUP=null
RTO_SECONDS=null
RPO_SECONDS=null
FINISHED=false

# One JSON string.
json_text() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# check NAME PASSED DETAIL
check() {
  say "check $1: $2 ($3)"
  [[ $2 == true ]] || PASSED=false
  CHECKS+="${CHECKS:+, }{ \"name\": $(json_text "$1"), \"passed\": $2, \"detail\": $(json_text "$3") }"
}

# within NAME SECONDS LIMIT: a check against an objective, where there is one.
within() {
  [[ -n $3 && $2 != null ]] || return 0
  if (($2 <= $3)); then check "$1" true "$2 s of at most $3 s"; else check "$1" false "$2 s, and at most $3 s are allowed"; fi
}

# write_result KIND: once, into the folder of the drills{% if store %} and to the store {{ store.name | comment }}{% endif %}.
write_result() {
  $FINISHED && return
  FINISHED=true
  local folder=$DRILLS/$NAME file finished
  printf -v finished '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  file=$folder/$STAMP.json
  mkdir -p -- "$folder"
  printf '{\n  "version": 1,\n  "kind": "%s",\n  "database": %s,\n  "started": "%s",\n  "finished": "%s",\n  "backup": %s,\n  "rto_seconds": %s,\n  "rpo_seconds": %s,\n  "passed": %s,\n  "checks": [%s]\n}\n' \
    "$1" "$(json_text "$NAME")" "$STARTED" "$finished" "$BACKUP" "$RTO_SECONDS" "$RPO_SECONDS" "$PASSED" "$CHECKS" >"$file.new"
  mv -- "$file.new" "$file"
  say "result: $file"
{%- if store and store.kind == "s3" %}
  aws ${BACKSTAY_AWS_PROFILE_{{ store.account | sh }}:+--profile "$BACKSTAY_AWS_PROFILE_{{ store.account | sh }}"} s3 cp "$file" {{ ("s3://" ~ store.bucket ~ "/drills/" ~ name ~ "/") | sh }}"$STAMP.json" --region {{ store.region | sh }} --only-show-errors ||
    say "warning: the result did not reach the store {{ store.name | comment }}"
{%- elif store %}
  az storage blob upload --account-name {{ store.storage_account | sh }} --container-name {{ store.container | sh }} --auth-mode login \
    --name {{ ("drills/" ~ name ~ "/") | sh }}"$STAMP.json" --file "$file" --overwrite true --no-progress --only-show-errors --output none ||
    say "warning: the result did not reach the store {{ store.name | comment }}"
{%- endif %}
}
