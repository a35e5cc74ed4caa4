{#- What is asked of a store: the manifests below a prefix. As in common.sh, no brace before a hash or a percent. -#}
{% set kinds = [store.kind for store in stores] -%}
{% if "s3" in kinds -%}
# Gives a command to AWS as who acts in an account: a profile of the AWS configuration, where one is named.
aws_of() {
  local profile="BACKSTAY_AWS_PROFILE_$1"
  shift
  aws ${!profile:+--profile "${!profile}"} "$@"
}

list_s3() {
  aws_of "$3" s3api list-objects-v2 --bucket "$1" --region "$2" --expected-bucket-owner "$3" --prefix "$4" \
    --query "Contents[?ends_with(Key, '/manifest.json')].Key" --output text
}
{% endif -%}
{% if "s3" in kinds and "blob" in kinds %}
{% endif -%}
{% if "blob" in kinds -%}
blob() { az storage blob "$@" --auth-mode login --only-show-errors; }

list_blob() {
  # Without --num-results az stops at 5000 blobs.
  blob list --account-name "$1" --container-name "$2" --prefix "$3" --num-results '*' \
    --query "[?ends_with(name, '/manifest.json')].name" --output tsv
}
{% endif -%}
