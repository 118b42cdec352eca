#!/bin/sh
# Plans one train, saves the plan with its renderings, and tells the pull or merge request in one comment.
#
#   PATCHTRAIN_TRAIN          the train; needed where there are several
#   PATCHTRAIN_DIR            the workspace, the folder that holds trains/ [default: .]
#   PATCHTRAIN_OUT            where the files go [default: patchtrain-plan]
#   PATCHTRAIN_LINK           where the whole plan can be looked at, for the comment
#   PATCHTRAIN_COMMENT_LIMIT  how many bytes a comment may have [default: patchtrain's, which is GitHub's]
#   PATCHTRAIN                the program [default: patchtrain]
#
# What comment.sh reads of the environment decides whether there is a comment. Left in PATCHTRAIN_OUT: plan (the saved
# plan), plan.md, plan.html, gitlab.json (the figures of GitLab's widget). Exits as `plan --detailed-exitcode` does, but
# with 0 where there is something to do: 5 means that a policy denies the plan, which is saved and shown all the same. Where
# there is no plan, a comment of an earlier one is replaced by that news.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${PATCHTRAIN_OUT:-patchtrain-plan}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out/plan" "$out/plan.md" "$out/plan.html" "$out/gitlab.json" "$out/before.md"

run_patchtrain() {
    "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color "$@"
}

code=0
run_patchtrain plan ${PATCHTRAIN_TRAIN:+--train "$PATCHTRAIN_TRAIN"} --out "$out/plan" --detailed-exitcode || code=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf 'exitcode=%s\nfolder=%s\n' "$code" "$out" >>"$GITHUB_OUTPUT"
fi
# Who was interrupted has no time for more.
[ "$code" -ne 130 ] || exit "$code"

# Without a plan a comment of an earlier one must not go on looking like the plan of this.
if [ ! -f "$out/plan" ]; then
    mark="<!-- patchtrain:plan:${PATCHTRAIN_TRAIN:+$PATCHTRAIN_TRAIN -->}"
    "$here/comment.sh" fetch "$mark" "$out/before.md"
    if [ -s "$out/before.md" ]; then
        head -n 1 "$out/before.md" >"$out/plan.md"
        # shellcheck disable=SC2016 # The backticks are Markdown's.
        printf '**There is no plan.** `patchtrain plan` ended with exit code %s%s; what stood here was the plan of an earlier commit.\n' \
            "$code" "${PATCHTRAIN_LINK:+, see [the log]($PATCHTRAIN_LINK)}" >>"$out/plan.md"
        "$here/comment.sh" post "$out/plan.md"
    fi
    rm -f "$out/before.md"
    exit "$code"
fi

markdown() {
    run_patchtrain show "$out/plan" --format markdown \
        ${PATCHTRAIN_COMMENT_LIMIT:+--comment-limit "$PATCHTRAIN_COMMENT_LIMIT"} \
        ${PATCHTRAIN_LINK:+--link "$PATCHTRAIN_LINK"} "$@" >"$out/plan.md.new"
    mv "$out/plan.md.new" "$out/plan.md"
}

run_patchtrain show "$out/plan" --format html >"$out/plan.html"
run_patchtrain show "$out/plan" --format gitlab >"$out/gitlab.json"
markdown
# The first line is the mark by which the comment of an earlier plan is found.
mark=$(head -n 1 "$out/plan.md")
"$here/comment.sh" fetch "$mark" "$out/before.md"
if [ -s "$out/before.md" ]; then
    markdown --since "$out/before.md"
fi
rm -f "$out/before.md"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/plan.md" >>"$GITHUB_STEP_SUMMARY"
"$here/comment.sh" post "$out/plan.md"

[ "$code" -ne 2 ] || code=0
exit "$code"
