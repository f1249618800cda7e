# differential.sh -- generated JSONata expressions, our answers beside the reference implementation's.
# shellcheck shell=sh disable=SC2154

differential_work=$root/build/differential
differential_reference=2.2.2

install_reference() {
    for tool in node npm; do
        command -v $tool >/dev/null && continue
        echo "run.sh: --differential needs Node 20 or newer with npm; there is no $tool here" >&2
        return 1
    done
    mkdir -p "$differential_work" || return
    grep -qs "\"version\": \"$differential_reference\"" \
        "$differential_work/node_modules/jsonata/package.json" && return
    npm install --no-audit --no-fund --silent --prefix "$differential_work" \
        "jsonata@$differential_reference" >&2 && return
    echo "run.sh: npm could not install jsonata@$differential_reference" >&2
    return 1
}

# Differences are for reading, not a failure: some are known (spec/differential/README.md).
differential() { # count seed
    cases=$differential_work/cases.jsonl
    result=$differential_work/result.json
    NODE_PATH=$differential_work/node_modules \
        node spec/differential/generate.js "$2" "$1" >"$cases" || return
    lua5.4 spec/conformance/run.lua --json "$cases" >"$result"
    [ $? -lt 2 ] || return
    lua5.4 spec/differential/report.lua "$cases" "$result"
}
