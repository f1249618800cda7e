# suites_aws.sh -- passo against the stand-ins of AWS: moto behind a proxy that checks signatures,
# DynamoDB Local, MinIO; and against servers that do what servers should not.
# shellcheck shell=sh disable=SC2154

# The specs have names of their own (spec/aws/*_live.lua, *_fault.lua): no other suite shall need the servers.
aws_specs() { # kind interpreter preset
    install_aws_servers 2>&1 | tee -a "$log" >&2
    if [ ! -f "$PASSO_AWS_SERVERS/python.stamp" ]; then
        failed 0 1 "installing moto and boto3"
        return
    fi
    run_busted "$2" "$3" "--pattern=_$1%.lua$" spec/aws
}

suite_aws() {
    aws_specs live lua5.4 release
    printf '%-12s ' ""
    aws_specs live luajit release
    # The same module as LuaJIT's.
    [ "$thorough" = yes ] || return
    printf '%-12s ' ""
    aws_specs live lua5.1 release
}

suite_aws_faults() {
    aws_specs fault lua5.4 release
    printf '%-12s ' ""
    aws_specs fault luajit release
    printf '%-12s ' ""
    aws_specs fault lua5.4 asan
}
