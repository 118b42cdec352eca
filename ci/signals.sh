# shellcheck shell=sh
# Runs programs so that a signal to the script that reads this reaches them: by itself, a shell first waits for their end. So
# a CI system's cancelling has them end as they do when they are interrupted, before it kills what is left. Read by plan.sh
# and audit.sh; apply.sh has the program take its place.
#
#   run COMMAND...   runs it to its end and returns its exit code; 130 where this script was interrupted

interrupted=
child=

interrupt() {
    interrupted=yes
    # SIGTERM whichever it was: what a script runs in the background ignores SIGINT, unless it says otherwise.
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :
}
trap interrupt INT TERM

run() {
    [ -z "$interrupted" ] || return 130
    "$@" &
    child=$!
    # One that came before its number was known.
    [ -z "$interrupted" ] || kill -TERM "$child" 2>/dev/null || :
    ended=0
    wait "$child" || ended=$?
    # A signal ends the waiting, and not what is waited for.
    while kill -0 "$child" 2>/dev/null; do
        ended=0
        wait "$child" || ended=$?
    done
    child=
    [ -z "$interrupted" ] || ended=130
    return "$ended"
}
