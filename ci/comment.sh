#!/bin/sh
# Keeps one comment of a pull request (GitHub) or merge request (GitLab) up to date. It is found by its first line.
#
#   comment.sh fetch MARK FILE    writes what the comment says now to FILE; an empty file where there is none
#   comment.sh sole START FILE    the same of the one comment whose mark begins so; an empty file where there are several
#   comment.sh post FILE          makes the comment, or puts FILE in its place; its first line is the mark
#
# On GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, PATCHTRAIN_PULL (the number), GITHUB_TOKEN, and PATCHTRAIN_AUTHOR (whose
# comments are ours [default: github-actions[bot]]). On GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID,
# PATCHTRAIN_TOKEN (a project access token with the scope api; a job's own token may not comment).
#
# With PATCHTRAIN_COMMIT nothing is posted once the request has another commit at its head: runs end in any order, and the
# comment is the newest commit's.
#
# Without a number or a token there is nobody to tell, which is said and no error. Neither is a token that may not
# comment, as in a pull request from a fork. Any other failure is one: a comment that is left as it was shows a plan that
# is no longer the plan. Tokens go to curl on its standard input, never on a command line. Needs curl and jq.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

say() {
    printf '%s\n' "$*" >&2
}

if [ -n "${PATCHTRAIN_PULL:-}" ]; then
    token=${GITHUB_TOKEN:-}
    header='Authorization: Bearer'
    list="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues/$PATCHTRAIN_PULL/comments"
    one="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues/comments"
    whole="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/pulls/$PATCHTRAIN_PULL"
    head=.head.sha
    change=PATCH
    author=${PATCHTRAIN_AUTHOR:-github-actions[bot]}
    # shellcheck disable=SC2016 # $mark and $author are jq's.
    own='select((.body // "" | startswith($mark)) and .user.login == $author)'
elif [ -n "${CI_MERGE_REQUEST_IID:-}" ]; then
    token=${PATCHTRAIN_TOKEN:-}
    header='PRIVATE-TOKEN:'
    whole="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID"
    head=.sha
    list=$whole/notes
    one=$list
    change=PUT
    author=
    # shellcheck disable=SC2016
    own='select((.body // "" | startswith($mark)) and (.author.id | tostring) == $author)'
else
    token=
    list=
fi

# Calls the API: method, URL, and the file that holds the body, if any. The answer goes to $work/answer, its status to
# $status.
call() {
    # Redirects are not followed: curl would take a header of ours along.
    status=$(printf 'header = "%s %s"\n' "$header" "$token" | curl --config - --silent --show-error \
        --connect-timeout 10 --max-time 60 --request "$1" --header 'Content-Type: application/json' \
        --user-agent patchtrain --output "$work/answer" --write-out '%{http_code}' \
        ${3:+--data-binary "@$3"} "$2") || {
        say "the comment: $2 cannot be reached"
        exit 1
    }
}

# Ends the script where the call did not succeed.
succeeded() {
    case $status in
        2??) ;;
        403)
            # Only where there is nothing yet that would go stale, and it is not that too much was asked.
            if [ -z "${id:-}" ] && ! grep -qi 'rate limit' "$work/answer"; then
                say "the comment: this token may not $1 (HTTP $status); nobody is told, as in pull requests from forks"
                exit 0
            fi
            say "the comment: this token may not $1 (HTTP $status)"
            head -c 500 "$work/answer" >&2
            exit 1
            ;;
        *)
            say "the comment: cannot $1: HTTP $status from $2"
            head -c 500 "$work/answer" >&2
            exit 1
            ;;
    esac
}

# Finds our comments whose text begins so: the id of the first goes to $id, empty for none; what it says to $work/body; all
# to $work/own, a line each.
find() {
    id=
    : >"$work/own"
    if [ -z "$author" ]; then
        call GET "$CI_API_V4_URL/user"
        succeeded 'tell who it is' "$CI_API_V4_URL/user"
        author=$(jq -r '.id' "$work/answer")
    fi
    page=1
    while [ "$page" -le 100 ]; do
        call GET "$list?per_page=100&page=$page"
        succeeded 'list comments' "$list"
        jq -c --arg mark "$1" --arg author "$author" ".[] | $own" "$work/answer" >>"$work/own"
        [ "$(jq length "$work/answer")" -eq 100 ] || break
        page=$((page + 1))
    done
    if [ -s "$work/own" ]; then
        id=$(head -n 1 "$work/own" | jq -r '.id')
        head -n 1 "$work/own" | jq -j '.body' >"$work/body"
    fi
}

# Tells whether the request has gone on from the commit that this is of.
gone_on() {
    [ -n "${PATCHTRAIN_COMMIT:-}" ] || return 1
    call GET "$whole"
    succeeded 'look at the request' "$whole"
    newest=$(jq -r "$head // empty" "$work/answer")
    case $newest in
        '' | "$PATCHTRAIN_COMMIT"*) return 1 ;;
    esac
}

# A token that would end the line of curl's configuration early is none.
case $token in
    *[\"\\]* | *"
"*)
        say "the comment: the token holds what no token holds"
        exit 1
        ;;
esac
case ${1:-} in
    fetch | sole) : >"$3" ;;
esac
if [ -z "$list" ] || [ -z "$token" ]; then
    [ "${1:-}" != post ] || say "no comment: there is no pull or merge request here, or no token"
    exit 0
fi

case ${1:-} in
    fetch)
        find "$2"
        [ -z "$id" ] || cp "$work/body" "$3"
        ;;
    sole)
        find "$2"
        count=$(wc -l <"$work/own")
        if [ "$count" -gt 1 ]; then
            say "the comment: $count tell plans, and which of them this is about is not known: set PATCHTRAIN_TRAIN." \
                "They stay as they are"
        elif [ "$count" -eq 1 ]; then
            cp "$work/body" "$3"
        fi
        ;;
    post)
        find "$(head -n 1 "$2")"
        if gone_on; then
            say "no comment: this is of commit $PATCHTRAIN_COMMIT, and the request is at $newest by now"
            exit 0
        fi
        jq -Rs '{ body: . }' <"$2" >"$work/request"
        if [ -n "$id" ]; then
            call "$change" "$one/$id" "$work/request"
            succeeded 'change the comment' "$one/$id"
            say "the comment $id is up to date"
        else
            call POST "$list" "$work/request"
            succeeded comment "$list"
            say "the comment $(jq -r '.id' "$work/answer") was made"
        fi
        ;;
    *)
        say "usage: comment.sh fetch MARK FILE | comment.sh sole START FILE | comment.sh post FILE"
        exit 64
        ;;
esac
