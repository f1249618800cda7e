#!/bin/sh
# run.sh -- installs what the tests need, builds, runs every suite, and closes with one line:
# `N passed, N failed, N skipped`. Fails when anything failed.
#
#   spec/run.sh                        everything, in about half an hour
#   spec/run.sh --all                  ten times the generated cases, five minutes of each fuzz target
#   spec/run.sh --only NAME            one suite (may be repeated); --list names them
#   spec/run.sh --build-only           install and build, nothing else
#   spec/run.sh --format               rewrite the C sources as clang-format wants them
#   spec/run.sh --conformance ARGS...  build if needed, then only the conformance runner's output
#   spec/run.sh --bench ARGS...        the same for spec/bench/run.lua; --bench aws: spec/bench/aws/run.lua;
#                                      --bench durable: spec/bench/durable/run.lua
#   spec/run.sh --differential [COUNT] [SEED]   generated JSONata expressions beside npm jsonata,
#                                      which it installs (needs Node): 10000 of seed 1
#
# PASSO_CORPUS names the folder of conformance cases, default ../shared/corpus.
# PASSO_LOGS   names a folder for each suite's full output, default build/logs.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
PASSO_CORPUS=${PASSO_CORPUS:-$root/../shared/corpus}
export PASSO_CORPUS

. spec/lib/report.sh
. spec/lib/packages.sh
. spec/lib/build.sh
. spec/lib/suites_lint.sh
. spec/lib/aws_servers.sh
. spec/lib/suites_test.sh
. spec/lib/suites_aws.sh
. spec/lib/suites_survive.sh
. spec/lib/suites_ship.sh
. spec/lib/differential.sh

# In the order they run: the cheapest to fix first.
suites="format warnings luacheck shellcheck cppcheck tidy c lua54 luajit lua51 minimal asan gc boundary conformance migrate property tsan crash fleet simulation fuzz aws aws-faults examples rock"

thorough=no
only=
while [ $# -gt 0 ]; do
    case $1 in
    --all) thorough=yes ;;
    --only)
        [ $# -ge 2 ] || usage_error "--only needs the name of a suite; --list shows them"
        case " $suites " in
        *" $2 "*) only="$only $2" ;;
        *) usage_error "no suite is called '$2'; --list shows them" ;;
        esac
        shift
        ;;
    --list)
        for suite in $suites; do echo "$suite"; done
        exit 0
        ;;
    --build-only)
        install_packages && build release && build asan && build minimal
        exit
        ;;
    --format)
        install_packages && c_files | xargs clang-format -i
        exit
        ;;
    --conformance | --bench)
        tool=${1#--}
        shift
        # Others read the tool's standard output: everything of ours goes to standard error.
        { install_packages && build release; } >&2 || exit 1
        lua_paths build/release
        if [ "$tool ${1:-}" = "bench aws" ]; then
            shift
            install_aws_servers >&2 || exit 1
            tool=bench/aws
        elif [ "$tool ${1:-}" = "bench durable" ]; then
            shift
            tool=bench/durable
        fi
        exec lua5.4 "spec/$tool/run.lua" "$@"
        ;;
    --differential)
        install_reference || exit 1
        { install_packages && build release; } >&2 || exit 1
        lua_paths build/release
        differential "${2:-10000}" "${3:-1}"
        exit
        ;;
    -h | --help)
        sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//;p;}' "$0"
        exit 0
        ;;
    *) usage_error "unknown option '$1'; --help explains" ;;
    esac
    shift
done
export thorough

install_packages || exit 1
for suite in ${only:-$suites}; do
    begin "$suite"
    "suite_$(echo "$suite" | tr - _)"
done
summary
