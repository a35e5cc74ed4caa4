#!/bin/bash
# Runs backstay with the action's inputs, and tells the job where the reports are and how it ended.

set -euo pipefail

case $COMMAND in
  check | drift | status | validate) ;;
  *)
    printf '::error title=backstay::command is none, check, drift, status or validate\n'
    exit 2
    ;;
esac

# Words separated by blanks or line ends, with no other meaning in them.
read -r -d '' -a paths <<<"$POLICIES" || true
read -r -d '' -a more <<<"$ARGUMENTS" || true
reports=$RUNNER_TEMP/backstay-reports
rm -rf "$reports"
mkdir -p "$reports"
run=(backstay "$COMMAND" --format github)
for format in sarif json markdown; do
  run+=(--report "$format=$reports/backstay.$format")
done
if [[ ${BASELINE-} ]]; then run+=("--baseline=$BASELINE"); fi
if [[ ${FROM-} ]]; then run+=("--from=$FROM"); fi
if [[ ${FAIL_ON-} ]]; then run+=("--fail-on=$FAIL_ON"); fi

code=0
"${run[@]}" "${more[@]}" -- "${paths[@]}" || code=$?

printf 'code=%s\n' "$code" >>"$GITHUB_OUTPUT"
for format in sarif json markdown; do
  # Without a policy that can be read there is no report.
  if [[ -f $reports/backstay.$format ]]; then
    printf '%s=%s\n' "$format" "$reports/backstay.$format" >>"$GITHUB_OUTPUT"
  fi
done
if [[ -f $reports/backstay.markdown ]]; then
  cat "$reports/backstay.markdown" >>"$GITHUB_STEP_SUMMARY"
fi
