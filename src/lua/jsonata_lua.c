/* jsonata_lua.c -- passo.jsonata: an expression compiled once, asked of any data.
 *
 * A Lua function among the bindings is called protected: its error is the expression's, and it
 * cannot yield. What Lua may raise on is done before the evaluation begins, or inside that call. */
#include "base/utf8.h"
#include "jsonata/jsonata.h"
#include "lua/binding.h"
#include "lua/clock.h"

typedef struct jsonata_box {
    ps_jsonata *expression;
    double fuel; /* of evaluations that ask for none */
    ps_rand rand;
} jsonata_box;

static int jsonata_gc(lua_State *L)
{
    jsonata_box *box = lua_touserdata(L, 1);
    ps_jsonata_free(box->expression);
    box->expression = NULL;
    return 0;
}

static int jsonata_eval(lua_State *L);

static int jsonata_text(lua_State *L);

static const luaL_Reg methods[] = {{"eval", jsonata_eval}, {NULL, NULL}};
static const luaL_Reg meta[] = {{"__gc", jsonata_gc}, {"__tostring", jsonata_text}, {NULL, NULL}};
static const ps_box_type box_jsonata = {"passo.jsonata", methods, meta};

static int jsonata_text(lua_State *L)
{
    const jsonata_box *box = ps_box_check(L, 1, &box_jsonata);
    ps_str text = ps_jsonata_text(box->expression);
    lua_pushlstring(L, text.p, text.len);
    return 1;
}

/* -- failures -------------------------------------------------------------------------------- */

/* An error's own box, so that whatever Lua raises frees it. */
static int fault_gc(lua_State *L)
{
    ps_jsonata_error_free(lua_touserdata(L, 1));
    return 0;
}

static const luaL_Reg fault_meta[] = {{"__gc", fault_gc}, {NULL, NULL}};
static const ps_box_type box_fault = {"passo.jsonata.fault", NULL, fault_meta};

/* nil, message, failure {code, message, at, and the fields of the reference's error} */
static int push_fault(lua_State *L, const ps_jsonata_error *err)
{
    ps_error ignored;
    ps_str words = ps_buf_str(&err->text);
    lua_pushnil(L);
    lua_pushlstring(L, words.p, words.len);
    lua_createtable(L, 0, 8);
    for (size_t i = 0; err->fields && i < ps_value_count(err->fields); i++) {
        ps_str name = ps_value_str(ps_object_key_at(err->fields, i));
        lua_pushlstring(L, name.p, name.len);
        if (ps_push_lua(L, ps_object_value_at(err->fields, i), 0, &ignored)) {
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushstring(L, err->code);
    lua_setfield(L, -2, "code");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "message");
    lua_pushnumber(L, (lua_Number)err->at);
    lua_setfield(L, -2, "at");
    return 3;
}

/* -- functions of the host ------------------------------------------------------------------- */

/* Where things stand on the stack while an expression is evaluated. */
enum {
    AT_SELF = 1,
    AT_DATA,
    AT_BINDINGS,
    AT_OPTIONS,
    AT_FAULT,
    AT_INPUT,
    AT_VALUES,
    AT_RESULT,
    AT_CALLER
};

typedef struct evaluation {
    lua_State *L;
    const ps_value *values;    /* bindings that are data, by name */
    const ps_value *functions; /* names of those that are functions */
} evaluation;

typedef struct host_call {
    ps_str name;
    const ps_value *arguments;
    ps_value *result;
    ps_error err;
} host_call;

/* call_protected(bindings, call): everything that Lua may raise on. */
static int call_protected(lua_State *L)
{
    host_call *call = lua_touserdata(L, 2);
    int count = (int)ps_value_count(call->arguments);
    luaL_checkstack(L, count + 8, "too many arguments");
    lua_pushlstring(L, call->name.p, call->name.len);
    lua_gettable(L, 1);
    for (int i = 0; i < count; i++) {
        if (!ps_push_lua(L, ps_array_at(call->arguments, (size_t)i), 0, &call->err)) {
            return luaL_error(L, "%s", call->err.text);
        }
    }
    lua_call(L, count, 1);
    if (!lua_isnil(L, -1)) {
        call->result = ps_read_lua(L, -1, &call->err);
        if (!call->result) {
            return luaL_error(L, "%s", call->err.text);
        }
    }
    return 0;
}

static ps_value *call_host(void *arg, ps_str name, const ps_value *arguments, ps_buf *error)
{
    const evaluation *e = arg;
    lua_State *L = e->L;
    host_call call = {.name = name, .arguments = arguments};
    lua_pushvalue(L, AT_CALLER);
    lua_pushvalue(L, AT_BINDINGS);
    lua_pushlightuserdata(L, &call);
    if (lua_pcall(L, 2, 0, 0) != 0) {
        size_t len = 0;
        const char *words = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
        ps_str text = {words, len};
        ps_buf_add(error, words && len ? text : PS_STR("a function of the host failed"));
        lua_pop(L, 1);
    }
    return call.result;
}

static const ps_value *find_value(void *arg, ps_str name)
{
    const evaluation *e = arg;
    return e->values ? ps_object_get(e->values, name) : NULL;
}

static bool find_function(void *arg, ps_str name)
{
    const evaluation *e = arg;
    return e->functions && ps_object_get(e->functions, name);
}

/* -- evaluating ------------------------------------------------------------------------------ */

typedef struct bindings_box {
    ps_value_box values, functions;
} bindings_box;

static int bindings_gc(lua_State *L)
{
    bindings_box *box = lua_touserdata(L, 1);
    ps_value_set_take(&box->values.v, NULL);
    ps_value_set_take(&box->functions.v, NULL);
    return 0;
}

static const luaL_Reg bindings_meta[] = {{"__gc", bindings_gc}, {NULL, NULL}};
static const ps_box_type box_bindings = {"passo.jsonata.bindings", NULL, bindings_meta};

static bool read_bindings(lua_State *L, bindings_box *box, ps_error *err)
{
    box->values.v = ps_object(4);
    box->functions.v = ps_object(4);
    lua_pushnil(L);
    while (lua_next(L, AT_BINDINGS)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            ps_fail(err, PS_EINPUT, 0, "bindings are named by strings");
            return false;
        }
        ps_str name;
        name.p = lua_tolstring(L, -2, &name.len);
        if (ps_utf8_check(name) != name.len) {
            ps_fail(err, PS_EINPUT, 0, "a binding's name is not UTF-8");
            return false;
        }
        if (name.len && name.p[0] == '$') {
            ps_fail(err, PS_EINPUT, 0, "a binding's name is without its '$': %.*s",
                    (int)(name.len < 40 ? name.len : 40), name.p);
            return false;
        }
        if (lua_isfunction(L, -1)) {
            ps_object_put_take(box->functions.v, name, ps_bool(true));
        } else {
            ps_value *v = ps_read_lua(L, -1, err);
            if (!v) {
                return false;
            }
            ps_object_put_take(box->values.v, name, v);
        }
        lua_pop(L, 1);
    }
    return true;
}

static double option(lua_State *L, const char *name, double otherwise)
{
    double n = otherwise;
    if (lua_istable(L, AT_OPTIONS)) {
        lua_getfield(L, AT_OPTIONS, name);
        if (!lua_isnil(L, -1)) {
            n = luaL_checknumber(L, -1);
            luaL_argcheck(L, n >= 1 && n <= 1e15, AT_OPTIONS, name);
        }
        lua_pop(L, 1);
    }
    return n;
}

static ps_jsonata_bounds read_bounds(lua_State *L, const jsonata_box *box)
{
    ps_jsonata_bounds b = ps_jsonata_default;
    double depth = option(L, "depth", (double)b.depth);
    b.depth = depth < (double)b.depth ? (size_t)depth : b.depth; /* the C stack has an end */
    b.bytes = (size_t)option(L, "bytes", (double)b.bytes);
    b.range = (size_t)option(L, "range", (double)b.range);
    b.fuel = (uint64_t)option(L, "fuel", box->fuel);
    return b;
}

/* Evaluations that are under way in this Lua state: a function of the host may begin another, and
 * all of them share one C stack. Each is given a quarter of what the one around it had. */
static const char nesting_key;

static int nesting(lua_State *L)
{
    ps_lua_rawgetp(L, &nesting_key);
    int depth = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return depth;
}

static void set_nesting(lua_State *L, int depth)
{
    lua_pushinteger(L, depth);
    ps_lua_rawsetp(L, &nesting_key);
}

static size_t depth_within(size_t depth, int around)
{
    size_t most = around < 8 ? ps_jsonata_default.depth >> (2 * around) : 1;
    return depth < most ? depth : most;
}

/* expression:eval(data [, bindings [, options]]) -> value, or nil for nothing, or nil, message,
 * failure */
static int jsonata_eval(lua_State *L)
{
    ps_error err;
    jsonata_box *box = ps_box_check(L, AT_SELF, &box_jsonata);
    lua_settop(L, AT_OPTIONS);
    luaL_checkstack(L, 24, NULL);
    luaL_argcheck(L, lua_isnil(L, AT_BINDINGS) || lua_istable(L, AT_BINDINGS), AT_BINDINGS,
                  "a table of bindings expected");
    ps_jsonata_bounds bounds = read_bounds(L, box);
    ps_jsonata_error *fault = ps_box_new(L, &box_fault, sizeof *fault);
    ps_value_box *input = ps_box_new(L, &ps_box_value, sizeof *input);
    bindings_box *bindings = ps_box_new(L, &box_bindings, sizeof *bindings);
    ps_value_box *result = ps_box_new(L, &ps_box_value, sizeof *result);
    lua_pushcfunction(L, call_protected);
    if (!lua_isnil(L, AT_DATA) && !(input->v = ps_read_lua(L, AT_DATA, &err))) {
        return ps_push_error(L, &err);
    }
    if (lua_istable(L, AT_BINDINGS) && !read_bindings(L, bindings, &err)) {
        return ps_push_error(L, &err);
    }
    evaluation e = {L, bindings->values.v, bindings->functions.v};
    ps_jsonata_env env = {
        .input = input->v,
        .variable = find_value,
        .is_function = find_function,
        .call = call_host,
        .arg = &e,
        .bounds = &bounds,
        .rand = &box->rand,
        .now_ms = ps_system_now_ms(),
    };
    int around = nesting(L);
    bounds.depth = depth_within(bounds.depth, around);
    set_nesting(L, around + 1);
    ps_jsonata_answer answer = ps_jsonata_eval(box->expression, &env, &result->v, fault);
    set_nesting(L, around);
    switch (answer) {
    case PS_JSONATA_VALUE:
        return ps_push_lua(L, result->v, AT_RESULT, &err) ? 1 : ps_push_error(L, &err);
    case PS_JSONATA_FAULT:
        return push_fault(L, fault);
    default: /* nothing; a function is no JSON either */
        lua_pushnil(L);
        return 1;
    }
}

/* core.jsonata(text [, fuel]) -> passo.jsonata, or nil, message, failure */
static int core_jsonata(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 1, &text.len);
    double fuel = luaL_optnumber(L, 2, (lua_Number)ps_jsonata_default.fuel);
    luaL_argcheck(L, fuel >= 1 && fuel <= 1e15, 2, "fuel is a number from 1 on");
    if (ps_utf8_check(text) != text.len) {
        return ps_push_failure(L, PS_EINPUT, "the expression is not UTF-8");
    }
    jsonata_box *box = ps_box_new(L, &box_jsonata, sizeof *box);
    ps_jsonata_error *fault = ps_box_new(L, &box_fault, sizeof *fault);
    box->fuel = fuel;
    if (!ps_system_random(box->rand.key, sizeof box->rand.key)) {
        return ps_push_failure(L, PS_EUNSUPPORTED, "the system gives no randomness");
    }
    box->expression = ps_jsonata_new(text, fault);
    if (!box->expression) {
        return push_fault(L, fault);
    }
    lua_pop(L, 1);
    return 1;
}

void ps_jsonata_register(lua_State *L)
{
    ps_box_register(L, &box_jsonata);
    ps_box_register(L, &box_fault);
    ps_box_register(L, &box_bindings);
    set_nesting(L, 0); /* the registry has its place from now on: setting it raises nothing */
}

const luaL_Reg ps_functions_jsonata[] = {{"jsonata", core_jsonata}, {NULL, NULL}};
