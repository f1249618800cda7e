-- The working copy: `luarocks make rockspec/passo-scm-1.rockspec`, run in the project's root.
-- There is no published repository yet, so `source` names the copy one stands in.
rockspec_format = "3.0"
package = "passo"
version = "scm-1"
source = { url = "git+file://." }
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
