/* postgres_core.c -- luaopen_passo_postgres_core: ports to PostgreSQL, for lua/passo/store. */
#include "lua/store/port_lua.h"
#include "store/postgres/postgres.h"

static int open_port(lua_State *L)
{
    return ps_port_lua_open(L, &ps_backend_postgres);
}

/* Of the client library that is loaded: "15.4". */
static int version(lua_State *L)
{
    int number = ps_postgres_version();
    lua_pushfstring(L, "%d.%d", number / 10000, number % 10000);
    return 1;
}

static const luaL_Reg functions[] = {{"open", open_port}, {"version", version}, {NULL, NULL}};

int luaopen_passo_postgres_core(lua_State *L);

__attribute__((visibility("default"))) int luaopen_passo_postgres_core(lua_State *L)
{
    ps_port_lua_register(L);
    lua_newtable(L);
    ps_lua_setfuncs(L, functions);
    return 1;
}
