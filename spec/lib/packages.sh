# packages.sh -- installs Debian packages that are missing: those that building and testing need,
# and those that a suite asks for.
# shellcheck shell=sh

# Never Debian's `luajit`: it conflicts with luajit2, which nginx's Lua module depends on.
build_packages="build-essential cmake ninja-build pkg-config git ca-certificates
    lua5.4 liblua5.4-dev lua5.1 liblua5.1-0-dev luajit2
    libssl-dev libcurl4-openssl-dev libcjson-dev libyaml-dev libpcre2-dev
    libsqlite3-dev libpq-dev libexpat1-dev zlib1g-dev libzstd-dev"
test_packages="lua-busted lua-check luarocks libluajit2-5.1-dev clang clang-format clang-tidy
    libclang-rt-14-dev cppcheck shellcheck curl nginx libnginx-mod-http-lua lua-resty-core
    lua-luv lua-cqueues openssl python3 postgresql iproute2"

# shellcheck disable=SC2086 # the lists are meant to be split
install_packages() {
    install_debian $build_packages $test_packages
}

install_debian() { # package...
    if ! command -v dpkg-query >/dev/null; then
        echo "run.sh: not a Debian system; expecting the tools to be installed already" >&2
        return 0
    fi
    missing=
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0

    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "run.sh: missing$missing; install them as root, or install sudo" >&2
            return 1
        fi
        as_root=sudo
    fi
    echo "installing$missing" >&2
    mkdir -p build
    # The specs start an nginx of their own: installing one must not start a server on port 80.
    hold=
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        hold=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | $as_root tee $hold >/dev/null
        $as_root chmod +x $hold
    fi
    # shellcheck disable=SC2086 # the lists are meant to be split
    if $as_root apt-get update >build/apt.log 2>&1 &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            $missing >>build/apt.log 2>&1; then
        installed=yes
    else
        installed=no
    fi
    [ -z "$hold" ] || $as_root rm -f $hold
    [ $installed = no ] || return 0
    tail -n 5 build/apt.log >&2
    echo "run.sh: apt-get could not install them; build/apt.log has the details" >&2
    return 1
}
