/* record_lua.c -- what a journal needs of an exec: its birth, its records, and going through them
 * again. */
#include "lua/record_lua.h"

#include <limits.h>
#include <string.h>

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

ps_blob_list ps_lua_blobs(lua_State *L, int i)
{
    if (lua_isnoneornil(L, i)) {
        lua_pushnil(L);
        return (ps_blob_list){0};
    }
    luaL_checktype(L, i, LUA_TTABLE);
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) {
        count++;
    }
    ps_blob *items = ps_lua_newuserdata(L, count * sizeof *items + 1);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) {
        if (n == count) {
            luaL_error(L, "the table of blobs was changed by a finalizer");
        }
        /* A number as key must not be made a string: that would confuse lua_next. */
        size_t len = 0;
        const char *hash = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;
        if (len != PS_BLOB_HASH || lua_type(L, -1) != LUA_TSTRING) {
            luaL_error(L, "blobs are strings by their hashes of 32 bytes");
        }
        memcpy(items[n].hash, hash, PS_BLOB_HASH);
        items[n].bytes.p = lua_tolstring(L, -1, &items[n].bytes.len);
        n++;
    }
    return (ps_blob_list){items, n};
}

void ps_push_fresh_blobs(lua_State *L)
{
    ps_blob_list fresh = ps_exec_fresh_blobs(ps_exec_lua_self(L));
    if (!fresh.count) {
        lua_pushnil(L);
        return;
    }
    ps_exec_lua_hold(L);
    lua_newtable(L);
    for (size_t i = 0; i < fresh.count; i++) {
        lua_createtable(L, 0, 2);
        lua_pushlstring(L, (const char *)fresh.items[i].hash, PS_BLOB_HASH);
        lua_setfield(L, -2, "hash");
        lua_pushlstring(L, fresh.items[i].bytes.p, fresh.items[i].bytes.len);
        lua_setfield(L, -2, "bytes");
        lua_rawseti(L, -2, (int)(i + 1));
    }
    ps_exec_lua_release(L);
    ps_exec_blobs_taken(ps_exec_lua_self(L));
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
    ps_push_fresh_blobs(L);
    return 2;
}

int ps_exec_lua_record(lua_State *L)
{
    lua_Number blob_bytes = 0;
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "format");
        lua_Number format = luaL_optnumber(L, -1, PS_RECORD_FORMAT);
        if (format != PS_RECORD_FORMAT) {
            return ps_push_failure(L, PS_EUNSUPPORTED, "records are written in format 1 only");
        }
        lua_getfield(L, 2, "blob_bytes");
        blob_bytes = luaL_optnumber(L, -1, 0);
        luaL_argcheck(L, blob_bytes >= 0 && blob_bytes <= (lua_Number)PS_LUA_EXACT, 2,
                      "blob_bytes is out of range");
    }
    ps_exec *x = ps_exec_lua_self(L);
    if (blob_bytes > 0) {
        ps_exec_blobs(x, (size_t)blob_bytes);
    }
    ps_exec_record(x);
    lua_pushboolean(L, 1);
    return 1;
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
    ps_push_fresh_blobs(L);
    return 3;
}

int ps_exec_lua_replay(lua_State *L)
{
    ps_str record = check_bytes(L, 2);
    bool unchecked = lua_toboolean(L, 4);
    lua_settop(L, 4);
    ps_value_box *stored = ps_box_new(L, &ps_box_value, sizeof *stored);
    ps_value_box *computed = ps_box_new(L, &ps_box_value, sizeof *computed);
    ps_blob_list blobs = ps_lua_blobs(L, 3);
    ps_error err = {0};
    ps_divergence d;
    ps_status status = ps_exec_replay(ps_exec_lua_self(L), record, &blobs, unchecked, &d, &err);
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

/* core.record_events(bytes [, blobs]) */
static int core_record_events(lua_State *L)
{
    lua_settop(L, 2);
    ps_str record = check_bytes(L, 1);
    ps_error err;
    ps_events **events = ps_push_events(L);
    ps_blob_list blobs = ps_lua_blobs(L, 2);
    *events = ps_record_events(record, &blobs, &err);
    lua_pop(L, 1);
    return *events ? 1 : ps_push_error(L, &err);
}

/* core.record_inputs(bytes [, blobs]) */
static int core_record_inputs(lua_State *L)
{
    lua_settop(L, 2);
    ps_str record = check_bytes(L, 1);
    ps_error err;
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    int at = lua_gettop(L);
    ps_blob_list blobs = ps_lua_blobs(L, 2);
    box->v = ps_record_inputs(record, &blobs, &err);
    return box->v && ps_push_lua(L, box->v, at, &err) ? 1 : ps_push_error(L, &err);
}

/* core.record_needs(bytes): of a birth, a record or a snapshot */
static int core_record_needs(lua_State *L)
{
    const uint8_t *hashes;
    size_t count;
    if (!ps_record_needs(check_bytes(L, 1), &hashes, &count)) {
        return ps_push_failure(L, PS_EDAMAGED, "neither a birth, a record nor a snapshot");
    }
    lua_createtable(L, (int)(count < INT_MAX ? count : INT_MAX), 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(L, (const char *)hashes + i * PS_BLOB_HASH, PS_BLOB_HASH);
        lua_rawseti(L, -2, (int)(i + 1));
    }
    return 1;
}

const luaL_Reg ps_functions_record[] = {{"record", core_record},
                                        {"record_events", core_record_events},
                                        {"record_inputs", core_record_inputs},
                                        {"record_needs", core_record_needs},
                                        {NULL, NULL}};

void ps_record_register(lua_State *L)
{
    ps_box_register(L, &box_bytes);
}
