#!/bin/bash
# Runs the backstay of this commit. It is built once, of the versions that Cargo.lock names, where pre-commit
# keeps this repository; what the hooks do needs no cloud.

set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=$source/target/hook
if [[ ! -x $built/bin/backstay ]]; then
  # Elsewhere than in the repository that is committed to, whose settings of cargo are none of ours.
  (cd "$source" && cargo install --quiet --locked --no-default-features --path . --root "$built" --target-dir target) >&2
fi
exec "$built/bin/backstay" "$@"
