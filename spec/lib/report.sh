# report.sh -- counts what passed, failed and was skipped, and says so.
#
# A suite is a function suite_NAME that calls passed, failed or skipped any number of times.
# Its lengthy output goes to the file that `log` names; of a failure the end of it is shown.
# shellcheck shell=sh disable=SC2034

total_passed=0
total_failed=0
total_skipped=0
failures=
logs=${PASSO_LOGS:-$root/build/logs}

usage_error() {
    echo "run.sh: $1" >&2
    exit 2
}

begin() { # suite
    suite=$1
    mkdir -p "$logs"
    log=$logs/$suite.log
    : >"$log"
    started=$(date +%s)
    printf '%-12s ' "$suite"
}

took() {
    echo "$(($(date +%s) - started)) s"
}

passed() { # count what
    total_passed=$((total_passed + $1))
    printf '%s passed (%s; %s)\n' "$1" "$2" "$(took)"
}

failed() { # passed failed what
    total_passed=$((total_passed + $1))
    total_failed=$((total_failed + $2))
    failures="$failures $suite"
    printf '%s passed, %s FAILED (%s; %s)\n' "$1" "$2" "$3" "$(took)"
    tail -n 60 "$log" | sed 's/^/    | /'
    echo "    all of it: $log"
}

skipped() { # count reason
    total_skipped=$((total_skipped + $1))
    printf '%s SKIPPED: %s\n' "$1" "$2"
}

# A tool that only says yes or no counts as one check.
verdict() { # exit-status what
    if [ "$1" -eq 0 ]; then
        passed 1 "$2"
    else
        failed 0 1 "$2"
    fi
}

summary() {
    [ -z "$failures" ] || echo "failed:$failures"
    echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
    [ "$total_failed" -eq 0 ]
}
