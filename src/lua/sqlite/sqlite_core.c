/* sqlite_core.c -- luaopen_passo_sqlite_core: ports to SQLite, for lua/passo/store. */
#include "lua/store/port_lua.h"
#include "store/sqlite/sqlite.h"

static int open_port(lua_State *L)
{
    return ps_port_lua_open(L, &ps_backend_sqlite);
}

static int version(lua_State *L)
{
    lua_pushstring(L, ps_sqlite_version());
    return 1;
}

/* core.whole_path(path) -> path | nil */
static int whole_path(lua_State *L)
{
    char whole[4096];
    if (!ps_sqlite_whole_path(luaL_checkstring(L, 1), whole, sizeof whole)) {
        return 0;
    }
    lua_pushstring(L, whole);
    return 1;
}

static const luaL_Reg functions[] = {
    {"open", open_port}, {"version", version}, {"whole_path", whole_path}, {NULL, NULL}};

int luaopen_passo_sqlite_core(lua_State *L);

__attribute__((visibility("default"))) int luaopen_passo_sqlite_core(lua_State *L)
{
    ps_port_lua_register(L);
    lua_newtable(L);
    ps_lua_setfuncs(L, functions);
    return 1;
}
