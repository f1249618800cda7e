/* box.c -- metatables of our userdata, and how failures are pushed. */
#include "lua/binding.h"

#include <string.h>

static int is_locked(lua_State *L)
{
    return luaL_error(L, "the metatable of a passo object cannot be changed");
}

void ps_box_register(lua_State *L, const ps_box_type *type)
{
    lua_newtable(L);
    ps_lua_setfuncs(L, type->meta);
    lua_pushstring(L, type->name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    if (type->methods) {
        lua_newtable(L);
        ps_lua_setfuncs(L, type->methods);
        lua_setfield(L, -2, "__index");
        lua_pushcfunction(L, is_locked);
        lua_setfield(L, -2, "__newindex");
    }
    ps_lua_rawsetp(L, type);
}

void ps_lua_once(lua_State *L, const void *key, void (*make)(lua_State *L))
{
    ps_lua_rawgetp(L, key);
    bool made = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!made) {
        make(L);
        lua_pushboolean(L, 1);
        ps_lua_rawsetp(L, key);
    }
}

void *ps_box_new(lua_State *L, const ps_box_type *type, size_t size)
{
    void *box = ps_lua_newuserdata(L, size);
    memset(box, 0, size);
    ps_lua_rawgetp(L, type);
    lua_setmetatable(L, -2);
    return box;
}

void *ps_box_test(lua_State *L, int i, const ps_box_type *type)
{
    if (lua_type(L, i) != LUA_TUSERDATA || !lua_getmetatable(L, i)) {
        return NULL;
    }
    ps_lua_rawgetp(L, type);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? lua_touserdata(L, i) : NULL;
}

void *ps_box_check(lua_State *L, int i, const ps_box_type *type)
{
    void *box = ps_box_test(L, i, type);
    if (!box) {
        const char *message =
            lua_pushfstring(L, "%s expected, got %s", type->name, luaL_typename(L, i));
        luaL_argerror(L, i, message);
    }
    return box;
}

int ps_push_error(lua_State *L, const ps_error *err)
{
    lua_pushnil(L);
    lua_pushstring(L, err->text);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, ps_status_name(err->code));
    lua_setfield(L, -2, "code");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "message");
    ps_lua_pushint(L, (int64_t)err->at);
    lua_setfield(L, -2, "at");
    return 3;
}

int ps_push_failure(lua_State *L, ps_status code, const char *message)
{
    ps_error err;
    ps_fail(&err, code, 0, "%s", message);
    return ps_push_error(L, &err);
}

int ps_push_status(lua_State *L, ps_status status, const ps_error *err)
{
    if (status != PS_OK) {
        return ps_push_error(L, err);
    }
    lua_pushboolean(L, 1);
    return 1;
}
