/* value_push.c -- value -> Lua: tables, and the memory of what they were made from. */
#include "lua/binding.h"
#include "lua/origin.h"

#include <math.h>

#define MAX_BYTES ((size_t)256 << 20)

static const char origins_key, owners_key, array_key;

/* -- origins --------------------------------------------------------------------------------- */

static void open_weak(lua_State *L, const void *key)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    ps_lua_rawsetp(L, key);
}

void ps_origin_open(lua_State *L)
{
    open_weak(L, &origins_key);
    open_weak(L, &owners_key);
    lua_newtable(L);
    lua_pushliteral(L, "passo.array");
    lua_setfield(L, -2, "__name");
    ps_lua_rawsetp(L, &array_key);
}

static const struct {
    const char *name;
    const void *key;
} shared[] = {{"origins", &origins_key}, {"owners", &owners_key}, {"array_mt", &array_key}};

void ps_origin_offer(lua_State *L)
{
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        ps_lua_rawgetp(L, shared[i].key);
        lua_setfield(L, -2, shared[i].name);
    }
}

void ps_origin_adopt(lua_State *L)
{
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        lua_getfield(L, -1, shared[i].name);
        ps_lua_rawsetp(L, shared[i].key);
    }
}

void ps_push_array_mt(lua_State *L)
{
    ps_lua_rawgetp(L, &array_key);
}

void ps_origin_push(lua_State *L)
{
    ps_lua_rawgetp(L, &origins_key);
    ps_lua_rawgetp(L, &owners_key);
}

const ps_value *ps_origin_get(lua_State *L, int i, int origins, int owners)
{
    lua_pushvalue(L, i);
    lua_rawget(L, origins);
    const ps_value *v = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!v) {
        return NULL;
    }
    /* While a Lua state closes, the owner may be gone before the table. */
    lua_pushvalue(L, i);
    lua_rawget(L, owners);
    const ps_value_box *owner = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return owner && owner->v ? v : NULL;
}

void ps_origin_set(lua_State *L, const ps_value *v, int box, int origins, int owners)
{
    lua_pushvalue(L, -1);
    lua_pushvalue(L, box);
    lua_rawset(L, owners);
    lua_pushvalue(L, -1);
    lua_pushlightuserdata(L, (void *)(uintptr_t)v);
    lua_rawset(L, origins);
}

void ps_remember(lua_State *L, const ps_value *v, int box)
{
    int top = lua_gettop(L);
    ps_origin_push(L);
    lua_pushvalue(L, top);
    ps_origin_set(L, v, box, top + 1, top + 2);
    lua_settop(L, top);
}

bool ps_origin_is_plain(const ps_value *number)
{
    if (ps_value_kind(number) != PS_DECIMAL) {
        return true;
    }
    double d = ps_value_double(number);
    if (isinf(d)) {
        return false;
    }
    ps_value *plain = ps_double(d);
    bool same = ps_number_compare(plain, number) == 0;
    if (!same) {
        /* ps_double's exact value has more digits than 1.10 means: what counts is its shortest
         * print. */
        ps_buf text = {0};
        ps_number_print(plain, &text);
        ps_value *printed = ps_number(ps_buf_str(&text));
        same = ps_number_compare(printed, number) == 0;
        ps_value_unref(printed);
        ps_buf_free(&text);
    }
    ps_value_unref(plain);
    return same;
}

/* -- values ---------------------------------------------------------------------------------- */

void ps_push_value(lua_State *L, const ps_value *v)
{
    if (!v) {
        lua_pushnil(L);
        return;
    }
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = ps_value_ref(v);
}

static void push_number_box(lua_State *L, const ps_value *v)
{
    ps_value_box *box = ps_box_new(L, &ps_box_number, sizeof *box);
    box->v = ps_value_ref(v);
}

void ps_push_number(lua_State *L, const ps_value *v)
{
    int64_t n;
    if (ps_value_int(v, &n) && (PS_LUA_54 || (n > -PS_LUA_EXACT && n < PS_LUA_EXACT))) {
        if (ps_value_kind(v) == PS_DOUBLE && !(n > -PS_LUA_EXACT && n < PS_LUA_EXACT)) {
            lua_pushnumber(L, ps_value_double(v));
        } else {
            ps_lua_pushint(L, n);
        }
    } else if (ps_value_kind(v) == PS_DOUBLE ||
               (ps_value_kind(v) == PS_DECIMAL && ps_origin_is_plain(v))) {
        lua_pushnumber(L, ps_value_double(v));
    } else {
        push_number_box(L, v);
    }
}

typedef struct writer {
    lua_State *L;
    int box, array_mt, origins, owners;
} writer;

/* Pushes `v`; true when its parent could not be written back as it was without being remembered. */
static bool push_any(const writer *w, const ps_value *v);

/* Whether the number's own text differs from what the plain Lua number would give. */
static bool is_odd_number(const ps_value *v)
{
    int64_t n;
    return ps_value_kind(v) == PS_DECIMAL || (ps_value_kind(v) == PS_DOUBLE && ps_value_int(v, &n));
}

static void push_array(const writer *w, const ps_value *v)
{
    size_t count = ps_value_count(v);
    lua_createtable(w->L, count < 1 << 20 ? (int)count : 0, 0);
    lua_pushvalue(w->L, w->array_mt);
    lua_setmetatable(w->L, -2);
    bool odd = false;
    for (size_t i = 0; i < count; i++) {
        odd = push_any(w, ps_array_at(v, i)) || odd;
        lua_rawseti(w->L, -2, (int)(i + 1));
    }
    if (odd && w->box) {
        ps_origin_set(w->L, v, w->box, w->origins, w->owners);
    }
}

static void push_object(const writer *w, const ps_value *v)
{
    size_t count = ps_value_count(v);
    lua_createtable(w->L, 0, count < 1 << 20 ? (int)count : 0);
    bool odd = false;
    ps_str last = {"", 0};
    for (size_t i = 0; i < count; i++) {
        ps_str key = ps_value_str(ps_object_key_at(v, i));
        odd = odd || ps_str_compare(last, key) > 0;
        last = key;
        lua_pushlstring(w->L, key.p, key.len);
        odd = push_any(w, ps_object_value_at(v, i)) || odd;
        lua_rawset(w->L, -3);
    }
    if (odd && w->box) {
        ps_origin_set(w->L, v, w->box, w->origins, w->owners);
    }
}

static bool push_any(const writer *w, const ps_value *v)
{
    lua_State *L = w->L;
    switch (ps_value_kind(v)) {
    case PS_NULL:
        lua_pushlightuserdata(L, NULL);
        return false;
    case PS_BOOL:
        lua_pushboolean(L, ps_value_bool(v));
        return false;
    case PS_INT:
    case PS_DOUBLE:
    case PS_DECIMAL:
        ps_push_number(L, v);
        return is_odd_number(v);
    case PS_STRING: {
        ps_str s = ps_value_str(v);
        lua_pushlstring(L, s.p, s.len);
        return false;
    }
    case PS_ARRAY:
        luaL_checkstack(L, 8, "a deeply nested value");
        push_array(w, v);
        return false;
    case PS_OBJECT:
        luaL_checkstack(L, 8, "a deeply nested value");
        push_object(w, v);
        return false;
    }
    return false;
}

bool ps_push_lua(lua_State *L, const ps_value *v, int box, ps_error *err)
{
    if (ps_value_bytes(v) > MAX_BYTES) {
        ps_fail(err, PS_ELIMIT, 0,
                "a value that prints more than 256 MiB is too large for a Lua table");
        return false;
    }
    if (ps_value_depth(v) == 0) {
        writer scalar = {.L = L};
        push_any(&scalar, v);
        return true;
    }
    luaL_checkstack(L, 12, "a value");
    int top = lua_gettop(L);
    writer w = {L, box ? ps_lua_absindex(L, box) : 0, top + 3, top + 1, top + 2};
    ps_origin_push(L);
    ps_push_array_mt(L);
    push_any(&w, v);
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return true;
}

void ps_push_text(lua_State *L, const ps_value *v)
{
    if (!v || ps_value_kind(v) != PS_STRING) {
        lua_pushnil(L);
        return;
    }
    ps_str s = ps_value_str(v);
    lua_pushlstring(L, s.p, s.len);
}
