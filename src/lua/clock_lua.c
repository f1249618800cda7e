/* clock_lua.c -- the time and the sleep of the plain host; and the system's randomness for seeds.
 *
 * The only files of the module that ask the operating system for anything do so when called, never
 * when loaded: a host may load first and fork later. */
#include "lua/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

bool ps_system_random(void *out, size_t len)
{
    unsigned char *p = out;
    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        p += got;
        len -= (size_t)got;
    }
    return true;
}

int64_t ps_system_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int core_now_ms(lua_State *L)
{
    lua_settop(L, 0);
    ps_lua_pushint(L, ps_system_now_ms());
    return 1;
}

/* Seconds on a clock that only goes on, from some moment in the past: for measuring. */
static int core_clock(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

static int core_sleep_ms(lua_State *L)
{
    double ms = (double)luaL_checknumber(L, 1);
    if (!(ms > 0)) {
        return 0;
    }
    if (ms > 1e9) {
        ms = 1e9;
    }
    struct timespec left = {(time_t)(ms / 1000), 0};
    left.tv_nsec = (long)((ms - (double)left.tv_sec * 1000) * 1e6);
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
    return 0;
}

/* Random bytes: seeds of executions that Lua starts. */
static int core_random(lua_State *L)
{
    lua_Integer count = luaL_checkinteger(L, 1);
    char bytes[256];
    luaL_argcheck(L, count >= 1 && count <= (lua_Integer)sizeof bytes, 1, "1 to 256 bytes");
    if (!ps_system_random(bytes, (size_t)count)) {
        return luaL_error(L, "the system gives no randomness");
    }
    lua_pushlstring(L, bytes, (size_t)count);
    return 1;
}

const luaL_Reg ps_functions_clock[] = {{"now_ms", core_now_ms},
                                       {"clock", core_clock},
                                       {"sleep_ms", core_sleep_ms},
                                       {"random", core_random},
                                       {NULL, NULL}};
