# suites_survive.sh -- executions that survive: killed at every commit, and simulated with everything that goes wrong.
# shellcheck shell=sh disable=SC2154

# A runner that closes with `N passed, N failed, N skipped`, in the release build.
run_counted() { # what command...
    what=$1
    shift
    if ! build release >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    with_build release "$@" >>"$log" 2>&1
    status=$?
    read_counts
    [ $status -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    if [ "$bad" -gt 0 ]; then
        failed "$good" "$bad" "$what"
    else
        passed "$good" "$what"
    fi
    if [ "$left" -gt 0 ]; then
        printf '%-12s ' ""
        skipped "$left" "$(skip_reasons)"
    fi
}

# A sample; with --all every commit of every scenario.
suite_crash() {
    all=
    [ "$thorough" = no ] || all=--all
    # shellcheck disable=SC2086 # no argument at all, or one
    run_counted "executions stopped at a commit, or killed under load" lua5.4 spec/crash/run.lua $all
}

suite_simulation() {
    seconds=25
    [ "$thorough" = no ] || seconds=600
    run_counted "simulated deployments" lua5.4 spec/simulation/run.lua --count 1000000 --seconds $seconds
}
