#!/bin/bash
# Names the source that backstay is built from, by its content.

set -euo pipefail

cd "$GITHUB_ACTION_PATH"
digest=$(find Cargo.toml Cargo.lock src templates -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
printf 'digest=%s\n' "${digest%% *}" >>"$GITHUB_OUTPUT"
