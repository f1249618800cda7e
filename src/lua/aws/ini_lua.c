/* ini_lua.c -- aws.ini: the AWS CLI's configuration files as Lua tables. */
#include "aws/ini.h"
#include "lua/aws/aws_binding.h"

typedef struct ini_box {
    ps_ini *ini;
} ini_box;

static int ini_gc(lua_State *L);
static const luaL_Reg ini_meta[] = {{"__gc", ini_gc}, {NULL, NULL}};
static const ps_box_type box_ini = {"passo.aws.ini", NULL, ini_meta};

static int ini_gc(lua_State *L)
{
    ini_box *box = ps_box_check(L, 1, &box_ini);
    ps_ini_free(box->ini);
    box->ini = NULL;
    return 0;
}

static void push(lua_State *L, ps_str s)
{
    lua_pushlstring(L, s.p, s.len);
}

/* Pushes table[name] of the table on top, made when it is not there. */
static void push_block(lua_State *L, ps_str name)
{
    push(L, name);
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        push(L, name);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
    }
}

static void push_section(lua_State *L, const ps_ini_section *section)
{
    lua_createtable(L, 0, 4);
    push(L, section->name);
    lua_setfield(L, -2, "name");
    ps_lua_pushint(L, (int64_t)section->line);
    lua_setfield(L, -2, "at");
    lua_newtable(L); /* nested */
    lua_newtable(L); /* values */
    for (size_t i = 0; i < section->count; i++) {
        const ps_ini_setting *s = &section->settings[i];
        if (s->block.len) {
            lua_pushvalue(L, -2);
            push_block(L, s->block);
            lua_remove(L, -2);
        } else {
            lua_pushvalue(L, -1);
        }
        push(L, s->key);
        push(L, s->value);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    lua_setfield(L, -3, "values");
    lua_setfield(L, -2, "nested");
}

/* aws.ini(text) -> {{name =, at = line, values = {key = value}, nested = {block = {key = value}}},
 * ...} | nil, message, failure (failure.line). No message quotes the file. */
static int ini_read(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 1, &text.len);
    ps_error err;
    ini_box *box = ps_box_new(L, &box_ini, sizeof *box);
    box->ini = ps_ini_new(text, &err);
    if (!box->ini) {
        ps_push_error(L, &err);
        ps_lua_pushint(L, (int64_t)err.at);
        lua_setfield(L, -2, "line");
        return 3;
    }
    size_t count;
    const ps_ini_section *sections = ps_ini_sections(box->ini, &count);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_section(L, &sections[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    ps_ini_free(box->ini);
    box->ini = NULL;
    return 1;
}

const luaL_Reg ps_functions_aws_ini[] = {{"ini", ini_read}, {NULL, NULL}};

void ps_aws_ini_register(lua_State *L)
{
    ps_box_register(L, &box_ini);
}
