/* origin.h -- which value a Lua table was made from: weak tables, so that it costs nobody a life.
 *
 * Only tables that could not be written back as they were are remembered: keys out of order,
 * numbers whose literal is not what the shortest print gives. Two tables keyed by the Lua table:
 * one gives the value's address, the other the passo.value that keeps it alive. */
#ifndef PS_LUA_ORIGIN_H
#define PS_LUA_ORIGIN_H

#include "lua/binding.h"

void ps_origin_open(lua_State *L);
/* Sets them in the table on top, and takes them from there: for a sibling module. */
void ps_origin_offer(lua_State *L);
void ps_origin_adopt(lua_State *L);
/* Pushes both tables: addresses, then owners. */
void ps_origin_push(lua_State *L);
/* The value that the table at `i` was made from, or NULL; `origins`, `owners` are stack indices. */
const ps_value *ps_origin_get(lua_State *L, int i, int origins, int owners);
/* Remembers that the table on top was made from `v`, which lives in the passo.value at `box`. */
void ps_origin_set(lua_State *L, const ps_value *v, int box, int origins, int owners);

/* Whether a Lua number stands for `v` exactly, on every engine below 2^53. */
bool ps_origin_is_plain(const ps_value *number);

#endif
