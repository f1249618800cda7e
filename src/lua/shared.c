/* shared.c -- what passo.core offers its sibling modules. */
#include "lua/shared.h"

#include "base/hash.h"
#include "lua/origin.h"

#define SHARED "passo.shared"
#define SEED_BYTES 16

static const ps_box_type *const boxes[] = {&ps_box_value, &ps_box_number};

void ps_shared_offer(lua_State *L, const uint8_t seed[16])
{
    lua_newtable(L);
    if (seed) {
        lua_pushlstring(L, (const char *)seed, SEED_BYTES);
        lua_setfield(L, -2, "seed");
    }
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        ps_lua_rawgetp(L, boxes[i]);
        lua_setfield(L, -2, boxes[i]->name);
    }
    ps_origin_offer(L);
    lua_setfield(L, LUA_REGISTRYINDEX, SHARED);
}

void ps_shared_adopt(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, SHARED);
    if (!lua_istable(L, -1)) {
        luaL_error(L, "load passo.core first");
    }
    lua_getfield(L, -1, "seed");
    size_t len = 0;
    const char *seed = lua_tolstring(L, -1, &len);
    if (len == SEED_BYTES) {
        ps_hash_seed((const uint8_t *)seed);
    }
    lua_pop(L, 1);
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        lua_getfield(L, -1, boxes[i]->name);
        ps_lua_rawsetp(L, boxes[i]);
    }
    ps_origin_adopt(L);
    lua_pop(L, 1);
    ps_scratch_open(L);
}
