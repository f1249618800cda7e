/* template_lua.c -- core.templates: the definitions inside SAM, CloudFormation and serverless.yml.
 */
#include "asl/extract.h"
#include "lua/binding.h"
#include "lua/definition.h"

/* What the call holds, while Lua makes tables of it. */
typedef struct template_box {
    ps_definition_read d;
    ps_value *file, *found;
} template_box;

static int template_gc(lua_State *L)
{
    template_box *b = lua_touserdata(L, 1);
    ps_definition_clear(&b->d);
    ps_value_set_take(&b->file, NULL);
    ps_value_set_take(&b->found, NULL);
    return 0;
}

static const luaL_Reg template_meta[] = {{"__gc", template_gc}, {NULL, NULL}};
static const ps_box_type box_template = {"passo.template", NULL, template_meta};

static void push_place(lua_State *L, const template_box *b, const ps_value *machine)
{
    const ps_value *pointer = ps_object_get(machine, PS_STR("pointer"));
    ps_place place;
    if (b->d.positions && pointer &&
        ps_positions_key(b->d.positions, ps_value_str(pointer), &place)) {
        ps_lua_pushint(L, (int64_t)place.line);
        lua_setfield(L, -2, "line");
        ps_lua_pushint(L, (int64_t)place.column);
        lua_setfield(L, -2, "column");
    }
}

/* Texts as Lua strings, the definition and its substitutions as passo.values. */
static void push_machine(lua_State *L, const template_box *b, const ps_value *machine)
{
    lua_newtable(L);
    for (size_t i = 0; i < ps_value_count(machine); i++) {
        const ps_value *v = ps_object_value_at(machine, i);
        ps_push_text(L, ps_object_key_at(machine, i));
        if (ps_value_kind(v) == PS_STRING) {
            ps_push_text(L, v);
        } else {
            ps_push_value(L, v);
        }
        lua_rawset(L, -3);
    }
    push_place(L, b, machine);
}

/* core.templates(text | table | value [, {format=}]) -> list of {name, pointer, type, line, column,
 * definition | uri, values | error}; empty where the file has no state machine */
static int core_templates(lua_State *L)
{
    luaL_checkany(L, 1);
    ps_definition_read d;
    ps_definition_options(L, 2, &d);
    template_box *b = ps_box_new(L, &box_template, sizeof *b);
    b->d = d;
    ps_error err;
    b->file = ps_definition_value(L, 1, &b->d, &err);
    if (!b->file) {
        return ps_push_error(L, &err);
    }
    b->found = ps_extract(b->file);
    lua_newtable(L);
    for (size_t i = 0; i < ps_value_count(b->found); i++) {
        push_machine(L, b, ps_array_at(b->found, i));
        lua_rawseti(L, -2, (int)(i + 1));
    }
    return 1;
}

const luaL_Reg ps_functions_template[] = {{"templates", core_templates}, {NULL, NULL}};

void ps_template_register(lua_State *L)
{
    ps_box_register(L, &box_template);
}
