#!/bin/sh
# Applies a saved plan: exactly it, or nothing.
#
#   apply.sh FILE [OPTION...]   FILE as plan.sh leaves it; options are those of `patchtrain apply`, such as --wait
#
#   PATCHTRAIN_DIR   the workspace, the folder that holds trains/ [default: .]
#   PATCHTRAIN       the program [default: patchtrain]
#
# The program takes the script's place, so that a signal of the CI system reaches it: it then saves the state and ends
# with 130 within seconds, and the same plan goes on with the next run. Call it as the last thing, with `exec` as well.
set -eu

plan=$1
shift
plan=$(cd "$(dirname "$plan")" && pwd)/$(basename "$plan")
exec "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color apply "$plan" "$@"
