/* compat.h -- one source for Lua 5.4, LuaJIT and Lua 5.1.
 *
 * The module for 5.1 is compiled with Lua 5.1's own headers and must load in LuaJIT and nginx too,
 * so what 5.1 lacks has names of our own, also where LuaJIT happens to have the function. */
#ifndef PS_LUA_COMPAT_H
#define PS_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if LUA_VERSION_NUM >= 504
#define PS_LUA_54 1
#else
#define PS_LUA_54 0
#endif

/* The largest magnitude below which every integer is also a double. */
#define PS_LUA_EXACT ((int64_t)1 << 53)

static inline int ps_lua_absindex(lua_State *L, int i)
{
    return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}

static inline size_t ps_lua_rawlen(lua_State *L, int i)
{
#if PS_LUA_54
    return (size_t)lua_rawlen(L, i);
#else
    return lua_objlen(L, i);
#endif
}

/* registry[key] by the address of a static: no string is hashed. */
static inline void ps_lua_rawgetp(lua_State *L, const void *key)
{
#if PS_LUA_54
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
#else
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_rawget(L, LUA_REGISTRYINDEX);
#endif
}

/* registry[key] = the top of the stack, which is popped. */
static inline void ps_lua_rawsetp(lua_State *L, const void *key)
{
#if PS_LUA_54
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
#else
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_insert(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
#endif
}

static inline void *ps_lua_newuserdata(lua_State *L, size_t size)
{
#if PS_LUA_54
    return lua_newuserdatauv(L, size, 1);
#else
    return lua_newuserdata(L, size);
#endif
}

/* The table that belongs to the userdata at `i`: set from the top (popped), and pushed. */
static inline void ps_lua_setuservalue(lua_State *L, int i)
{
#if PS_LUA_54
    lua_setiuservalue(L, i, 1);
#else
    lua_setfenv(L, i);
#endif
}

static inline void ps_lua_getuservalue(lua_State *L, int i)
{
#if PS_LUA_54
    lua_getiuservalue(L, i, 1);
#else
    lua_getfenv(L, i);
#endif
}

/* Adds the functions to the table on top. */
static inline void ps_lua_setfuncs(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

/* An integer of any size: Lua 5.1 has doubles only, so the caller keeps it below PS_LUA_EXACT
 * there. */
static inline void ps_lua_pushint(lua_State *L, int64_t n)
{
#if PS_LUA_54
    lua_pushinteger(L, (lua_Integer)n);
#else
    lua_pushnumber(L, (lua_Number)n);
#endif
}

/* Whether the number at `i` is integral and an int64; floats only below PS_LUA_EXACT. */
static inline bool ps_lua_toint(lua_State *L, int i, int64_t *n)
{
#if PS_LUA_54
    if (lua_isinteger(L, i)) {
        *n = (int64_t)lua_tointeger(L, i);
        return true;
    }
#endif
    double d = (double)lua_tonumber(L, i);
    if (!(d > -(double)PS_LUA_EXACT && d < (double)PS_LUA_EXACT) || d != (double)(int64_t)d) {
        return false;
    }
    *n = (int64_t)d;
    return true;
}

#endif
