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
    # What is killed loses nothing that it wrote: a file system in memory will do, and is not waited for.
    folder=${TMPDIR:-/tmp}
    [ ! -w /dev/shm ] || folder=/dev/shm
    # shellcheck disable=SC2086 # no argument at all, or one
    run_counted "executions stopped at a commit, or killed under load" \
        env TMPDIR="$folder" lua5.4 spec/crash/run.lua $all
}

# Several processes on one store; a sample, with --all the link that is cut and the server that restarts, too.
suite_fleet() {
    all=
    [ "$thorough" = no ] || all=--all
    # shellcheck disable=SC2086 # no argument at all, or one
    run_counted "fleets of processes on one store" lua5.4 spec/fleet/run.lua $all
}

suite_simulation() {
    seconds=25
    [ "$thorough" = no ] || seconds=600
    run_counted "simulated deployments" lua5.4 spec/simulation/run.lua --count 1000000 --seconds $seconds
}

# The store's threads under the thread sanitizer. It follows no fork: trouble_test, whose children have threads, is
# left to the address sanitizer.
suite_tsan() {
    if ! cmake --preset tsan >>"$log" 2>&1 ||
        ! cmake --build --preset tsan --target store_group_test store_power_loss passo_core_5.4 passo_net_core_5.4 \
            passo_sqlite_core_5.4 >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    good=0
    bad=0
    runtime=$(gcc -print-file-name=libtsan.so)
    for run in "build/tsan/c/store_group_test" "build/tsan/c/store_power_loss 20"; do
        # shellcheck disable=SC2086 # a program and its arguments
        if timeout 300 $run >>"$log" 2>&1; then good=$((good + 1)); else bad=$((bad + 1)); fi
    done
    lua_paths "$root/build/tsan"
    # What the specs start must do without it: a shell crashes under it.
    if timeout 300 env "LD_PRELOAD=$runtime" lua5.4 -e 'require("luv").os_unsetenv "LD_PRELOAD"' \
        "$(command -v busted)" -o plainTerminal spec/port_spec.lua >>"$log" 2>&1; then
        good=$((good + 1))
    else
        bad=$((bad + 1))
    fi
    if [ "$bad" -gt 0 ]; then
        failed "$good" "$bad" "the store's threads"
    else
        passed "$good" "the store's threads"
    fi
}
