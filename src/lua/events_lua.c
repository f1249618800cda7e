/* events_lua.c -- passo.events: a batch of history, decoded only where somebody looks. */
#include "lua/binding.h"

typedef struct events_box {
    ps_events *e;
} events_box;

static ps_events *self(lua_State *L)
{
    events_box *b = ps_box_check(L, 1, &ps_box_events);
    if (!b->e) {
        luaL_error(L, "this passo.events is closed");
    }
    return b->e;
}

ps_events **ps_push_events(lua_State *L)
{
    events_box *b = ps_box_new(L, &ps_box_events, sizeof *b);
    return &b->e;
}

/* The 0-based index that argument 2 means. */
static size_t check_index(lua_State *L, const ps_events *e)
{
    lua_Integer i = luaL_checkinteger(L, 2);
    luaL_argcheck(L, i >= 1 && (size_t)i <= ps_events_count(e), 2, "no event of this number");
    return (size_t)i - 1;
}

static int events_len(lua_State *L)
{
    ps_lua_pushint(L, (int64_t)ps_events_count(self(L)));
    return 1;
}

static int events_type(lua_State *L)
{
    const ps_events *e = self(L);
    ps_str type = ps_events_type(e, check_index(L, e));
    lua_pushlstring(L, type.p, type.len);
    return 1;
}

static void push_event(lua_State *L, const ps_events *e, size_t i)
{
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = ps_events_value(e, i);
}

static int events_value(lua_State *L)
{
    const ps_events *e = self(L);
    push_event(L, e, check_index(L, e));
    return 1;
}

static int events_get(lua_State *L)
{
    const ps_events *e = self(L);
    ps_error err;
    push_event(L, e, check_index(L, e));
    const ps_value_box *box = lua_touserdata(L, -1);
    return ps_push_lua(L, box->v, -1, &err) ? 1 : ps_push_error(L, &err);
}

static int events_next(lua_State *L)
{
    const ps_events *e = self(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    ps_error err;
    if (i < 0 || (size_t)i >= ps_events_count(e)) {
        return 0;
    }
    ps_lua_pushint(L, (int64_t)i + 1);
    push_event(L, e, (size_t)i);
    const ps_value_box *box = lua_touserdata(L, -1);
    if (!ps_push_lua(L, box->v, -1, &err)) {
        return luaL_error(L, "%s", err.text);
    }
    lua_remove(L, -2);
    return 2;
}

/* for i, event in events:each() do ... end */
static int events_each(lua_State *L)
{
    self(L);
    lua_pushcfunction(L, events_next);
    lua_pushvalue(L, 1);
    ps_lua_pushint(L, 0);
    return 3;
}

static int events_gc(lua_State *L)
{
    events_box *b = lua_touserdata(L, 1);
    ps_events_unref(b->e);
    b->e = NULL;
    return 0;
}

static const luaL_Reg events_methods[] = {{"type", events_type},
                                          {"get", events_get},
                                          {"value", events_value},
                                          {"each", events_each},
                                          {NULL, NULL}};
static const luaL_Reg events_meta[] = {{"__gc", events_gc}, {"__len", events_len}, {NULL, NULL}};
const ps_box_type ps_box_events = {"passo.events", events_methods, events_meta};

void ps_events_register(lua_State *L)
{
    ps_box_register(L, &ps_box_events);
}
