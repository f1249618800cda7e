#!/bin/sh
# quickstart.sh -- from a bare Debian 12 to a running workflow: installs what the build needs,
# builds passo into build/release, and runs the bookstore's checkout in examples/checkout: nine orders
# on a virtual clock, then one in a SQLite file, whose process is killed half way.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

packages="build-essential cmake ninja-build pkg-config lua5.4 liblua5.4-dev
    libssl-dev libcurl4-openssl-dev libcjson-dev libyaml-dev libpcre2-dev
    libexpat1-dev zlib1g-dev libzstd-dev libsqlite3-dev"

give_up() { # what happened, what to do
    printf '\nquickstart: %s\n            %s\n' "$1" "$2" >&2
    exit 1
}

install_missing() {
    missing=
    for package in $packages; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            give_up "these packages are missing:$missing" \
                "Install them as root (apt-get install ...), then run this again."
        as_root=sudo
    fi
    echo "Installing from Debian:$missing"
    # shellcheck disable=SC2086 # the list is meant to be split
    if ! { $as_root apt-get update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            $missing; } >build/apt.log 2>&1; then
        tail -n 5 build/apt.log >&2
        give_up "apt-get could not install them" "All it said is in build/apt.log."
    fi
}

mkdir -p build
if command -v dpkg-query >/dev/null; then
    install_missing
else
    echo "Not a Debian system: expecting what Debian calls $(echo "$packages" | tr -s "\n " " ")"
fi

echo "Building into build/release ..."
if ! { cmake --preset release && cmake --build --preset release; } >build/quickstart.log 2>&1; then
    grep -E -A 4 'error|CMake Error' build/quickstart.log | head -n 20 >&2 || :
    give_up "the build failed" "All it said is in build/quickstart.log."
fi

# Sourced by a shell, it finds this build: the tool, and the module for whichever Lua asks.
cat >build/env.sh <<END
passo_prefix='$root/build/release'
PATH="\$passo_prefix/bin:\$PATH"
LUA_PATH_5_4="\$passo_prefix/share/lua/5.4/?.lua;\$passo_prefix/share/lua/5.4/?/init.lua;\${LUA_PATH_5_4:-\${LUA_PATH:-;}}"
LUA_CPATH_5_4="\$passo_prefix/lib/lua/5.4/?.so;\${LUA_CPATH_5_4:-\${LUA_CPATH:-;}}"
LUA_PATH="\$passo_prefix/share/lua/5.1/?.lua;\$passo_prefix/share/lua/5.1/?/init.lua;\${LUA_PATH:-;}"
LUA_CPATH="\$passo_prefix/lib/lua/5.1/?.so;\${LUA_CPATH:-;}"
export PATH LUA_PATH_5_4 LUA_CPATH_5_4 LUA_PATH LUA_CPATH
unset passo_prefix
END
# shellcheck source=/dev/null
. build/env.sh
echo
lua5.4 examples/checkout/run.lua ||
    give_up "examples/checkout did not end as it should" "Please report what stands above."
printf '\nOne more order, kept in a SQLite file (examples/checkout/survive.sh).\n'
LUA=lua5.4 sh examples/checkout/survive.sh ||
    give_up "the order was lost, or did not end as it should" "Please report what stands above."
echo
echo "Next, in this folder: \`. build/env.sh\` lets your shell find passo and your Lua the module; then"
echo "\`passo help\` explains the tool, and README.md shows a workflow in a dozen lines of Lua."
