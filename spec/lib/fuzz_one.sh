#!/bin/sh
# fuzz_one.sh SECONDS LOG TARGET -- one fuzz target for a while; prints "ok" or "bad" and its name.
# Its seeds are spec/fuzz/seeds/TARGET; what it learns stays in build/fuzz/corpus/TARGET.
set -u
seconds=$1
log=$2-$3
corpus=build/fuzz/corpus/$3
seeds=spec/fuzz/seeds/$3
mkdir -p "$corpus" build/fuzz/found
[ -d "$seeds" ] || seeds=
if "build/fuzz/fuzz/$3" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$3-" "$corpus" ${seeds:+"$seeds"} \
    >"$log" 2>&1; then
    echo "ok $3"
else
    echo "bad $3"
    tail -n 40 "$log"
fi
