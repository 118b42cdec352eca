#!/bin/sh
# Applies a saved plan: exactly it, or nothing.
#
#   apply.sh FILE [OPTION...]   FILE as plan.sh leaves it; options are those of `patchtrain apply`, such as --wait
#
#   PATCHTRAIN_DIR        the workspace, the folder that holds trains/ [default: .]
#   PATCHTRAIN_APPROVALS  what `patchtrain approve` wrote to FILE.approvals, of all who have signed; it is put there. Left out,
#                         the file is what it is. Nothing in it is secret. Needs jq
#   PATCHTRAIN            the program [default: patchtrain]
#
# The program takes the script's place, so that a signal of the CI system reaches it: it then saves the state and ends
# with 130 within seconds, and the same plan goes on with the next run. Call it as the last thing, with `exec` as well.
set -eu

plan=$1
shift
plan=$(cd "$(dirname "$plan")" && pwd)/$(basename "$plan")
if [ -n "${PATCHTRAIN_APPROVALS:-}" ]; then
    # A line each, whatever a form made of the ends of lines.
    printf '%s' "$PATCHTRAIN_APPROVALS" | jq -c . >"$plan.approvals.new" || {
        rm -f "$plan.approvals.new"
        echo "PATCHTRAIN_APPROVALS is not what \`patchtrain approve\` wrote: nothing was applied" >&2
        exit 1
    }
    mv "$plan.approvals.new" "$plan.approvals"
fi
exec "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color apply "$plan" "$@"
