/* core.c -- luaopen_passo_core, the one symbol that the module exports.
 *
 * Loading does no work with the system, no thread, no handle, but for the seed of the hash tables.
 */
#include "base/hash.h"
#include "lua/binding.h"
#include "lua/clock.h"
#include "lua/shared.h"

#include <pthread.h>

/* Keys come from users: which of them share a slot must not be foretold. Once a process, before its
 * first table; a process that is forked later inherits it. */
static struct {
    bool given;
    uint8_t bytes[16];
} seed;

static void seed_tables(void)
{
    seed.given = ps_system_random(seed.bytes, sizeof seed.bytes);
    if (seed.given) {
        ps_hash_seed(seed.bytes);
    }
}

int luaopen_passo_core(lua_State *L);

static const char opened_key;

static void register_all(lua_State *L)
{
    ps_values_open(L);
    ps_value_register(L);
    ps_number_register(L);
    ps_check_register(L);
    ps_machine_register(L);
    ps_exec_register(L);
    ps_events_register(L);
    ps_record_register(L);
    ps_shelf_register(L);
    ps_items_register(L);
    ps_reader_register(L);
    ps_template_register(L);
    ps_jsonata_register(L);
    ps_shared_offer(L, seed.given ? seed.bytes : NULL);
}

__attribute__((visibility("default"))) int luaopen_passo_core(lua_State *L)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, seed_tables);
    ps_lua_once(L, &opened_key, register_all);
    lua_newtable(L);
    ps_lua_setfuncs(L, ps_functions_value);
    ps_lua_setfuncs(L, ps_functions_number);
    ps_lua_setfuncs(L, ps_functions_check);
    ps_lua_setfuncs(L, ps_functions_machine);
    ps_lua_setfuncs(L, ps_functions_exec);
    ps_lua_setfuncs(L, ps_functions_clock);
    ps_lua_setfuncs(L, ps_functions_items);
    ps_lua_setfuncs(L, ps_functions_reader);
    ps_lua_setfuncs(L, ps_functions_path);
    ps_lua_setfuncs(L, ps_functions_jsonata);
    ps_lua_setfuncs(L, ps_functions_template);
    ps_lua_setfuncs(L, ps_functions_secret);
    ps_lua_setfuncs(L, ps_functions_record);
    ps_lua_setfuncs(L, ps_functions_shelf);
    ps_lua_pushint(L, PS_BEHAVIOUR);
    lua_setfield(L, -2, "behaviour");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    ps_push_array_mt(L);
    lua_setfield(L, -2, "array_mt");
    return 1;
}
