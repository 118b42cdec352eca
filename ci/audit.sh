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
# of an error: one that ends with 2 and is not asked for drift has failed. On GitHub the output `sarif` is the path of that
# file, where there is one.
set -eu

out=${PATCHTRAIN_OUT:-patchtrain-audit}
mkdir -p "$out"
out=$(cd "$out" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# What an earlier run left would pass for this one's.
rm -f "$out/drift.json" "$out/report.html" "$out/report.xml" "$out/report.sarif" "$out/audit.html" "$out/audit.json"
# shellcheck source=ci/signals.sh
. "$here/signals.sh"
since=${PATCHTRAIN_AUDIT_SINCE:-$(date -u -d "@$(($(date +%s) - 31 * 86400))" +%Y-%m-%d)}

drifted=0
failed=0
run_patchtrain() {
    code=0
    run "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color "$@" || code=$?
    # Who was interrupted has no time for more.
    [ "$code" -ne 130 ] || exit "$code"
    case $1:$code in
        *:0) ;;
        drift:2) drifted=2 ;;
        *:2) [ "$failed" -ne 0 ] || failed=1 ;;
        *) [ "$failed" -ne 0 ] || failed=$code ;;
    esac
}

run_patchtrain drift --format json >"$out/drift.json"
run_patchtrain report --out "$out/report.html" --out "$out/report.xml" --out "$out/report.sarif"
run_patchtrain audit --since "$since" --out "$out/audit.html"
run_patchtrain audit --since "$since" --out "$out/audit.json"
if [ -n "${GITHUB_OUTPUT:-}" ] && [ -s "$out/report.sarif" ]; then
    printf 'sarif=%s\n' "$out/report.sarif" >>"$GITHUB_OUTPUT"
fi
[ "$failed" -ne 0 ] || failed=$drifted
exit "$failed"
