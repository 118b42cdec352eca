#!/bin/sh
# Looks for drift and writes the reports of a fleet: what a schedule runs.
#
#   PATCHTRAIN_DIR          the workspace, the folder that holds trains/ [default: .]
#   PATCHTRAIN_OUT          where the files go [default: patchtrain-audit]
#   PATCHTRAIN_AUDIT_SINCE  since when the history is told [default: 31 days ago]
#   PATCHTRAIN              the program [default: patchtrain]
#
# Left in PATCHTRAIN_OUT: drift.json, report.html, report.xml (JUnit), report.sarif, audit.html, audit.json. One that fails
# does not keep the others. Exits with 2 where there is drift and all else went well, else with the first code that tells
# of an error.
set -eu

out=${PATCHTRAIN_OUT:-patchtrain-audit}
mkdir -p "$out"
out=$(cd "$out" && pwd)
since=${PATCHTRAIN_AUDIT_SINCE:-$(date -u -d "@$(($(date +%s) - 31 * 86400))" +%Y-%m-%d)}

failed=0
run_patchtrain() {
    code=0
    "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color "$@" || code=$?
    # Drift is no error, and an error is more than drift.
    if [ "$failed" -eq 0 ] || { [ "$failed" -eq 2 ] && [ "$code" -ne 0 ]; }; then
        failed=$code
    fi
}

run_patchtrain drift --format json >"$out/drift.json"
run_patchtrain report --out "$out/report.html" --out "$out/report.xml" --out "$out/report.sarif"
run_patchtrain audit --since "$since" --out "$out/audit.html"
run_patchtrain audit --since "$since" --out "$out/audit.json"
exit "$failed"
