/* exec_lua.c -- passo.exec: starting, feeding, saving. What it asks for is in poll_lua.c. */
#include "base/rand.h"
#include "lua/clock.h"
#include "lua/record_lua.h"
#include "lua/shelf_lua.h"

#include <string.h>

/* The label of the stream that names executions nobody named; far from the labels of exec/. */
#define NAME_LABEL 0x6E616D65u

typedef struct exec_box {
    ps_exec *x;
    bool held;    /* a command of it is being pushed */
    bool closing; /* closed meanwhile */
    ps_value *input, *arn, *name, *role_arn, *machine_arn, *machine_name,
        *activities; /* while it is started */
} exec_box;

/* The exec, for looking at it only. */
static ps_exec *look(lua_State *L)
{
    exec_box *b = ps_box_check(L, 1, &ps_box_exec);
    if (!b->x || b->closing) {
        luaL_error(L, "this passo.exec is closed");
    }
    return b->x;
}

/* Whatever allocates in Lua may run a finalizer, and that may close the exec: so this comes after
 * arguments are converted and boxes made. */
ps_exec *ps_exec_lua_self(lua_State *L)
{
    ps_exec *x = look(L);
    if (((exec_box *)lua_touserdata(L, 1))->held) {
        luaL_error(L, "this passo.exec is handing out a command, or lost one to a lack of memory; "
                      "save and load it");
    }
    return x;
}

void ps_exec_lua_hold(lua_State *L)
{
    exec_box *b = lua_touserdata(L, 1);
    b->held = true;
}

void ps_exec_lua_release(lua_State *L)
{
    exec_box *b = lua_touserdata(L, 1);
    b->held = false;
    if (b->closing) {
        ps_exec_free(b->x);
        b->x = NULL;
    }
}

ps_exec *ps_exec_lua_unbox(lua_State *L, int i)
{
    exec_box *b = ps_box_check(L, i, &ps_box_exec);
    if (!b->x || b->closing || b->held) {
        luaL_argerror(L, i, "this passo.exec is closed, or in use");
    }
    ps_exec *x = b->x;
    b->x = NULL;
    return x;
}

ps_exec **ps_exec_lua_box(lua_State *L)
{
    exec_box *b = ps_box_new(L, &ps_box_exec, sizeof *b);
    return &b->x;
}

void ps_exec_lua_name(lua_State *L)
{
    exec_box *b = lua_touserdata(L, -1);
    b->arn = ps_value_ref(ps_exec_arn(b->x));
    b->name = ps_value_ref(ps_exec_name(b->x));
}

static uint64_t check_token(lua_State *L, int i)
{
    lua_Number n = luaL_checknumber(L, i);
    luaL_argcheck(L, n >= 0 && n < (lua_Number)PS_LUA_EXACT, i, "not a token");
    return (uint64_t)n;
}

int64_t ps_lua_check_ms(lua_State *L, int i)
{
    lua_Number n = luaL_checknumber(L, i);
    luaL_argcheck(L, n > -(lua_Number)PS_LUA_EXACT && n < (lua_Number)PS_LUA_EXACT, i,
                  "milliseconds since 1970-01-01 expected");
    return (int64_t)n;
}

/* -- starting -------------------------------------------------------------------------------- */

static void release_arguments(exec_box *b)
{
    ps_value **held[] = {&b->input,       &b->arn,          &b->name,      &b->role_arn,
                         &b->machine_arn, &b->machine_name, &b->activities};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        ps_value_unref(*held[i]);
        *held[i] = NULL;
    }
}

/* A text option: a new PS_STRING, or NULL when absent. */
static ps_value *text_option(lua_State *L, int options, const char *name)
{
    lua_getfield(L, options, name);
    ps_value *v = NULL;
    if (lua_type(L, -1) == LUA_TSTRING) {
        v = ps_read_text(L, -1);
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "core.exec: opts.%s must be a string", name);
    }
    lua_pop(L, 1);
    return v;
}

/* seed: 32 bytes as they are, or a number for reproducible runs. False: none given. */
static bool read_seed(lua_State *L, int i, uint8_t seed[32])
{
    int type = lua_type(L, i);
    if (type == LUA_TSTRING) {
        size_t len;
        const char *bytes = lua_tolstring(L, i, &len);
        if (len != 32) {
            luaL_error(L, "core.exec: opts.seed must be 32 bytes or a number");
        }
        memcpy(seed, bytes, 32);
    } else if (type == LUA_TNUMBER) {
        double d = (double)lua_tonumber(L, i);
        memcpy(seed, &d, sizeof d);
    } else if (type != LUA_TNIL) {
        luaL_error(L, "core.exec: opts.seed must be 32 bytes or a number");
    }
    return type != LUA_TNIL;
}

static const ps_profile *profile_named(lua_State *L, int i)
{
    size_t len;
    const char *name = luaL_checklstring(L, i, &len);
    const ps_profile *p = ps_profile_find((ps_str){name, len});
    if (!p) {
        luaL_error(L, "unknown profile '%s': aws-standard, aws-express, unlimited", name);
    }
    return p;
}

/* The item processor's graph of the Map whose path is at `i`. */
static const ps_graph *graph_of(lua_State *L, int i, const ps_machine *m)
{
    ps_str path;
    path.p = luaL_checklstring(L, i, &path.len);
    for (size_t k = 0; k < m->state_count; k++) {
        const ps_state *s = m->all[k];
        if (s->kind == PS_STATE_MAP && s->branch_count > 0 &&
            ps_str_equal(ps_value_str(s->path), path)) {
            return s->branches[0];
        }
    }
    luaL_error(L, "the machine has no Map state '%s'", path.p);
    return NULL;
}

static void read_options(lua_State *L, int i, const ps_machine *m, exec_box *b, ps_exec_options *o,
                         bool *seeded, bool *timed)
{
    b->arn = text_option(L, i, "arn");
    b->name = text_option(L, i, "name");
    b->role_arn = text_option(L, i, "role_arn");
    b->machine_arn = text_option(L, i, "machine_arn");
    b->machine_name = text_option(L, i, "machine_name");
    lua_getfield(L, i, "seed");
    *seeded = read_seed(L, -1, o->seed);
    lua_pop(L, 1);
    lua_getfield(L, i, "now_ms");
    if (!lua_isnil(L, -1)) {
        o->now_ms = ps_lua_check_ms(L, -1);
        *timed = true;
    }
    lua_getfield(L, i, "profile");
    if (!lua_isnil(L, -1)) {
        o->profile = profile_named(L, -1);
    }
    lua_getfield(L, i, "map");
    if (!lua_isnil(L, -1)) {
        o->graph = graph_of(L, -1, m);
    }
    lua_getfield(L, i, "activities");
    if (!lua_isnil(L, -1)) {
        ps_error err;
        b->activities = ps_read_lua(L, -1, &err);
        if (!b->activities || ps_value_kind(b->activities) != PS_ARRAY) {
            luaL_error(L, "activities must be a list of ARNs");
        }
    }
    lua_pop(L, 4);
}

static void default_name(exec_box *b, const uint8_t random[16], bool seeded, const uint8_t seed[32])
{
    char text[36];
    ps_rand r = {.label = NAME_LABEL};
    if (seeded) {
        memcpy(r.key, seed, 32);
        ps_rand_uuid(&r, text);
    } else {
        /* A UUID straight from the system's bytes: a stream would cost two digests an execution. */
        ps_uuid_print(random, text);
    }
    b->name = ps_string((ps_str){text, sizeof text});
}

/* The execution's ARN: the machine's, with its own word and name. */
static void default_arn(exec_box *b, bool express)
{
    ps_str machine = ps_value_str(b->machine_arn), name = ps_value_str(b->name);
    ps_str word = PS_STR(":stateMachine:");
    ps_buf arn = {0};
    const char *found = NULL;
    for (size_t i = 0; !found && i + word.len <= machine.len; i++) {
        if (memcmp(machine.p + i, word.p, word.len) == 0) {
            found = machine.p + i;
        }
    }
    if (found) {
        size_t head = (size_t)(found - machine.p);
        ps_buf_add(&arn, (ps_str){machine.p, head});
        ps_buf_add(&arn, express ? PS_STR(":express:") : PS_STR(":execution:"));
        ps_buf_add(&arn, (ps_str){found + word.len, machine.len - head - word.len});
    } else {
        ps_buf_add(&arn, machine);
    }
    ps_buf_add_char(&arn, ':');
    ps_buf_add(&arn, name);
    b->arn = ps_string(ps_buf_str(&arn));
    ps_buf_free(&arn);
}

static void fill_defaults(exec_box *b, const ps_machine_box *m, const ps_exec_options *o,
                          const uint8_t random[16], bool seeded)
{
    if (!b->machine_name) {
        b->machine_name = ps_value_ref(m->name);
    }
    if (!b->machine_arn) {
        b->machine_arn = ps_value_ref(m->arn);
    }
    if (!b->role_arn) {
        b->role_arn = ps_value_ref(m->role_arn);
    }
    if (!b->name) {
        default_name(b, random, seeded, o->seed);
    }
    if (!b->arn) {
        default_arn(b, o->profile && o->profile->express);
    }
}

/* core.exec(machine, input [, opts [, now_ms [, seed]]]): the last two win over those in opts */
static int core_exec(lua_State *L)
{
    const ps_machine_box *m = ps_box_check(L, 1, &ps_box_machine);
    if (!m->m) {
        return luaL_error(L, "this passo.machine is closed");
    }
    if (!lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
    }
    lua_settop(L, 5);
    ps_error err;
    exec_box *b = ps_box_new(L, &ps_box_exec, sizeof *b);
    ps_lua_getuservalue(L, 1);
    ps_lua_setuservalue(L, 6);
    ps_exec_options o = {.now_ms = 0};
    bool seeded = false, timed = false;
    if (!lua_isnil(L, 3)) {
        read_options(L, 3, m->m, b, &o, &seeded, &timed);
    }
    if (!lua_isnil(L, 4)) {
        o.now_ms = ps_lua_check_ms(L, 4);
        timed = true;
    }
    if (!lua_isnil(L, 5)) {
        seeded = read_seed(L, 5, o.seed);
    }
    uint8_t random[48];
    if (!seeded) {
        if (!ps_system_random(random, sizeof random)) {
            return ps_push_failure(L, PS_EUNSUPPORTED,
                                   "the system gives no randomness for the execution's seed");
        }
        memcpy(o.seed, random, 32);
    }
    if (!timed) {
        o.now_ms = ps_system_now_ms();
    }
    b->input = ps_read_lua(L, 2, &err);
    if (!b->input) {
        return ps_push_error(L, &err);
    }
    fill_defaults(b, m, &o, random + 32, seeded);
    o.arn = b->arn;
    o.name = b->name;
    o.role_arn = b->role_arn;
    o.machine_arn = b->machine_arn;
    o.machine_name = b->machine_name;
    o.activities = b->activities;
    b->x = ps_exec_new(m->m, b->input, &o, &err);
    if (!b->x) {
        return ps_push_error(L, &err);
    }
    ps_value_set_take(&b->input, NULL);
    ps_value_set_take(&b->role_arn, NULL);
    ps_value_set_take(&b->machine_arn, NULL);
    ps_value_set_take(&b->machine_name, NULL);
    ps_value_set_take(&b->activities, NULL);
    return 1;
}

typedef ps_exec *reader(ps_machine *m, ps_str bytes, const ps_profile *profile,
                        const ps_blob_list *blobs, ps_error *err);

static int read_exec(lua_State *L, reader *read)
{
    lua_settop(L, 4);
    const ps_machine_box *m = ps_box_check(L, 1, &ps_box_machine);
    ps_str snapshot;
    snapshot.p = luaL_checklstring(L, 2, &snapshot.len);
    const ps_profile *profile = lua_isnoneornil(L, 3) ? NULL : profile_named(L, 3);
    if (!m->m) {
        return luaL_error(L, "this passo.machine is closed");
    }
    ps_error err;
    exec_box *b = ps_box_new(L, &ps_box_exec, sizeof *b);
    ps_lua_getuservalue(L, 1);
    ps_lua_setuservalue(L, -2);
    ps_blob_list blobs = ps_lua_blobs(L, 4);
    b->x = read(m->m, snapshot, profile, &blobs, &err);
    lua_pop(L, 1);
    if (!b->x) {
        return ps_push_error(L, &err);
    }
    ps_exec_lua_name(L);
    return 1;
}

/* core.load(machine, snapshot [, profile [, blobs]]) */
static int core_load(lua_State *L)
{
    return read_exec(L, ps_exec_load);
}

/* core.rebirth(machine, birth [, blobs]) */
static int core_rebirth(lua_State *L)
{
    lua_settop(L, 3);
    lua_pushnil(L);
    lua_insert(L, 3);
    return read_exec(L, ps_exec_rebirth);
}

/* -- inputs ------------------------------------------------------------------------------------ */

/* The value at `i`, and the exec as it is after that is read. */
static ps_value *read_input(lua_State *L, int i, ps_exec **x, ps_error *err)
{
    *x = ps_exec_lua_self(L);
    ps_value *v = ps_read_lua(L, i, err);
    const exec_box *b = lua_touserdata(L, 1);
    if (v && (!b->x || b->held)) {
        ps_value_unref(v);
        *x = ps_exec_lua_self(L);
    }
    return v;
}

/* exec:started(token, now_ms [, worker]) */
static int exec_started(lua_State *L)
{
    uint64_t token = check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 3);
    luaL_optstring(L, 4, NULL);
    ps_exec *x = ps_exec_lua_self(L);
    ps_error err;
    ps_value *worker = lua_isnoneornil(L, 4) ? NULL : ps_read_text(L, 4);
    ps_status status = ps_exec_started(x, token, worker, now_ms, &err);
    ps_value_unref(worker);
    return ps_push_status(L, status, &err);
}

/* exec:submitted(token, value, now_ms) */
static int exec_submitted(lua_State *L)
{
    uint64_t token = check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 4);
    ps_error err;
    ps_exec *x;
    ps_value *v = read_input(L, 3, &x, &err);
    if (!v) {
        return ps_push_error(L, &err);
    }
    ps_status status = ps_exec_submitted(x, token, v, now_ms, &err);
    ps_value_unref(v);
    return ps_push_status(L, status, &err);
}

/* exec:beat(token, now_ms) */
static int exec_beat(lua_State *L)
{
    ps_exec *x = ps_exec_lua_self(L);
    uint64_t token = check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 3);
    ps_error err;
    return ps_push_status(L, ps_exec_beat(x, token, now_ms, &err), &err);
}

/* exec:resume(token, now_ms, value) */
static int exec_resume(lua_State *L)
{
    uint64_t token = check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 3);
    lua_settop(L, 4);
    ps_error err;
    ps_exec *x;
    ps_value *v = read_input(L, 4, &x, &err);
    if (!v) {
        return ps_push_error(L, &err);
    }
    ps_outcome o = {.value = v};
    ps_status status = ps_exec_resume(x, token, &o, now_ms, &err);
    ps_value_unref(v);
    return ps_push_status(L, status, &err);
}

/* exec:fail(token, now_ms, error [, cause]) */
static int exec_fail(lua_State *L)
{
    uint64_t token = check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 3);
    luaL_optstring(L, 4, NULL);
    luaL_optstring(L, 5, NULL);
    ps_exec *x = ps_exec_lua_self(L);
    ps_error err;
    ps_value *error = lua_isnoneornil(L, 4) ? NULL : ps_read_text(L, 4);
    ps_value *cause = lua_isnoneornil(L, 5) ? NULL : ps_read_text(L, 5);
    ps_outcome o = {.failed = true, .error = error, .cause = cause};
    ps_status status = ps_exec_resume(x, token, &o, now_ms, &err);
    ps_value_unref(error);
    ps_value_unref(cause);
    return ps_push_status(L, status, &err);
}

/* exec:tick(now_ms) */
static int exec_tick(lua_State *L)
{
    ps_exec *x = ps_exec_lua_self(L);
    ps_exec_tick(x, ps_lua_check_ms(L, 2));
    lua_pushboolean(L, 1);
    return 1;
}

/* exec:stop(now_ms [, error [, cause]]) */
static int exec_stop(lua_State *L)
{
    int64_t now_ms = ps_lua_check_ms(L, 2);
    luaL_optstring(L, 3, NULL);
    luaL_optstring(L, 4, NULL);
    ps_exec *x = ps_exec_lua_self(L);
    ps_error err;
    ps_value *error = lua_isnoneornil(L, 3) ? NULL : ps_read_text(L, 3);
    ps_value *cause = lua_isnoneornil(L, 4) ? NULL : ps_read_text(L, 4);
    ps_status status = ps_exec_stop(x, error, cause, now_ms, &err);
    ps_value_unref(error);
    ps_value_unref(cause);
    return ps_push_status(L, status, &err);
}

/* exec:redrive(now_ms) */
static int exec_redrive(lua_State *L)
{
    ps_exec *x = ps_exec_lua_self(L);
    int64_t now_ms = ps_lua_check_ms(L, 2);
    ps_error err;
    return ps_push_status(L, ps_exec_redrive(x, now_ms, &err), &err);
}

/* A number of the table at `i`, -1 where it is not given. */
static lua_Number limit_option(lua_State *L, int i, const char *name, lua_Number most)
{
    lua_getfield(L, i, name);
    lua_Number n = -1;
    if (lua_type(L, -1) == LUA_TNUMBER) {
        n = lua_tonumber(L, -1);
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "exec:update: %s must be a number", name);
    }
    if (!lua_isnil(L, -1) && !(n >= 0 && n <= most)) {
        luaL_error(L, "exec:update: %s is out of range", name);
    }
    lua_pop(L, 1);
    return n;
}

/* exec:update(token | map run's ARN, now_ms, limits) */
static int exec_update(lua_State *L)
{
    bool named = lua_type(L, 2) == LUA_TSTRING;
    uint64_t token = named ? 0 : check_token(L, 2);
    int64_t now_ms = ps_lua_check_ms(L, 3);
    luaL_checktype(L, 4, LUA_TTABLE);
    ps_run_limits limits = {
        .max_concurrency = (int64_t)limit_option(L, 4, "max_concurrency", (lua_Number)PS_LUA_EXACT),
        .tolerated_count =
            (int64_t)limit_option(L, 4, "tolerated_failure_count", (lua_Number)PS_LUA_EXACT),
        .tolerated_percentage =
            (double)limit_option(L, 4, "tolerated_failure_percentage", (lua_Number)100)};
    ps_exec *x = ps_exec_lua_self(L);
    ps_error err;
    ps_value *map_run = named ? ps_read_text(L, 2) : NULL;
    ps_status status = ps_exec_update(x, token, map_run, &limits, now_ms, &err);
    ps_value_unref(map_run);
    return ps_push_status(L, status, &err);
}

/* exec:limits(map run's ARN) -> table | nil */
static int exec_limits(lua_State *L)
{
    (void)luaL_checkstring(L, 2);
    const ps_exec *x = look(L);
    ps_value *map_run = ps_read_text(L, 2);
    ps_run_limits limits;
    bool found = ps_exec_limits(x, map_run, &limits);
    ps_value_unref(map_run);
    if (!found) {
        return 0;
    }
    lua_createtable(L, 0, 3);
    lua_pushnumber(L, (lua_Number)limits.max_concurrency);
    lua_setfield(L, -2, "max_concurrency");
    lua_pushnumber(L, (lua_Number)limits.tolerated_count);
    lua_setfield(L, -2, "tolerated_failure_count");
    lua_pushnumber(L, limits.tolerated_percentage);
    lua_setfield(L, -2, "tolerated_failure_percentage");
    return 1;
}

/* -- looking ------------------------------------------------------------------------------------
 */

static int exec_deadline(lua_State *L)
{
    int64_t deadline = ps_exec_deadline(look(L));
    if (deadline == INT64_MAX) {
        lua_pushnil(L);
    } else {
        ps_lua_pushint(L, deadline);
    }
    return 1;
}

static const char *const statuses[] = {[PS_RUNNING] = "RUNNING",
                                       [PS_SUCCEEDED] = "SUCCEEDED",
                                       [PS_FAILED] = "FAILED",
                                       [PS_TIMED_OUT] = "TIMED_OUT",
                                       [PS_ABORTED] = "ABORTED"};

const char *ps_exec_lua_status(ps_exec_status status)
{
    return statuses[status];
}

static int exec_status(lua_State *L)
{
    lua_pushstring(L, statuses[ps_exec_state(look(L))]);
    return 1;
}

static int exec_find_token(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 2, &text.len);
    ps_exec *x = look(L);
    uint64_t token = ps_exec_find_token(x, text);
    if (token == 0) {
        lua_pushnil(L);
    } else {
        ps_lua_pushint(L, (int64_t)token);
    }
    return 1;
}

/* Events that were taken would be missing in the record. */
static void refuse_taking(lua_State *L)
{
    if (ps_exec_records(ps_exec_lua_self(L))) {
        luaL_error(L, "this passo.exec records: take_record gives its events");
    }
}

static int exec_take_events(lua_State *L)
{
    refuse_taking(L);
    ps_events **events = ps_push_events(L);
    *events = ps_exec_take_events(ps_exec_lua_self(L));
    return 1;
}

/* For runs whose history nobody will ask for: an endless loop would keep millions of events. */
static int exec_drop_events(lua_State *L)
{
    refuse_taking(L);
    ps_events_unref(ps_exec_take_events(ps_exec_lua_self(L)));
    return 0;
}

/* The name and ARN it was started with. */
static int exec_identity(lua_State *L)
{
    const exec_box *b = ps_box_check(L, 1, &ps_box_exec);
    ps_push_text(L, b->arn);
    ps_push_text(L, b->name);
    return 2;
}

static int exec_observe(lua_State *L)
{
    ps_exec_observe(ps_exec_lua_self(L));
    return 0;
}

static int exec_stages(lua_State *L)
{
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    const ps_value *kept = ps_exec_stages(ps_exec_lua_self(L));
    if (kept) {
        box->v = ps_value_ref(kept);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int exec_save(lua_State *L)
{
    look(L);
    lua_Number format = luaL_optnumber(L, 2, PS_SNAPSHOT_FORMAT);
    luaL_argcheck(L, format >= 0 && format <= 1000, 2, "no format");
    ps_buf *b = ps_push_bytes_box(L);
    ps_error err;
    if (ps_exec_save_as(look(L), (unsigned)format, b, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    ps_push_bytes(L, b);
    ps_push_fresh_blobs(L);
    return 2;
}

static int exec_close(lua_State *L)
{
    exec_box *b = ps_box_check(L, 1, &ps_box_exec);
    if (b->held) {
        b->closing = true;
        return 0;
    }
    ps_exec_free(b->x);
    b->x = NULL;
    return 0;
}

/* The names stay readable after close: a handler may outlive its execution and ask for its key. */
static int exec_gc(lua_State *L)
{
    exec_box *b = lua_touserdata(L, 1);
    ps_exec_free(b->x);
    b->x = NULL;
    release_arguments(b);
    return 0;
}

static int exec_tostring(lua_State *L)
{
    const exec_box *b = ps_box_check(L, 1, &ps_box_exec);
    lua_pushfstring(L, "passo.exec: %s",
                    b->x && !b->closing ? statuses[ps_exec_state(b->x)] : "closed");
    return 1;
}

static const luaL_Reg exec_methods[] = {{"poll", ps_exec_lua_poll},
                                        {"take", ps_exec_lua_take},
                                        {"ending", ps_exec_lua_ending},
                                        {"task", ps_exec_lua_task},
                                        {"input", ps_exec_lua_input},
                                        {"started", exec_started},
                                        {"submitted", exec_submitted},
                                        {"beat", exec_beat},
                                        {"resume", exec_resume},
                                        {"fail", exec_fail},
                                        {"tick", exec_tick},
                                        {"stop", exec_stop},
                                        {"redrive", exec_redrive},
                                        {"update", exec_update},
                                        {"limits", exec_limits},
                                        {"deadline", exec_deadline},
                                        {"status", exec_status},
                                        {"identity", exec_identity},
                                        {"find_token", exec_find_token},
                                        {"take_events", exec_take_events},
                                        {"drop_events", exec_drop_events},
                                        {"observe", exec_observe},
                                        {"stages", exec_stages},
                                        {"save", exec_save},
                                        {"birth", ps_exec_lua_birth},
                                        {"record", ps_exec_lua_record},
                                        {"take_record", ps_exec_lua_take_record},
                                        {"replay", ps_exec_lua_replay},
                                        {"again", ps_exec_lua_again},
                                        {"close", exec_close},
                                        {NULL, NULL}};
static const luaL_Reg exec_meta[] = {
    {"__gc", exec_gc}, {"__tostring", exec_tostring}, {NULL, NULL}};
const ps_box_type ps_box_exec = {"passo.exec", exec_methods, exec_meta};

const luaL_Reg ps_functions_exec[] = {
    {"exec", core_exec}, {"load", core_load}, {"rebirth", core_rebirth}, {NULL, NULL}};

void ps_exec_register(lua_State *L)
{
    ps_box_register(L, &ps_box_exec);
}
