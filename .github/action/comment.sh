#!/bin/bash
# Makes the report a comment of the pull request: the one of the last run is updated.

set -euo pipefail

if [[ -z ${COMMENT-} ]]; then exit 0; fi
comments=repos/$REPOSITORY/issues/$NUMBER/comments
# The report's first line says what it is; what others wrote is left alone.
marker=$(head -n 1 "$COMMENT")
export marker
ours='.[] | select(.user.type == "Bot" and (.body | startswith(env.marker))) | .id'
before=$(gh api --paginate "$comments" --jq "$ours" | tail -n 1)
if [[ $before ]]; then
  gh api --silent --method PATCH "repos/$REPOSITORY/issues/comments/$before" --field "body=@$COMMENT"
else
  gh api --silent --method POST "$comments" --field "body=@$COMMENT"
fi
