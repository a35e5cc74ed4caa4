#!/bin/bash
# What brings the clouds back to the policy, in an order that protects first: protection and copies, then
# longer retention, then what is missing or different, and last what would lower a protection.
# Written by `backstay drift --fix-script` from what it saw. Read it: nothing below runs unless it is told
# to, and backstay itself never changes a cloud.
#
# Usage: bash THIS-FILE [--apply] [--lower] [STEP...]
#   --apply  run the steps, or those that are named by their numbers, and stop at the first that fails;
#            without it they are only listed
#   --lower  run as well those that lower what protects more than the policy asks for
#
# Needs the command-line clients of the clouds, with credentials that may change what is named below. A
# step of an account that the credentials do not belong to is left. Steps that name rendered files need
# the root of the repository as the current folder.
# Needs bash 5 (macOS has 3.2, which is told and stops here).
# Exit code: 0 all is run or listed, 1 a step failed or was left, 2 wrong usage.
{%- if unread %}
#
# {{ unread }} could not be read: this is not all.
{%- endif %}

((BASH_VERSINFO[0] >= 5)) || { echo "bash 5 is needed, this is $BASH_VERSION" >&2 && exit 1; }
set -euo pipefail
{%- if steps %}
shopt -s inherit_errexit
export LC_ALL=C AWS_PAGER=''

APPLY=false
{%- if lowers %}
LOWER=false
{%- endif %}
LEFT=false
STEPS=
{%- if accounts %}
CALLER=
{%- endif %}
for word in "$@"; do
  case $word in
    --apply) APPLY=true ;;
    --lower) {% if lowers %}LOWER=true {% endif %};;
    '' | *[!0-9]*)
      printf 'Usage: bash %s [--apply] [--lower] [STEP...]\n' "${0##*/}" >&2
      exit 2
      ;;
    *) STEPS+=" $word " ;;
  esac
done

# step NUMBER NAME: whether it is to run.
step() {
  if [[ $STEPS && $STEPS != *" $1 "* ]]; then return 1; fi
  if $APPLY; then
    printf '%s. %s\n' "$1" "$2"
  else
    printf '%s. %s: runs with --apply\n' "$1" "$2"
    return 1
  fi
}
{%- if accounts %}

# of ACCOUNT REGION: whether the credentials are this account's.
of() {
  if [[ -z $CALLER ]]; then
    CALLER=$(aws sts get-caller-identity --region "$2" --query Account --output text) || CALLER=unknown
  fi
  if [[ $CALLER != "$1" ]]; then
    printf '   left: it is in account %s, the credentials belong to %s\n' "$1" "$CALLER"
    LEFT=true
    return 1
  fi
}
{%- endif %}
{%- if lowers %}

# lowers: whether what protects more than the policy asks for may be lowered.
lowers() {
  if ! $LOWER; then
    printf '   left: it would lower a protection; --lower lowers it\n'
    LEFT=true
    return 1
  fi
}
{%- endif %}
{%- for step in steps %}
{% for note in step.notes %}
# {{ note | comment }}
{%- endfor %}
if step {{ step.number }} {{ step.resource | sh }}{% if step.lowers %} && lowers{% endif %}{% if step.account %} && of {{ step.account[0] | sh }} {{ step.account[1] | sh }}{% endif %}; then
{%- for line in step.lines %}
  {{ line }}
{%- endfor %}
fi
{%- endfor %}

if $LEFT; then exit 1; fi
{%- endif %}
{%- if by_hand %}

# No command does these:
{%- for note in by_hand %}
#
# {{ note.text | comment }}
#   {{ note.fix | comment }}
{%- endfor %}
{%- endif %}
{%- if not steps and not by_hand %}

# There is nothing to bring back.
{%- endif %}
