# suites_lint.sh -- what can be said about the sources without running them.
# shellcheck shell=sh disable=SC2154

suite_format() {
    c_files | xargs -r clang-format --dry-run -Werror >"$log" 2>&1
    verdict $? "clang-format on $(c_files | wc -l) files; spec/run.sh --format repairs"
}

# Both compilers, every warning an error; with optimisation, because some warnings need its analysis.
suite_warnings() {
    flags="-std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
        -Wundef -Wwrite-strings -Wvla -Werror -Isrc -Ispec/c
        -DPS_WITH_YAML=1 -DPS_WITH_PCRE2=1 -DPS_WITH_SQLITE=1 -DPS_WITH_PQ=1 -DPS_WITH_EXPAT=1
        -DPS_WITH_ZLIB=1 -DPS_WITH_ZSTD=1 $(pkg-config --cflags-only-I libpq | sed 's/-I/-isystem /g')"
    status=0
    for include in $(pkg-config --cflags-only-I lua5.4) $(pkg-config --cflags-only-I lua5.1); do
        system="-isystem ${include#-I}"
        for compiler in "clang -fsyntax-only" "gcc -O2 -c -o /dev/null"; do
            # The Lua versions matter to the binding alone.
            case $include in
            *5.1) files=$(find src/lua -name '*.c' 2>/dev/null) ;;
            *) files=$(c_files | grep '\.c$') ;;
            esac
            [ -n "$files" ] || continue
            # shellcheck disable=SC2086 # flags are meant to be split
            echo "$files" | xargs -r -n 1 -P "$(jobs)" $compiler $flags $system >>"$log" 2>&1 ||
                status=1
        done
    done
    verdict $status "gcc and clang, warnings are errors"
}

suite_luacheck() {
    luacheck -q --no-color . >"$log" 2>&1
    verdict $? "luacheck"
}

suite_shellcheck() {
    shellcheck -x spec/run.sh spec/lib/*.sh examples/*.sh .ci/run >"$log" 2>&1
    verdict $? "shellcheck"
}

suite_cppcheck() {
    mkdir -p build/cppcheck
    # Cached by file: a second run looks only at what changed.
    cppcheck -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingIncludeSystem --suppressions-list=spec/lint/cppcheck.txt \
        --cppcheck-build-dir=build/cppcheck -j "$(jobs)" -Isrc src >"$log" 2>&1
    verdict $? "cppcheck"
}

# The analyzer, which walks the paths through each function, takes minutes: only with --all.
suite_tidy() {
    build minimal >>"$log" 2>&1 || {
        failed 0 1 "the build"
        return
    }
    checks='--checks=-clang-analyzer-*'
    what="clang-tidy; --all adds its analyzer"
    if [ "$thorough" = yes ]; then
        checks=
        what="clang-tidy with its analyzer"
    fi
    find src -name '*.c' ! -path 'src/lua/*' ! -path src/base/error.c | sort |
        xargs -r -n 4 -P "$(jobs)" clang-tidy --quiet ${checks:+"$checks"} -p build/minimal \
            --extra-arg=-include --extra-arg="$root/spec/lint/analyzer.h" \
            --extra-arg="-isystem$(pkg-config --variable=includedir libpq)" >"$log" 2>&1
    status=$?
    # Its counts of suppressed findings in system headers would hide the rest.
    grep -v 'warnings\{0,1\} .*generated\.$\|^Suppressed\|^Use -header-filter' "$log" >"$log.short"
    mv "$log.short" "$log"
    verdict $status "$what"
}
