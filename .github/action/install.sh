#!/bin/bash
# Builds backstay from the commit that the action is pinned to, unless it was found built, and puts it on
# the path of the job's next steps.

set -euo pipefail

if [[ ${BUILT-} != true ]]; then
  cargo install --locked --path "$GITHUB_ACTION_PATH" --root "$RUNNER_TEMP/backstay" \
    --target-dir "$RUNNER_TEMP/backstay-build"
fi
"$RUNNER_TEMP/backstay/bin/backstay" --version
printf '%s\n' "$RUNNER_TEMP/backstay/bin" >>"$GITHUB_PATH"
