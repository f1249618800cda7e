/* shared.h -- one kind of value for all modules of a process: passo.core offers it, others adopt
 * it.
 *
 * Each module has its own copy of src/value, so what must be one for all of them (metatables, the
 * table that marks lists, the seed of the hash tables) goes through the registry. */
#ifndef PS_LUA_SHARED_H
#define PS_LUA_SHARED_H

#include "lua/binding.h"

/* passo.core, when its metatables are there. `seed` is what ps_hash_seed was given; NULL: nothing.
 */
void ps_shared_offer(lua_State *L, const uint8_t seed[16]);
/* Another module, before it touches a value; once a Lua state. Raises where passo.core has not been
 * loaded. */
void ps_shared_adopt(lua_State *L);

#endif
