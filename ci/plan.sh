#!/bin/sh
# Plans one train, saves the plan with its renderings, and tells the pull or merge request in one comment.
#
#   PATCHTRAIN_TRAIN          the train; needed where there are several
#   PATCHTRAIN_DIR            the workspace, the folder that holds trains/ [default: .]
#   PATCHTRAIN_OUT            where the files go [default: patchtrain-plan]
#   PATCHTRAIN_LINK           where the whole plan can be looked at, for the comment
#   PATCHTRAIN_COMMIT         the commit that is planned, which the comment names [default: GitLab's variables]
#   PATCHTRAIN_COMMENT_LIMIT  how many bytes a comment may have [default: patchtrain's, which is GitHub's]
#   PATCHTRAIN                the program [default: patchtrain]
#
# What comment.sh reads of the environment decides whether there is a comment. Left in PATCHTRAIN_OUT: plan (the saved
# plan), plan.md, plan.html, gitlab.json (the figures of GitLab's widget). Exits as `plan --detailed-exitcode` does, but
# with 0 where there is something to do: 5 means that a policy denies the plan, which is saved and shown all the same. Where
# there is no plan, a comment of an earlier one is replaced by that news. Ends with 130 where it is interrupted, once the
# program has ended.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${PATCHTRAIN_OUT:-patchtrain-plan}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out/plan" "$out/plan.approvals" "$out/plan.md" "$out/plan.html" "$out/gitlab.json" "$out/before.md"
# In a pipeline of merged results GitLab's commit is one that nobody has made: the other is the branch's.
PATCHTRAIN_COMMIT=${PATCHTRAIN_COMMIT:-${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-${CI_COMMIT_SHA:-}}}
export PATCHTRAIN_COMMIT
# shellcheck source=ci/signals.sh
. "$here/signals.sh"

run_patchtrain() {
    run "${PATCHTRAIN:-patchtrain}" --chdir "${PATCHTRAIN_DIR:-.}" --no-color "$@"
}

comment() {
    run "$here/comment.sh" "$@"
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
    # A train's name stands in the mark as it is.
    if [ -n "${PATCHTRAIN_TRAIN:-}" ]; then
        comment fetch "<!-- patchtrain:plan:$PATCHTRAIN_TRAIN -->" "$out/before.md"
    else
        comment sole '<!-- patchtrain:plan:' "$out/before.md"
    fi
    if [ -s "$out/before.md" ]; then
        printf '%s\n' "$(head -n 1 "$out/before.md" | tr -d '\r')" >"$out/plan.md"
        # shellcheck disable=SC2016 # The backticks are Markdown's.
        printf '**There is no plan.** `patchtrain plan`%s ended with exit code %s%s; what stood here was the plan of an earlier commit.\n' \
            "${PATCHTRAIN_COMMIT:+ of commit $PATCHTRAIN_COMMIT}" "$code" \
            "${PATCHTRAIN_LINK:+, see [the log]($PATCHTRAIN_LINK)}" >>"$out/plan.md"
        comment post "$out/plan.md"
    fi
    rm -f "$out/before.md"
    exit "$code"
fi

markdown() {
    run_patchtrain show "$out/plan" --format markdown \
        ${PATCHTRAIN_COMMENT_LIMIT:+--comment-limit "$PATCHTRAIN_COMMENT_LIMIT"} \
        ${PATCHTRAIN_COMMIT:+--commit "$PATCHTRAIN_COMMIT"} \
        ${PATCHTRAIN_LINK:+--link "$PATCHTRAIN_LINK"} "$@" >"$out/plan.md.new"
    mv "$out/plan.md.new" "$out/plan.md"
}

run_patchtrain show "$out/plan" --format html >"$out/plan.html"
run_patchtrain show "$out/plan" --format gitlab >"$out/gitlab.json"
markdown
# The first line is the mark by which the comment of an earlier plan is found.
comment fetch "$(head -n 1 "$out/plan.md")" "$out/before.md"
if [ -s "$out/before.md" ]; then
    markdown --since "$out/before.md"
fi
rm -f "$out/before.md"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/plan.md" >>"$GITHUB_STEP_SUMMARY"
comment post "$out/plan.md"

[ "$code" -ne 2 ] || code=0
exit "$code"
