/* record_lua.c -- what a journal needs of an exec: its birth, its records, and going through them
 * again. */
#include "lua/record_lua.h"

/* Bytes under way to a Lua string. */
typedef struct bytes_box {
    ps_buf b;
} bytes_box;

static int bytes_gc(lua_State *L)
{
    bytes_box *s = lua_touserdata(L, 1);
    ps_buf_free(&s->b);
    return 0;
}

static const luaL_Reg bytes_meta[] = {{"__gc", bytes_gc}, {NULL, NULL}};
static const ps_box_type box_bytes = {"passo.bytes", NULL, bytes_meta};

ps_buf *ps_push_bytes_box(lua_State *L)
{
    bytes_box *s = ps_box_new(L, &box_bytes, sizeof *s);
    return &s->b;
}

void ps_push_bytes(lua_State *L, ps_buf *b)
{
    ps_str bytes = ps_buf_str(b);
    lua_pushlstring(L, bytes.p, bytes.len);
    ps_buf_free(b);
}

static ps_str check_bytes(lua_State *L, int i)
{
    ps_str s;
    s.p = luaL_checklstring(L, i, &s.len);
    return s;
}

int ps_exec_lua_birth(lua_State *L)
{
    ps_exec_lua_self(L);
    ps_buf *b = ps_push_bytes_box(L);
    ps_exec_birth(ps_exec_lua_self(L), b);
    ps_push_bytes(L, b);
    return 1;
}

int ps_exec_lua_record(lua_State *L)
{
    ps_exec_record(ps_exec_lua_self(L));
    return 0;
}

int ps_exec_lua_take_record(lua_State *L)
{
    if (!ps_exec_records(ps_exec_lua_self(L))) {
        return luaL_error(L, "take_record: exec:record() was not called");
    }
    lua_settop(L, 1);
    ps_buf *b = ps_push_bytes_box(L);
    ps_events **events = ps_push_events(L);
    if (!ps_exec_take_record(ps_exec_lua_self(L), b, events)) {
        lua_pushnil(L);
        return 1;
    }
    ps_push_bytes(L, b);
    lua_pushvalue(L, 3);
    return 2;
}

int ps_exec_lua_replay(lua_State *L)
{
    ps_str record = check_bytes(L, 2);
    bool unchecked = lua_toboolean(L, 4);
    lua_settop(L, 4);
    ps_value_box *stored = ps_box_new(L, &ps_box_value, sizeof *stored);
    ps_value_box *computed = ps_box_new(L, &ps_box_value, sizeof *computed);
    ps_error err = {0};
    ps_divergence d;
    ps_status status = ps_exec_replay(ps_exec_lua_self(L), record, unchecked, &d, &err);
    stored->v = d.stored;
    computed->v = d.computed;
    if (status != PS_EDIVERGED) {
        return ps_push_status(L, status, &err);
    }
    ps_push_error(L, &err);
    ps_lua_pushint(L, (int64_t)d.event);
    lua_setfield(L, -2, "event");
    if (d.stored) {
        lua_pushvalue(L, 5);
        lua_setfield(L, -2, "stored");
    }
    if (d.computed) {
        lua_pushvalue(L, 6);
        lua_setfield(L, -2, "computed");
    }
    return 3;
}

int ps_exec_lua_again(lua_State *L)
{
    ps_exec_again(ps_exec_lua_self(L));
    return 0;
}

/* core.record(bytes) */
static int core_record(lua_State *L)
{
    ps_error err;
    ps_record_head head;
    if (ps_record_read_head(check_bytes(L, 1), &head, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    lua_createtable(L, 0, 5);
    const struct {
        const char *name;
        uint64_t n;
    } fields[] = {{"format", head.format},
                  {"behaviour", head.behaviour},
                  {"first", head.first},
                  {"last", head.last},
                  {"inputs", head.inputs}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        ps_lua_pushint(L, (int64_t)fields[i].n);
        lua_setfield(L, -2, fields[i].name);
    }
    return 1;
}

/* core.record_events(bytes) */
static int core_record_events(lua_State *L)
{
    ps_str record = check_bytes(L, 1);
    ps_error err;
    ps_events **events = ps_push_events(L);
    *events = ps_record_events(record, &err);
    return *events ? 1 : ps_push_error(L, &err);
}

/* core.record_inputs(bytes) */
static int core_record_inputs(lua_State *L)
{
    ps_str record = check_bytes(L, 1);
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    int at = lua_gettop(L);
    box->v = ps_record_inputs(record, &err);
    return box->v && ps_push_lua(L, box->v, at, &err) ? 1 : ps_push_error(L, &err);
}

const luaL_Reg ps_functions_record[] = {{"record", core_record},
                                        {"record_events", core_record_events},
                                        {"record_inputs", core_record_inputs},
                                        {NULL, NULL}};

void ps_record_register(lua_State *L)
{
    ps_box_register(L, &box_bytes);
}
