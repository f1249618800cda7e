/* machine_lua.c -- passo.machine: compiling, and its states as tables. */
#include "asl/check.h"
#include "lua/definition.h"
#include "value/json.h"

/* -- states as tables ------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *name, ps_str s)
{
    if (s.len > 0) {
        lua_pushlstring(L, s.p, s.len);
        lua_setfield(L, -2, name);
    }
}

static void set_value(lua_State *L, const char *name, const ps_value *v)
{
    ps_error err;
    if (v && ps_push_lua(L, v, 0, &err)) {
        lua_setfield(L, -2, name);
    }
}

static void set_flag(lua_State *L, const char *name, bool flag)
{
    if (flag) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, name);
    }
}

static const char *const families[] = {
    [PS_FAMILY_TASK] = "task", [PS_FAMILY_LAMBDA] = "lambda", [PS_FAMILY_ACTIVITY] = "activity"};
static const char *const patterns[] = {
    [PS_PATTERN_REQUEST] = "request", [PS_PATTERN_SYNC] = "sync", [PS_PATTERN_TOKEN] = "token"};
static const char *const inputs[] = {
    [PS_INPUT_NONE] = NULL, [PS_INPUT_JSON] = "JSON",         [PS_INPUT_JSONL] = "JSONL",
    [PS_INPUT_CSV] = "CSV", [PS_INPUT_MANIFEST] = "MANIFEST", [PS_INPUT_PARQUET] = "PARQUET"};

static void set_task(lua_State *L, const ps_state *s)
{
    set_value(L, "resource", s->resource);
    set_text(L, "service", s->target.service);
    set_text(L, "action", s->target.action);
    set_text(L, "verb", s->target.verb);
    set_text(L, "function_name", s->target.function);
    set_text(L, "region", s->target.region);
    lua_pushstring(L, families[s->target.family]);
    lua_setfield(L, -2, "family");
    lua_pushstring(L, patterns[s->target.pattern]);
    lua_setfield(L, -2, "pattern");
}

static void set_map(lua_State *L, const ps_state *s)
{
    set_flag(L, "distributed", s->distributed);
    set_flag(L, "express_children", s->express_children);
    set_value(L, "label", s->label);
    if (s->reader) {
        lua_newtable(L);
        set_value(L, "resource", s->reader->resource);
        set_value(L, "config", s->reader->config);
        if (inputs[s->reader->input]) {
            lua_pushstring(L, inputs[s->reader->input]);
            lua_setfield(L, -2, "input");
        }
        lua_setfield(L, -2, "reader");
    }
    if (s->writer) {
        lua_newtable(L);
        set_value(L, "resource", s->writer->resource);
        set_value(L, "config", s->writer->config);
        lua_setfield(L, -2, "writer");
    }
}

/* The machine's own field machine_name stands in the cache at index 0. */
static void push_new_state(lua_State *L, int states, const ps_state *s)
{
    luaL_checkstack(L, 16, NULL);
    lua_createtable(L, 0, 14);
    set_value(L, "name", s->name);
    set_value(L, "path", s->path);
    set_text(L, "type", ps_state_kind_name(s->kind));
    ps_lua_pushint(L, (int64_t)s->id + 1);
    lua_setfield(L, -2, "id");
    lua_rawgeti(L, states, 0);
    lua_setfield(L, -2, "machine_name");
    if (s->kind == PS_STATE_TASK) {
        set_task(L, s);
    } else if (s->kind == PS_STATE_MAP) {
        set_map(L, s);
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, states, (int)s->id + 1);
}

void ps_push_state(lua_State *L, int states, const ps_state *s)
{
    if (!s) {
        lua_pushnil(L);
        return;
    }
    lua_rawgeti(L, states, (int)s->id + 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_new_state(L, states, s);
    }
}

/* -- methods ------------------------------------------------------------------------------------
 */

static ps_machine *self(lua_State *L)
{
    const ps_machine_box *b = ps_box_check(L, 1, &ps_box_machine);
    if (!b->m) {
        luaL_error(L, "this passo.machine is closed");
    }
    return b->m;
}

static int machine_definition(lua_State *L)
{
    ps_push_value(L, self(L)->definition);
    return 1;
}

static int machine_states(lua_State *L)
{
    const ps_machine *m = self(L);
    lua_settop(L, 1);
    lua_createtable(L, (int)m->state_count, 0);
    ps_lua_getuservalue(L, 1);
    for (size_t i = 0; i < m->state_count; i++) {
        ps_push_state(L, 3, m->all[i]);
        lua_rawseti(L, 2, (int)i + 1);
    }
    lua_settop(L, 2);
    return 1;
}

static int machine_name(lua_State *L)
{
    ps_machine_box *b = ps_box_check(L, 1, &ps_box_machine);
    ps_push_text(L, b->name);
    return 1;
}

/* State name -> sorted names of the variables it reads, as DescribeStateMachine gives it. */
static int machine_variables(lua_State *L)
{
    ps_error err;
    const ps_machine *m = self(L);
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    box->v = ps_machine_variable_references(m->definition);
    return ps_push_lua(L, box->v, -1, &err) ? 1 : ps_push_error(L, &err);
}

static int machine_gc(lua_State *L)
{
    ps_machine_box *b = lua_touserdata(L, 1);
    ps_machine_unref(b->m);
    b->m = NULL;
    ps_value_unref(b->name);
    b->name = NULL;
    ps_value_unref(b->arn);
    b->arn = NULL;
    ps_value_unref(b->role_arn);
    b->role_arn = NULL;
    return 0;
}

static int machine_tostring(lua_State *L)
{
    ps_machine_box *b = ps_box_check(L, 1, &ps_box_machine);
    ps_str name = b->name ? ps_value_str(b->name) : PS_STR("closed");
    lua_pushliteral(L, "passo.machine: ");
    lua_pushlstring(L, name.p, name.len);
    lua_concat(L, 2);
    return 1;
}

static const luaL_Reg machine_methods[] = {{"definition", machine_definition},
                                           {"states", machine_states},
                                           {"name", machine_name},
                                           {"variables", machine_variables},
                                           {NULL, NULL}};
static const luaL_Reg machine_meta[] = {
    {"__gc", machine_gc}, {"__tostring", machine_tostring}, {NULL, NULL}};
const ps_box_type ps_box_machine = {"passo.machine", machine_methods, machine_meta};

/* -- core.machine ---------------------------------------------------------------------------------
 */

/* What a failed compilation holds while Lua makes the failure. */
typedef struct compile_box {
    ps_definition_read d;
    ps_value *findings;
} compile_box;

static int compile_gc(lua_State *L)
{
    compile_box *b = lua_touserdata(L, 1);
    ps_definition_clear(&b->d);
    ps_value_unref(b->findings);
    b->findings = NULL;
    return 0;
}

static const luaL_Reg compile_meta[] = {{"__gc", compile_gc}, {NULL, NULL}};
static const ps_box_type box_compile = {"passo.compile", NULL, compile_meta};

static void set_place(lua_State *L, const ps_place *place)
{
    ps_lua_pushint(L, (int64_t)place->line);
    lua_setfield(L, -2, "line");
    ps_lua_pushint(L, (int64_t)place->column);
    lua_setfield(L, -2, "column");
}

/* nil, message, failure: of the first error that a check finds, with its place. */
static int push_refusal(lua_State *L, compile_box *b, const ps_value *definition,
                        const ps_error *err)
{
    const ps_value *first = NULL;
    if (definition) {
        b->findings = ps_check(definition, NULL);
        for (size_t i = 0; !first && i < ps_value_count(b->findings); i++) {
            const ps_value *finding = ps_array_at(b->findings, i);
            const ps_value *severity = ps_object_get(finding, PS_STR("severity"));
            if (severity && ps_str_equal(ps_value_str(severity), PS_STR("ERROR"))) {
                first = finding;
            }
        }
    }
    if (!first) {
        ps_push_error(L, err);
        if (b->d.malformed) {
            ps_place place = ps_definition_place(b->d.text, err->at);
            set_place(L, &place);
        }
        return 3;
    }
    const ps_value *location = ps_object_get(first, PS_STR("location"));
    lua_pushnil(L);
    ps_push_text(L, ps_object_get(first, PS_STR("code")));
    lua_pushliteral(L, ": ");
    ps_push_text(L, ps_object_get(first, PS_STR("message")));
    lua_pushstring(L, location ? " at " : "");
    if (location) {
        ps_push_text(L, location);
    } else {
        lua_pushliteral(L, "");
    }
    lua_concat(L, 5);
    lua_createtable(L, 0, 6);
    lua_pushliteral(L, "EINPUT");
    lua_setfield(L, -2, "code");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "message");
    set_value(L, "finding", first);
    set_value(L, "location", location);
    const ps_value *pointer = ps_object_get(first, PS_STR("pointer"));
    ps_place place;
    if (b->d.positions && pointer &&
        ps_positions_key(b->d.positions, ps_value_str(pointer), &place)) {
        set_place(L, &place);
    }
    return 3;
}

static void set_name(lua_State *L, int options, const char *member, ps_value **name)
{
    lua_getfield(L, options, member);
    if (lua_type(L, -1) == LUA_TSTRING) {
        *name = ps_read_text(L, -1);
    }
    lua_pop(L, 1);
}

/* The names the machine goes by in its executions' context, when their options give none. */
static void set_names(lua_State *L, ps_machine_box *b, int options)
{
    if (options) {
        set_name(L, options, "name", &b->name);
        set_name(L, options, "arn", &b->arn);
        set_name(L, options, "role_arn", &b->role_arn);
    }
    if (!b->name) {
        b->name = ps_string(PS_STR("StateMachine"));
    }
    if (!b->arn) {
        ps_str name = ps_value_str(b->name);
        b->arn = ps_stringf("arn:aws:states:us-east-1:123456789012:stateMachine:%.*s",
                            (int)name.len, name.p);
    }
    if (!b->role_arn) {
        b->role_arn = ps_string(PS_STR("arn:aws:iam::123456789012:role/passo"));
    }
}

static int core_machine(lua_State *L)
{
    luaL_checkany(L, 1);
    ps_definition_read d;
    ps_definition_options(L, 2, &d);
    compile_box *c = ps_box_new(L, &box_compile, sizeof *c);
    c->d = d;
    ps_error err;
    ps_value_box *definition = ps_box_new(L, &ps_box_value, sizeof *definition);
    definition->v = ps_definition_value(L, 1, &c->d, &err);
    if (!definition->v) {
        return push_refusal(L, c, NULL, &err);
    }
    ps_machine_box *b = ps_box_new(L, &ps_box_machine, sizeof *b);
    b->m = ps_machine_new(definition->v, &err);
    if (!b->m) {
        return push_refusal(L, c, definition->v, &err);
    }
    set_names(L, b, d.options);
    lua_createtable(L, (int)b->m->state_count, 1);
    ps_push_text(L, b->name);
    lua_rawseti(L, -2, 0);
    ps_lua_setuservalue(L, -2);
    ps_definition_clear(&c->d);
    return 1;
}

const luaL_Reg ps_functions_machine[] = {{"machine", core_machine}, {NULL, NULL}};

void ps_machine_register(lua_State *L)
{
    ps_box_register(L, &ps_box_machine);
    ps_box_register(L, &box_compile);
}
