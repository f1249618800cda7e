/* port_lua.c -- passo.store.port: units are tables of statements and parameters, answers tables.
 *
 * Nothing here waits but close, and step when it is asked to: whoever waits does it in Lua, through
 * its host (lua/passo/store/port.lua). */
#include "lua/store/port_lua.h"

#include "store/backend.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* What both databases take: of one parameter, and of one statement. */
#define MOST_BYTES ((size_t)1000 * 1000 * 1000)
#define MOST_PARAMETERS 32766

typedef struct store_box {
    ps_store *s;
} store_box;

typedef struct unit_box {
    ps_unit *u;
} unit_box;

static const ps_box_type box_store, box_unit;

static store_box *check_box(lua_State *L)
{
    store_box *box = ps_box_check(L, 1, &box_store);
    if (!box->s) {
        luaL_error(L, "the port is freed");
    }
    return box;
}

static ps_store *check_store(lua_State *L)
{
    return check_box(L)->s;
}

/* -- opening and closing ------------------------------------------------------------------------
 */

static bool flag_of(lua_State *L, int options, const char *name)
{
    lua_getfield(L, options, name);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* Databases take strings that end with NUL: what lies behind one would be passed over. */
static ps_str check_text(lua_State *L, int i)
{
    ps_str s;
    s.p = luaL_checklstring(L, i, &s.len);
    luaL_argcheck(L, strlen(s.p) == s.len, i, "there is a NUL in it");
    return s;
}

int ps_port_lua_open(lua_State *L, const ps_backend *backend)
{
    ps_store_options o = {.target = check_text(L, 1).p};
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        o.relaxed = flag_of(L, 2, "relaxed");
        lua_getfield(L, 2, "wait_ms");
        lua_Number ms = lua_tonumber(L, -1);
        o.wait_ms = ms > 0 && ms < 1e9 ? (int64_t)ms : 0;
        lua_pop(L, 1);
    }
    store_box *box = ps_box_new(L, &box_store, sizeof *box);
    lua_newtable(L);
    ps_lua_setuservalue(L, -2);
    box->s = ps_store_open(backend, &o);
    return 1;
}

/* What is queued is done first, and may still be taken. */
static int store_close(lua_State *L)
{
    store_box *box = ps_box_check(L, 1, &box_store);
    if (box->s) {
        ps_store_close(box->s);
    }
    return 0;
}

static int store_gc(lua_State *L)
{
    store_box *box = ps_box_check(L, 1, &box_store);
    ps_store *s = box->s;
    box->s = NULL;
    ps_store_free(s);
    return 0;
}

static int store_is_ours(lua_State *L)
{
    const store_box *box = ps_box_check(L, 1, &box_store);
    lua_pushboolean(L, box->s && ps_store_is_ours(box->s));
    return 1;
}

/* -- statements ------------------------------------------------------------------------------- */

/* The statements are found by id in the box's uservalue: a table of light userdata. */
static int store_prepare(lua_State *L)
{
    ps_store *s = check_store(L);
    ps_str sql = check_text(L, 2);
    const char *kinds = luaL_optstring(L, 3, "");
    luaL_argcheck(L, strspn(kinds, "irtb") == strlen(kinds), 3, "letters i, r, t and b expected");
    luaL_argcheck(L, strlen(kinds) <= MOST_PARAMETERS, 3, "too many parameters");
    bool wants_rows = false;
    int64_t expect = -1;
    if (!lua_isnoneornil(L, 4)) {
        luaL_checktype(L, 4, LUA_TTABLE);
        wants_rows = flag_of(L, 4, "rows");
        lua_getfield(L, 4, "expect");
        lua_Number n = luaL_optnumber(L, -1, -1);
        luaL_argcheck(L, n >= -1 && n < (lua_Number)PS_LUA_EXACT, 4, "expect is out of range");
        expect = (int64_t)n;
        lua_pop(L, 1);
    }
    ps_lua_getuservalue(L, 1);
    int id = (int)ps_lua_rawlen(L, -1) + 1;
    lua_pushlightuserdata(L,
                          (void *)(uintptr_t)ps_store_prepare(s, sql, kinds, wants_rows, expect));
    lua_rawseti(L, -2, id);
    ps_lua_pushint(L, id);
    return 1;
}

/* -- units from Lua --------------------------------------------------------------------------- */

static int bad_param(lua_State *L, const ps_statement *st, size_t parameter, const char *want)
{
    return luaL_error(L, "parameter %d of the statement must be %s or nil, not %s: %s",
                      (int)parameter + 1, want, luaL_typename(L, -1), st->sql);
}

static void add_int(lua_State *L, ps_unit *u, const ps_statement *st, size_t parameter)
{
    lua_Number n = lua_tonumber(L, -1);
    if (lua_type(L, -1) == LUA_TBOOLEAN) {
        ps_unit_add_int(u, lua_toboolean(L, -1));
        return;
    }
#if PS_LUA_54
    if (lua_isinteger(L, -1)) {
        ps_unit_add_int(u, lua_tointeger(L, -1));
        return;
    }
#endif
    if (lua_type(L, -1) != LUA_TNUMBER || floor(n) != n || fabs(n) > (double)PS_LUA_EXACT) {
        bad_param(L, st, parameter, "an integer");
    }
    ps_unit_add_int(u, (int64_t)n);
}

/* The parameter on top of the stack. */
static void add_param(lua_State *L, ps_unit *u, const ps_statement *st, size_t parameter)
{
    ps_str s;
    if (lua_isnil(L, -1)) {
        ps_unit_add_null(u);
        return;
    }
    switch (ps_statement_kind(st, parameter)) {
    case 'i':
        add_int(L, u, st, parameter);
        break;
    case 'r':
        if (lua_type(L, -1) != LUA_TNUMBER) {
            bad_param(L, st, parameter, "a number");
        }
        ps_unit_add_real(u, lua_tonumber(L, -1));
        break;
    default:
        if (lua_type(L, -1) != LUA_TSTRING) {
            bad_param(L, st, parameter, "a string");
        }
        s.p = lua_tolstring(L, -1, &s.len);
        if (s.len > MOST_BYTES) {
            bad_param(L, st, parameter, "at most 1 GB");
        }
        ps_unit_add_bytes(u, s);
    }
}

/* The table at 2: id, its parameters, id, its parameters ... How many places it has cannot be asked
 * of a table with nil in it: it ends where an id should be and nothing is. */
static void read_unit(lua_State *L, ps_unit *u)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    ps_lua_getuservalue(L, 1);
    int statements = lua_gettop(L);
    int at = 1;
    for (;;) {
        lua_rawgeti(L, 2, at++);
        if (lua_isnil(L, -1)) {
            break;
        }
        lua_Number id = luaL_checknumber(L, -1);
        lua_rawgeti(L, statements, id >= 1 && id <= INT_MAX ? (int)id : 0);
        const ps_statement *st = lua_touserdata(L, -1);
        if (!st) {
            luaL_error(L, "place %d of the unit names no statement", at - 1);
        }
        lua_pop(L, 2);
        ps_unit_add(u, st);
        for (size_t i = 0; i < ps_statement_arity(st); i++) {
            lua_rawgeti(L, 2, at++);
            add_param(L, u, st, i);
            lua_pop(L, 1);
        }
    }
    lua_settop(L, statements - 1);
}

static int unit_gc(lua_State *L)
{
    unit_box *box = ps_box_check(L, 1, &box_unit);
    ps_unit *u = box->u;
    box->u = NULL;
    ps_unit_free(u);
    return 0;
}

/* A unit that is being built, in a box while building it may raise. One box serves them all, but
 * not two at once: finalizers may run in between. */
static unit_box *take_box(lua_State *L)
{
    ps_lua_rawgetp(L, &box_unit.methods);
    unit_box *box = ps_box_test(L, -1, &box_unit);
    if (!box || box->u) {
        lua_pop(L, 1);
        box = ps_box_new(L, &box_unit, sizeof *box);
        lua_pushvalue(L, -1);
        ps_lua_rawsetp(L, &box_unit.methods);
    }
    return box;
}

/* A unit's number is its owner's: 1 when nobody asks how many rows its statements changed. */
static int submit(lua_State *L, ps_verb verb, uint64_t key, bool rows_only)
{
    ps_store *s = check_store(L);
    lua_settop(L, 2);
    unit_box *box = take_box(L);
    ps_unit *u = box->u = ps_unit_new(s, verb);
    if (verb == PS_VERB_UNIT || verb == PS_VERB_READ) {
        read_unit(L, u);
        ps_unit_set_number(u, rows_only);
    } else {
        lua_Number number = luaL_optnumber(L, 2, 0);
        luaL_argcheck(L, number >= 0 && number < (lua_Number)PS_LUA_EXACT, 2, "out of range");
        ps_unit_set_number(u, (int64_t)number);
    }
    box->u = NULL;
    ps_lua_pushint(L, (int64_t)ps_store_submit_take(s, u, key));
    return 1;
}

/* port:submit(unit [, key [, rows_only]]) -> ticket */
static int store_submit(lua_State *L)
{
    lua_Number key = luaL_optnumber(L, 3, 0);
    luaL_argcheck(L, key >= 0 && key < (lua_Number)PS_LUA_EXACT, 3, "out of range");
    return submit(L, PS_VERB_UNIT, (uint64_t)key, lua_toboolean(L, 4));
}

/* port:read(unit) -> ticket */
static int store_read(lua_State *L)
{
    return submit(L, PS_VERB_READ, 0, false);
}

#define VERB(name, verb)                                                                           \
    static int store_##name(lua_State *L)                                                          \
    {                                                                                              \
        return submit(L, verb, 0, false);                                                          \
    }
VERB(hold, PS_VERB_HOLD)
VERB(let_go, PS_VERB_LET_GO)
VERB(held, PS_VERB_HELD)
VERB(listen, PS_VERB_LISTEN)
VERB(ring, PS_VERB_RING)
VERB(now, PS_VERB_NOW)
#undef VERB

/* -- answers ---------------------------------------------------------------------------------- */

static void push_cell(lua_State *L, ps_cell cell)
{
    switch (cell.kind) {
    case PS_CELL_INT:
        ps_lua_pushint(L, cell.as.i);
        break;
    case PS_CELL_REAL:
        lua_pushnumber(L, cell.as.r);
        break;
    case PS_CELL_TEXT:
    case PS_CELL_BLOB:
        lua_pushlstring(L, cell.as.s.p, cell.as.s.len);
        break;
    default:
        lua_pushnil(L);
    }
}

static void push_rows(lua_State *L, const ps_unit *u, size_t k)
{
    int rows = (int)ps_unit_rows(u, k), columns = (int)ps_unit_columns(u, k);
    lua_createtable(L, rows, 0);
    for (int row = 0; row < rows; row++) {
        lua_createtable(L, columns, 0);
        for (int column = 0; column < columns; column++) {
            push_cell(L, ps_unit_cell(u, k, (size_t)row, (size_t)column));
            lua_rawseti(L, -2, column + 1);
        }
        lua_rawseti(L, -2, row + 1);
    }
}

/* Of a unit whose rows only are asked for: a table of those statements that give any, or true. */
static void push_rows_only(lua_State *L, const ps_unit *u)
{
    size_t count = ps_unit_count(u);
    lua_pushboolean(L, 1);
    for (size_t k = 0; k < count; k++) {
        if (!ps_unit_wants_rows(u, k)) {
            continue;
        }
        if (!lua_istable(L, -1)) {
            lua_pop(L, 1);
            lua_newtable(L);
        }
        lua_createtable(L, 0, 1);
        push_rows(L, u, k);
        lua_setfield(L, -2, "rows");
        lua_rawseti(L, -2, (int)k + 1);
    }
}

static void push_results(lua_State *L, const ps_unit *u)
{
    int count = (int)ps_unit_count(u);
    if (ps_unit_number(u)) {
        push_rows_only(L, u);
        return;
    }
    lua_createtable(L, count, 0);
    for (int k = 0; k < count; k++) {
        lua_createtable(L, 0, 2);
        ps_lua_pushint(L, ps_unit_changes(u, (size_t)k));
        lua_setfield(L, -2, "changes");
        if (ps_unit_wants_rows(u, (size_t)k)) {
            push_rows(L, u, (size_t)k);
            lua_setfield(L, -2, "rows");
        }
        lua_rawseti(L, -2, k + 1);
    }
}

static int push_refusal(lua_State *L, const ps_unit *u)
{
    lua_pushnil(L);
    lua_pushstring(L, ps_unit_text(u));
    lua_createtable(L, 0, 3);
    lua_pushstring(L, ps_store_fault_name(ps_unit_fault(u)));
    lua_setfield(L, -2, "code");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "message");
    if (ps_unit_culprit(u)) {
        ps_lua_pushint(L, (int64_t)ps_unit_culprit(u));
        lua_setfield(L, -2, "statement");
    }
    return 4;
}

/* port:take() -> ticket, results (a number for the verbs that answer one) | ticket, nil, message,
 * failure | 0, number (a ring) | nothing */
static int store_take(lua_State *L)
{
    ps_store *s = check_store(L);
    unit_box *box = take_box(L);
    ps_unit *u = box->u = ps_store_take(s);
    if (!u) {
        return 0;
    }
    int pushed = 2;
    ps_lua_pushint(L, (int64_t)ps_unit_ticket(u));
    if (ps_unit_fault(u)) {
        pushed = push_refusal(L, u);
    } else if (ps_unit_verb(u) == PS_VERB_UNIT || ps_unit_verb(u) == PS_VERB_READ) {
        push_results(L, u);
    } else {
        ps_lua_pushint(L, ps_unit_number(u));
    }
    box->u = NULL;
    ps_unit_free(u);
    return pushed;
}

/* -- waiting ------------------------------------------------------------------------------------
 */

static int store_kick(lua_State *L)
{
    ps_store_kick(check_store(L));
    return 0;
}

/* port:step(ms [, fd ...]) -> whether there are answers */
static int store_step(lua_State *L)
{
    enum { MOST = 16 };
    int fds[MOST];
    ps_store *s = check_store(L);
    lua_Number ms = luaL_checknumber(L, 2);
    int count = lua_gettop(L) - 2;
    count = count < MOST ? count : MOST;
    for (int i = 0; i < count; i++) {
        lua_Number fd = luaL_checknumber(L, 3 + i);
        luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, 3 + i, "no descriptor");
        fds[i] = (int)fd;
    }
    lua_pushboolean(L, ps_store_step(s,
                                     ms > 60000 ? 60000
                                     : ms > 0   ? (int)ceil(ms)
                                                : 0,
                                     fds, (size_t)count));
    return 1;
}

static int store_is_busy(lua_State *L)
{
    const store_box *box = ps_box_check(L, 1, &box_store);
    lua_pushboolean(L, box->s && ps_store_is_busy(box->s));
    return 1;
}

static int store_fd(lua_State *L)
{
    int fd = ps_store_fd(check_store(L));
    if (fd < 0) {
        return ps_push_failure(L, PS_EUNSUPPORTED, "the port has no descriptor");
    }
    ps_lua_pushint(L, fd);
    return 1;
}

static int store_ack(lua_State *L)
{
    ps_store_ack(check_store(L));
    return 0;
}

static int store_poke(lua_State *L)
{
    ps_store_signal(check_store(L));
    return 0;
}

/* port:signal() -> path: a unix socket to connect to; then port:accept(). */
static int store_signal(lua_State *L)
{
    ps_error err;
    const char *path = ps_store_wake_listen(check_store(L), &err);
    if (!path) {
        return ps_push_error(L, &err);
    }
    lua_pushstring(L, path);
    return 1;
}

static int store_accept(lua_State *L)
{
    lua_pushboolean(L, ps_store_wake_accept(check_store(L)));
    return 1;
}

/* -- the types ----------------------------------------------------------------------------------
 */

static const luaL_Reg store_methods[] = {
    {"prepare", store_prepare}, {"submit", store_submit}, {"read", store_read},
    {"hold", store_hold},       {"let_go", store_let_go}, {"held", store_held},
    {"listen", store_listen},   {"ring", store_ring},     {"now", store_now},
    {"take", store_take},       {"kick", store_kick},     {"step", store_step},
    {"busy", store_is_busy},    {"fd", store_fd},         {"ack", store_ack},
    {"poke", store_poke},       {"signal", store_signal}, {"accept", store_accept},
    {"ours", store_is_ours},    {"close", store_close},   {NULL, NULL},
};
static const luaL_Reg store_meta[] = {{"__gc", store_gc}, {NULL, NULL}};
static const ps_box_type box_store = {"passo.store.port", store_methods, store_meta};

static const luaL_Reg unit_meta[] = {{"__gc", unit_gc}, {NULL, NULL}};
static const ps_box_type box_unit = {"passo.store.unit", NULL, unit_meta};

static const char opened_key;

static void register_all(lua_State *L)
{
    ps_box_register(L, &box_store);
    ps_box_register(L, &box_unit);
}

void ps_port_lua_register(lua_State *L)
{
    ps_lua_once(L, &opened_key, register_all);
}
