/* value_lua.c -- passo.value, and JSON and YAML for Lua. */
#include "lua/definition.h"
#include "value/json.h"
#include "value/yaml.h"

static ps_value *self(lua_State *L)
{
    ps_value_box *box = ps_box_check(L, 1, &ps_box_value);
    if (!box->v) {
        luaL_error(L, "this passo.value is closed");
    }
    return box->v;
}

/* A buffer that Lua frees when an error is raised while it is copied. */
typedef struct text_box {
    ps_buf b;
} text_box;

static int text_gc(lua_State *L)
{
    text_box *t = lua_touserdata(L, 1);
    ps_buf_free(&t->b);
    return 0;
}

static const luaL_Reg text_meta[] = {{"__gc", text_gc}, {NULL, NULL}};
static const ps_box_type box_text = {"passo.text", NULL, text_meta};

static int push_json(lua_State *L, const ps_value *v, bool pretty)
{
    if (ps_value_bytes(v) > (size_t)1 << 30) {
        return ps_push_failure(L, PS_ELIMIT, "the JSON text would be larger than 1 GiB");
    }
    text_box *t = ps_box_new(L, &box_text, sizeof *t);
    if (pretty) {
        ps_json_print_pretty(v, &t->b);
    } else {
        ps_json_print(v, &t->b);
    }
    ps_str s = ps_buf_str(&t->b);
    lua_pushlstring(L, s.p, s.len);
    ps_buf_free(&t->b);
    return 1;
}

static int value_lua(lua_State *L)
{
    ps_error err;
    const ps_value *v = self(L);
    return ps_push_lua(L, v, 1, &err) ? 1 : ps_push_error(L, &err);
}

static int value_json(lua_State *L)
{
    return push_json(L, self(L), false);
}

static int value_bytes(lua_State *L)
{
    size_t bytes = ps_value_bytes(self(L));
    lua_pushnumber(L, (lua_Number)bytes);
    return 1;
}

static int value_equal(lua_State *L)
{
    const ps_value *v = self(L);
    ps_error err;
    ps_value *other = ps_read_lua(L, 2, &err);
    bool equal = other && ps_value_equal(v, other);
    ps_value_unref(other);
    lua_pushboolean(L, equal);
    return 1;
}

static int value_gc(lua_State *L)
{
    ps_value_box *box = lua_touserdata(L, 1);
    ps_value_unref(box->v);
    box->v = NULL;
    return 0;
}

static const luaL_Reg value_methods[] = {{"lua", value_lua},
                                         {"json", value_json},
                                         {"bytes", value_bytes},
                                         {"equal", value_equal},
                                         {NULL, NULL}};
static const luaL_Reg value_meta[] = {
    {"__gc", value_gc}, {"__tostring", value_json}, {"__eq", value_equal}, {NULL, NULL}};
const ps_box_type ps_box_value = {"passo.value", value_methods, value_meta};

/* -- core.* ---------------------------------------------------------------------------------- */

/* nil, message, failure with line and column of where reading stopped. */
static int push_text_error(lua_State *L, ps_str text, const ps_error *err)
{
    ps_place place = ps_definition_place(text, err->at);
    ps_push_error(L, err);
    ps_lua_pushint(L, (int64_t)place.line);
    lua_setfield(L, -2, "line");
    ps_lua_pushint(L, (int64_t)place.column);
    lua_setfield(L, -2, "column");
    return 3;
}

static ps_str check_text(lua_State *L, int i)
{
    ps_str text;
    luaL_checktype(L, i, LUA_TSTRING);
    text.p = lua_tolstring(L, i, &text.len);
    return text;
}

/* Lua's collector sees only the box. Where a value is large, the collector is told to work as
 * though Lua itself had allocated it: else a loop over large documents would keep hundreds of them.
 */
static void tell_collector(lua_State *L, const ps_value *v)
{
    enum { LARGE = 32 * 1024, GROWTH = 4 }; /* bytes as JSON; memory for each of them, about */
    size_t bytes = ps_value_bytes(v);
    if (bytes >= LARGE) {
        size_t kb = bytes / 1024 * GROWTH;
        lua_gc(L, LUA_GCSTEP, kb < 1024 * 1024 ? (int)kb : 1024 * 1024);
    }
}

/* Leaves the box of what `text` stands for on top; false with the failure pushed. */
static bool push_parsed(lua_State *L, ps_str text, bool yaml)
{
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = yaml ? ps_yaml_parse(text, NULL, &err) : ps_json_parse(text, &ps_json_payload, &err);
    if (!box->v) {
        push_text_error(L, text, &err);
        return false;
    }
    tell_collector(L, box->v);
    return true;
}

static int decode(lua_State *L, bool yaml)
{
    ps_str text = check_text(L, 1);
    ps_error err;
    if (!push_parsed(L, text, yaml)) {
        return 3;
    }
    const ps_value_box *box = lua_touserdata(L, -1);
    return ps_push_lua(L, box->v, -1, &err) ? 1 : ps_push_error(L, &err);
}

static int core_decode(lua_State *L)
{
    return decode(L, false);
}

static int core_decode_yaml(lua_State *L)
{
    return decode(L, true);
}

static int core_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    bool pretty = false;
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "pretty");
        pretty = lua_toboolean(L, -1);
    }
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = ps_read_lua(L, 1, &err);
    return box->v ? push_json(L, box->v, pretty) : ps_push_error(L, &err);
}

static int core_value(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) {
        return push_parsed(L, check_text(L, 1), false) ? 1 : 3;
    }
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = ps_read_lua(L, 1, &err);
    return box->v ? 1 : ps_push_error(L, &err);
}

/* Marks a table (a new one without) as a list. */
static int core_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    ps_push_array_mt(L);
    lua_setmetatable(L, 1);
    return 1;
}

/* {{k, v}, ...} -> a table that remembers this order. */
static int core_object(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    int owner = lua_gettop(L);
    box->v = ps_object(0);
    lua_newtable(L);
    int out = lua_gettop(L);
    size_t count = ps_lua_rawlen(L, 1);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, (int)i);
        if (!lua_istable(L, -1)) {
            return luaL_error(L, "core.object: item %d must be a pair {key, value}", (int)i);
        }
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        if (lua_type(L, -2) != LUA_TSTRING) {
            return luaL_error(L, "core.object: the key of item %d must be a string", (int)i);
        }
        ps_value *v = ps_read_lua(L, -1, &err);
        if (!v) {
            return luaL_error(L, "core.object: %s", err.text);
        }
        ps_object_set_take(box->v, ps_read_text(L, -2), v);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushlightuserdata(L, NULL);
        }
        lua_rawset(L, out);
        lua_settop(L, out);
    }
    ps_remember(L, box->v, owner);
    return 1;
}

const luaL_Reg ps_functions_value[] = {{"decode", core_decode},
                                       {"decode_yaml", core_decode_yaml},
                                       {"encode", core_encode},
                                       {"value", core_value},
                                       {"array", core_array},
                                       {"object", core_object},
                                       {NULL, NULL}};

void ps_value_register(lua_State *L)
{
    ps_box_register(L, &ps_box_value);
    ps_box_register(L, &box_text);
}
