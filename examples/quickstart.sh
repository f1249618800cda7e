#!/bin/sh
# quickstart.sh -- from a bare Debian 12 to a running workflow: installs what the build needs,
# builds passo into build/release, and runs the bookstore's checkout in examples/checkout.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

packages="build-essential cmake ninja-build pkg-config lua5.4 liblua5.4-dev
    libssl-dev libcurl4-openssl-dev libcjson-dev libyaml-dev libpcre2-dev"

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

export PATH="$root/build/release/bin:$PATH"
export LUA_PATH_5_4="$root/build/release/share/lua/5.4/?.lua;$root/build/release/share/lua/5.4/?/init.lua;;"
export LUA_CPATH_5_4="$root/build/release/lib/lua/5.4/?.so;;"
echo
lua5.4 examples/checkout/run.lua ||
    give_up "examples/checkout did not end as it should" "Please report what stands above."
echo
echo "Next: README.md shows the same in a dozen lines of Lua; \`build/release/bin/passo --help\` the tool."
