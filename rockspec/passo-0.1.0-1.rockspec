-- A release. `source` is the tarball `git archive --prefix=passo-0.1.0/` makes of the tag; there is no
-- published place for it yet. CONTRIBUTING.md, "Releasing", packs both into a source rock, which
-- then installs anywhere without a network.
rockspec_format = "3.0"
package = "passo"
version = "0.1.0-1"
source = { url = "file://passo-0.1.0.tar.gz", dir = "passo-0.1.0" }
description = {
  summary = "AWS Step Functions workflows inside a Lua program",
  detailed = [[
    passo interprets the Amazon States Language in a C core that does no I/O; Lua functions are the
    tasks, or calls of AWS that block nobody. One source serves Lua 5.4, Lua 5.1, LuaJIT and
    OpenResty.]],
  license = "MIT",
}
dependencies = { "lua >= 5.1, < 5.5" }
-- What is needed; what is optional (sqlite3, libpq, libyaml, PCRE2, expat, zlib, zstd) CMake finds by itself. Only
-- `library`: Debian keeps curl's headers in a multiarch folder where luarocks does not look, and CMake
-- asks pkg-config anyway.
external_dependencies = {
  OPENSSL = { library = "crypto" },
  CURL = { library = "curl" },
  CJSON = { library = "cjson" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    LUA_INCDIR = "$(LUA_INCDIR)",
    INST_LIBDIR = "$(LIBDIR)",
    INST_LUADIR = "$(LUADIR)",
    INST_BINDIR = "$(BINDIR)",
  },
}
