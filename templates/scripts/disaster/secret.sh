{#- How a restored database's host gets to the applications. Do not write a brace followed by a hash or a percent
    sign in the shell below: the template engine would take it for its own. -#}
# url_text TEXT: percent-encoded, byte by byte.
url_text() {
  local text=$1 at character encoded=''
  for ((at = 0; at < {% raw %}${#text}{% endraw %}; at++)); do
    character=${text:at:1}
    case $character in
      [A-Za-z0-9._~-]) encoded+=$character ;;
      *)
        printf -v character '%d' "'$character"
        printf -v character '%%%02X' "$((character & 255))"
        encoded+=$character
        ;;
    esac
  done
  printf '%s' "$encoded"
}

# Sets URL to the text of the secret; to nothing, where it is not there yet.
read_secret() {
  local where=${BACKSTAY_CONNECTION_SECRET-} region=${BACKSTAY_SECRET_REGION:-$TARGET_REGION}
  local kind=${where%%:*} name=${where#*:}
  URL=''
  case $kind in
    '') return ;;
    secretsmanager) URL=$(aws secretsmanager get-secret-value --region "$region" --secret-id "$name" --query SecretString --output text 2>/dev/null) || URL='' ;;
    ssm) URL=$(aws ssm get-parameter --region "$region" --name "$name" --with-decryption --query Parameter.Value --output text 2>/dev/null) || URL='' ;;
    keyvault) URL=$(az keyvault secret show --vault-name "${name%%/*}" --name "${name#*/}" --query value --output tsv 2>/dev/null) || URL='' ;;
    *) fail 'BACKSTAY_CONNECTION_SECRET starts with secretsmanager:, ssm: or keyvault:' ;;
  esac
}

# The secret's own text, in which host and port are replaced: neither the login nor the password is shown, or is on any
# command line.
give_connection_string() {
  local where=${BACKSTAY_CONNECTION_SECRET-} kind name url rest login region=${BACKSTAY_SECRET_REGION:-$TARGET_REGION}
  if [[ -z $where ]]; then
    say "no BACKSTAY_CONNECTION_SECRET: give $HOST:$PORT to the applications by hand"
    return
  fi
  kind=${where%%:*}
  name=${where#*:}
  read_secret
  url=$URL
  if [[ $url == [a-z]*://*@*/* ]]; then
    rest=${url#*://}
    url=${url%%://*}://${rest%@*}@$HOST:$PORT/${rest#*@*/}
  else
    [[ -z $url ]] || fail "the secret $name holds no URL {{ scheme }}://user:password@host:port/database: it is left alone"
    login={% if provider %}${PGUSER-}{% else %}${BACKSTAY_LOGIN-}{% endif %}
    [[ -r ${BACKSTAY_PASSWORD_FILE-} && -n $login && -n ${PGDATABASE-} ]] ||
      fail "the secret $name is not there yet: set {% if provider %}PGUSER{% else %}BACKSTAY_LOGIN{% endif %}, PGDATABASE and BACKSTAY_PASSWORD_FILE"
    url="{{ scheme }}://$(url_text "$login"):$(url_text "$(<"$BACKSTAY_PASSWORD_FILE")")@$HOST:$PORT/$(url_text "$PGDATABASE"){% if scheme == "postgresql" %}?sslmode={% if provider %}require{% else %}{{ connection.sslmode }}{% endif %}{% endif %}"
  fi
  case $kind in
    secretsmanager)
      printf '%s' "$url" | aws secretsmanager put-secret-value --region "$region" --secret-id "$name" --secret-string file:///dev/stdin --output text >/dev/null
      ;;
    ssm)
      printf '%s' "$url" | aws ssm put-parameter --region "$region" --name "$name" --type SecureString --overwrite --value file:///dev/stdin --output text >/dev/null
      ;;
    keyvault)
      printf '%s' "$url" | az keyvault secret set --vault-name "${name%%/*}" --name "${name#*/}" --file /dev/stdin --encoding utf-8 --output none
      ;;
  esac
  say "$where names $HOST:$PORT now"
}

connection() {
  if $DRY_RUN; then
    say "would put the new host into ${BACKSTAY_CONNECTION_SECRET:-nothing, since BACKSTAY_CONNECTION_SECRET is not set}"
    return
  fi
  recall_endpoint
  give_connection_string
}
