# build.sh -- configures and builds a preset into build/<preset>, quietly unless it fails.
# shellcheck shell=sh

build() { # preset
    mkdir -p build
    if cmake --preset "$1" >"build/$1.log" 2>&1 &&
        cmake --build --preset "$1" >>"build/$1.log" 2>&1; then
        return 0
    fi
    grep -E -A 6 'error|FAILED|CMake Error' "build/$1.log" | head -n 60 >&2
    echo "building '$1' failed; build/$1.log has the details" >&2
    return 1
}

# For every Lua at once: 5.4 reads the variables that carry its version first.
lua_paths() { # build-folder
    LUA_PATH="$1/share/lua/5.1/?.lua;$1/share/lua/5.1/?/init.lua;./?.lua;spec/?.lua;;"
    LUA_CPATH="$1/lib/lua/5.1/?.so;;"
    LUA_PATH_5_4="$1/share/lua/5.4/?.lua;$1/share/lua/5.4/?/init.lua;./?.lua;spec/?.lua;;"
    LUA_CPATH_5_4="$1/lib/lua/5.4/?.so;;"
    PASSO_BUILD=$1
    export LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4 PASSO_BUILD
}

c_files() {
    find src spec/c spec/boundary spec/fuzz -name '*.[ch]' 2>/dev/null | sort
}

jobs() {
    nproc 2>/dev/null || echo 2
}
