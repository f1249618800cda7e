/* port_lua.h -- a store's port as Lua sees it: passo.store.port, whatever the database. */
#ifndef PS_LUA_STORE_PORT_LUA_H
#define PS_LUA_STORE_PORT_LUA_H

#include "lua/binding.h"
#include "store/store.h"

/* core.open(target [, options]) -> port. Options: relaxed, wait_ms. Opens nothing yet. */
int ps_port_lua_open(lua_State *L, const ps_backend *backend);
/* Makes the metatable; once a Lua state. */
void ps_port_lua_register(lua_State *L);

#endif
