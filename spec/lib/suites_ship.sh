# suites_ship.sh -- what a user gets: the examples, and the rock installed where nothing else is.
# shellcheck shell=sh disable=SC2154

# Every examples/*/run.lua or run.sh must end well, offline and without arguments.
suite_examples() {
    build release >>"$log" 2>&1 || {
        failed 0 1 "the build"
        return
    }
    good=0
    bad=0
    for example in examples/*/run.lua examples/*/run.sh; do
        [ -f "$example" ] || continue
        case $example in
        *.lua) interpreters="lua5.4 luajit" ;;
        *) interpreters="sh" ;;
        esac
        for interpreter in $interpreters; do
            echo "-- $interpreter $example" >>"$log"
            if (lua_paths "$root/build/release" && exec timeout 60 "$interpreter" "$example") >>"$log" 2>&1 </dev/null; then
                good=$((good + 1))
            else
                bad=$((bad + 1))
            fi
        done
    done
    if [ $bad -gt 0 ]; then
        failed $good $bad "examples"
    elif [ $good -eq 0 ]; then
        skipped 1 "there are no examples"
    else
        passed $good "examples"
    fi
}

# The working tree as a release: packed with its sources, then installed into an empty tree for
# each Lua, as luarocks does it on a machine that has neither this folder nor a network.
suite_rock() {
    good=0
    bad=0
    work=$(mktemp -d) || return
    version=0.1.0
    check() {
        if "$@" >>"$log" 2>&1; then good=$((good + 1)); else bad=$((bad + 1)); fi
    }
    for rockspec in rockspec/*.rockspec; do
        check luarocks lint "$rockspec"
    done
    git ls-files --cached --others --exclude-standard |
        tar -cz --transform "s|^|passo-$version/|" --ignore-failed-read \
            -f "$work/passo-$version.tar.gz" -T - 2>>"$log"
    sed "s|file://passo|file://$work/passo|" "rockspec/passo-$version-1.rockspec" \
        >"$work/passo-$version-1.rockspec"
    check rock_pack "$work"
    for lua in 5.4 5.1; do
        tree=$work/tree-$lua
        check rock_install "$work/passo-$version-1.src.rock" "$lua" "$tree"
        check rock_loads "$lua" "$tree"
        check env -u LUA_PATH -u LUA_CPATH -u LUA_PATH_5_4 -u LUA_CPATH_5_4 "$tree/bin/passo" --help
    done
    rm -rf "$work"
    if [ $bad -gt 0 ]; then
        failed $good $bad "rockspecs linted, packed, installed for 5.4 and 5.1"
    else
        passed $good "rockspecs linted, packed, installed for 5.4 and 5.1"
    fi
}

rock_pack() (
    cd "$1" && luarocks pack "passo-$version-1.rockspec"
)

rock_install() { # rock lua tree
    luarocks --lua-version "$2" --tree "$3" install --only-server="$work" "$1"
}

# From /, so that nothing of the working tree is found by accident.
rock_loads() ( # lua tree
    cd / &&
        env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 \
            LUA_PATH="$2/share/lua/$1/?.lua;$2/share/lua/$1/?/init.lua" LUA_CPATH="$2/lib/lua/$1/?.so" \
            "lua$1" -e 'assert(require "passo")
                assert(require "passo.net")
                assert(require("passo.aws").client("sts", { region = "eu-west-1", credentials = "anonymous" }))'
)
