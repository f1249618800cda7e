# suites_test.sh -- the tests proper: C programs, busted under each Lua, conformance, fuzzing.
# shellcheck shell=sh disable=SC2154

# Every C test twice: with sanitizers and invariants, and optimised without optional libraries.
suite_c() {
    good=0
    bad=0
    for preset in asan minimal; do
        if ! build "$preset" >>"$log" 2>&1; then
            bad=$((bad + 1))
            continue
        fi
        ctest --test-dir "build/$preset" --output-on-failure -j "$(jobs)" >>"$log" 2>&1
        ran=$(sed -n 's/^.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
        lost=$(sed -n 's/^.*, \([0-9]*\) tests failed out of .*$/\1/p' "$log" | tail -n 1)
        good=$((good + ${ran:-0} - ${lost:-0}))
        bad=$((bad + ${lost:-0}))
    done
    if [ $bad -gt 0 ]; then
        failed $good $bad "C programs, asan and minimal"
    elif [ $good -eq 0 ]; then
        skipped 1 "there are no C tests"
    else
        passed $good "C programs, asan and minimal"
    fi
}

# Runs a command that finds passo in that build; a sanitized module needs its runtime loaded first.
# What hangs is ended, and thus fails, after a quarter of an hour.
with_build() ( # preset command...
    preset=$1
    shift
    lua_paths "$root/build/$preset"
    if [ "$preset" = asan ]; then
        # Only for the command itself: `timeout` would answer for its own leaks.
        set -- env "LD_PRELOAD=$(gcc -print-file-name=libasan.so)" UBSAN_OPTIONS=print_stacktrace=1 "$@"
    fi
    exec timeout 900 "$@"
)

# Reads the last `N passed, N failed, N skipped` of the log into good, bad and left.
read_counts() {
    counts=$(grep -a -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
    good=$(echo "$counts" | awk '{print $1 + 0}')
    bad=$(echo "$counts" | awk '{print $3 + 0}')
    left=$(echo "$counts" | awk '{print $5 + 0}')
}

# Why `left` cases were skipped, as the runners print it: "skip <count>  <reason>".
skip_reasons() {
    sed -n 's/^skip *\([0-9]*\)  /\1 of /p' "$log" | sort -t' ' -k1,1nr | head -n 4 | tr '\n' ';'
}

run_busted() { # interpreter preset options...
    interpreter=$1
    built=$2
    shift 2
    if ! build "$built" >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    if ! command -v "$interpreter" >/dev/null; then
        skipped 1 "no $interpreter on this machine"
        return
    fi
    with_build "$built" "$interpreter" "$(command -v busted)" -o plainTerminal "$@" >"$log" 2>&1
    status=$?
    # Now and then the leak sanitizer cannot stop the process to look at it: that says nothing of the process.
    if grep -aq '^==[0-9]*==LeakSanitizer has encountered a fatal error' "$log"; then
        echo "the leak sanitizer itself failed; once more"
        printf '%-12s ' ""
        with_build "$built" "$interpreter" "$(command -v busted)" -o plainTerminal "$@" >"$log" 2>&1
        status=$?
    fi
    counts=$(grep -a -E '^[0-9]+ success(es)? / [0-9]+ failures? / [0-9]+ errors? / [0-9]+ pending' "$log" | tail -n 1)
    good=$(echo "$counts" | awk '{print $1 + 0}')
    bad=$(echo "$counts" | awk '{print $4 + $7}')
    pending=$(echo "$counts" | awk '{print $10 + 0}')
    # A sanitizer's report after the last spec, or a crash before the counts, is a failure too.
    if [ -z "$counts" ] || { [ $status -ne 0 ] && [ "$bad" -eq 0 ]; }; then
        bad=1
    fi
    if [ "$bad" -gt 0 ]; then
        failed "$good" "$bad" "busted, $interpreter, $built build"
    else
        passed "$good" "busted, $interpreter, $built build"
    fi
    if [ "${pending:-0}" -gt 0 ]; then
        printf '%-12s ' ""
        skipped "$pending" "$(awk '/^Pending -> /{n = NR} n && NR == n + 2' "$log" |
            sed 's/^[^ ]*: //' | sort | uniq -c | sort -rn | head -n 4 | tr -s ' \n' ' ;')"
    fi
}

# Whatever Lua runs them, these try nginx's LuaJIT, two builds, or a server that is cut off: with LuaJIT, and --all
# with the others, too.
long_specs="--exclude-pattern=engine_nginx_spec --exclude-pattern=formats_spec --exclude-pattern=postgres_loss_spec"
unless_all() { [ "$thorough" = yes ] || echo "$*"; }

# shellcheck disable=SC2046 # patterns without spaces
suite_lua54() { run_busted lua5.4 release $(unless_all "$long_specs"); }
suite_luajit() { run_busted luajit release; }
# shellcheck disable=SC2046
suite_lua51() { run_busted lua5.1 release $(unless_all "$long_specs"); }
# shellcheck disable=SC2046
suite_minimal() { run_busted lua5.4 minimal $(unless_all "$long_specs"); }
# Left out: nginx loads the module without the sanitizer's runtime; sanitized objects hold data of their own.
# shellcheck disable=SC2046
suite_asan() {
    run_busted lua5.4 asan --exclude-pattern=nginx_spec --exclude-pattern=purity_spec --exclude-pattern=formats_spec \
        $(unless_all --exclude-pattern=examples_spec)
}

# Each Lua with its collector at its most eager, Lua 5.4 in both of its manners, and so every Lua that
# the specs start; the sanitizers see what is used after it died. They cannot see into LuaJIT's own
# memory, so nothing can be said of leaks there. What never meets C, or has a Lua of its own, is left out,
# and what reads every model there is: an eager collector takes a quarter of an hour for that. Lua 5.4's
# incremental collector meets what is left but for the few that take minutes so (whole models, every page of the
# documentation, storms of kills), the others the core's own, and its generational one only with --all, where
# they meet all.
suite_gc() {
    # shellcheck disable=SC2046 # words
    for collector in lua5.4 $([ "$thorough" = no ] || echo lua5.4,generational) luajit lua5.1; do
        [ "$collector" = lua5.4 ] || printf '%-12s ' ""
        ASAN_OPTIONS=detect_leaks=1
        [ "$collector" != luajit ] || ASAN_OPTIONS=detect_leaks=0
        PASSO_GC=${collector#*,}
        LUA_INIT=@$root/spec/boundary/gc_stress.lua
        export ASAN_OPTIONS PASSO_GC LUA_INIT
        set -- graph_spec nginx_spec purity_spec models_spec formats_spec postgres examples_spec store_sqlite \
            store_memory
        [ "$thorough" = yes ] || set -- "$@" client_spec docs_spec endpoint_spec engine_machines \
            engine_schedules engine_suspects migrate_spec
        if [ "$collector" != lua5.4 ] && [ "$thorough" = no ]; then
            set -- "$@" engine_hosts credentials cli_ routing_spec cassette_spec http_invoke_spec \
                mockfile_spec net_spec settings_spec sigv4_spec log_sink_spec items_s3_spec
        fi
        left_out=
        for pattern; do left_out="$left_out --exclude-pattern=$pattern"; done
        # shellcheck disable=SC2086 # patterns without spaces
        run_busted "${collector%,*}" asan $left_out
    done
    unset ASAN_OPTIONS PASSO_GC LUA_INIT
}

# Lua refuses every allocation in turn, in every function that C binds; nothing may be lost.
suite_boundary() {
    if ! build asan >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    good=0
    bad=0
    for program in build/asan/boundary/refusing_*; do
        [ -x "$program" ] || continue
        case $program in
        *_lua5.4) abi=5.4 ;;
        *) abi=5.1 ;;
        esac
        if timeout 900 "$program" "build/asan/lib/lua/$abi" spec/boundary/scenarios.lua \
            >>"$log" 2>&1; then
            good=$((good + 1))
        else
            bad=$((bad + 1))
        fi
    done
    runs=$(sed -n 's/^Lua.*: \([0-9]*\) runs.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    if [ $bad -gt 0 ]; then
        failed $good $bad "engines out of memory at every allocation"
    elif [ $good -eq 0 ]; then
        skipped 1 "no library of Lua to link with"
    else
        passed $good "engines out of memory at every allocation, $runs runs"
    fi
}

# The recorded executions of AWS and its emulator. What passed once must go on passing (the ratchet);
# what is known to differ is counted as skipped, never as passed.
suite_conformance() {
    if ! build release >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    if [ ! -d "$PASSO_CORPUS" ]; then
        skipped 1 "NO CONFORMANCE CORPUS at $PASSO_CORPUS; set PASSO_CORPUS to its folder"
        return
    fi
    ratchet=spec/conformance/ratchet.json
    [ -f $ratchet ] || ratchet=
    with_build release lua5.4 spec/conformance/run.lua ${ratchet:+--ratchet "$ratchet"} >"$log" 2>&1
    status=$?
    read_counts
    if [ $status -eq 0 ]; then
        passed "$good" "recorded cases; no fewer than before"
        known=$bad
    else
        fell=$(grep -a -c '^FELL ' "$log")
        known=0
        if [ -n "$ratchet" ] && [ "$fell" -gt 0 ]; then
            known=$bad
            bad=$fell
        fi
        [ "$bad" -gt 0 ] || bad=1
        failed "$good" "$bad" "recorded cases, or families that pass fewer than before"
    fi
    if [ "$known" -gt 0 ]; then
        printf '%-12s ' ""
        skipped "$known" "known to differ still: grep -a ^FAIL $log"
    fi
    if [ "$left" -gt 0 ]; then
        printf '%-12s ' ""
        skipped "$left" "$(skip_reasons)"
    fi
}

# The recorded executions again, each beside its own definition converted to JSONata.
suite_migrate() {
    if ! build release >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    if [ ! -d "$PASSO_CORPUS" ]; then
        skipped 1 "NO CONFORMANCE CORPUS at $PASSO_CORPUS; set PASSO_CORPUS to its folder"
        return
    fi
    with_build release lua5.4 spec/conformance/run.lua --migrate "$PASSO_CORPUS/asl" >"$log" 2>&1
    status=$?
    read_counts
    if [ $status -eq 0 ]; then
        passed "$good" "definitions converted to JSONata; $left were in JSONata"
    else
        [ "$bad" -gt 0 ] || bad=1
        failed "$good" "$bad" "definitions that differ in JSONata"
    fi
}

# Save and load anywhere, replay from anywhere: generated machines, then the recorded ones; and again
# generated ones with sanitizers.
suite_property() {
    count=300
    [ "$thorough" = no ] || count=3000
    places=
    [ -d "$PASSO_CORPUS" ] || places=--no-corpus
    total=0
    lost=0
    for preset in release asan; do
        if ! build $preset >>"$log" 2>&1; then
            lost=$((lost + 1))
            continue
        fi
        if [ $preset = asan ]; then
            places=--no-corpus
            count=$((count / 3))
        fi
        with_build $preset lua5.4 spec/property/run.lua --count $count $places >>"$log" 2>&1
        status=$?
        read_counts
        [ $status -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
        total=$((total + good))
        lost=$((lost + bad))
    done
    if [ $lost -gt 0 ]; then
        failed $total $lost "properties of executions"
    else
        passed $total "properties of executions, saved, loaded and replayed"
    fi
}

# Each target: its seeds as plain inputs, then a while of mutation. 
suite_fuzz() {
    if ! build fuzz >>"$log" 2>&1; then
        failed 0 1 "the build"
        return
    fi
    seconds=10
    [ "$thorough" = no ] || seconds=300
    find spec/fuzz -maxdepth 1 -name '*.c' -exec basename {} .c \; | sort |
        xargs -r -n 1 -P "$(jobs)" spec/lib/fuzz_one.sh $seconds "$logs/fuzz" >>"$log" 2>&1
    good=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^bad ' "$log")
    if [ "$bad" -gt 0 ]; then
        failed "$good" "$bad" "fuzz targets, $seconds s each"
    elif [ "$good" -eq 0 ]; then
        skipped 1 "there are no fuzz targets"
    else
        passed "$good" "fuzz targets, $seconds s each"
    fi
}
