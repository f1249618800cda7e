/* shelf_lua.h -- between exec_lua.c, which knows an exec's userdata, and shelf_lua.c, which keeps
 * execs without one. */
#ifndef PS_LUA_SHELF_LUA_H
#define PS_LUA_SHELF_LUA_H

#include "lua/binding.h"

extern const ps_box_type ps_box_shelf;

/* Takes the exec out of its userdata at `i`, which is closed from now on. Raises when it is closed
 * already, or in use. */
ps_exec *ps_exec_lua_unbox(lua_State *L, int i);
/* Pushes a userdata without an exec, and where to put it. */
ps_exec **ps_exec_lua_box(lua_State *L);
/* Lets the userdata on top know what its exec is called. */
void ps_exec_lua_name(lua_State *L);

#endif
