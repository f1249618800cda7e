/* check_lua.c -- core.check: findings with their places in the source text. */
#include "asl/check.h"

#include "lua/definition.h"

/* -- one finding --------------------------------------------------------------------------------
 * "path:line:col: error CODE: message  /pointer  (hint)" */

static const char *field(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    return lua_isstring(L, -1) ? lua_tostring(L, -1) : NULL;
}

static int finding_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, 20, NULL);
    const char *path = field(L, "path");
    const char *line = field(L, "line");
    const char *column = field(L, "column");
    const char *severity = field(L, "severity");
    const char *code = field(L, "code");
    const char *words = field(L, "words");
    const char *message = words ? words : field(L, "message");
    const char *location = words ? NULL : field(L, "location");
    const char *hint = field(L, "hint");
    bool place = path || line;
    lua_pushfstring(L, "%s%s%s%s%s%s", path ? path : "", path && line ? ":" : "", line ? line : "",
                    line && column ? ":" : "", line && column ? column : "", place ? ": " : "");
    bool warning = severity && severity[0] == 'W';
    lua_pushfstring(L, "%s %s: %s", warning ? "warning" : "error", code ? code : "?",
                    message ? message : "");
    lua_pushfstring(L, "%s%s%s%s%s", location ? "  " : "", location ? location : "",
                    hint ? "  (" : "", hint ? hint : "", hint ? ")" : "");
    lua_concat(L, 3);
    return 1;
}

static const char finding_mt;

static void open_findings(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, finding_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "passo.finding");
    lua_setfield(L, -2, "__name");
    ps_lua_rawsetp(L, &finding_mt);
}

/* Adds path, line and column to the finding on top, and gives it its metatable. */
static void finish_finding(lua_State *L, const ps_definition_read *d, const ps_place *place)
{
    if (place) {
        ps_lua_pushint(L, (int64_t)place->line);
        lua_setfield(L, -2, "line");
        ps_lua_pushint(L, (int64_t)place->column);
        lua_setfield(L, -2, "column");
    }
    if (d->options) {
        lua_getfield(L, d->options, "path");
        lua_setfield(L, -2, "path");
    }
    ps_lua_rawgetp(L, &finding_mt);
    lua_setmetatable(L, -2);
}

/* A text that cannot be read: in the words of AWS's parser where it would stumble too, and beside
 * them our own, for people. */
static bool push_malformed(lua_State *L, const ps_definition_read *d, const ps_value *findings,
                           ps_error *err)
{
    if (findings) {
        char own[sizeof err->text];
        memcpy(own, err->text, sizeof own);
        size_t at = err->at;
        if (!ps_push_lua(L, ps_array_at(findings, 0), 0, err)) {
            return false;
        }
        lua_pushstring(L, own);
        lua_setfield(L, -2, "words");
        err->at = at;
    } else {
        lua_newtable(L);
        lua_pushliteral(L, "ERROR");
        lua_setfield(L, -2, "severity");
        lua_pushstring(L, d->yaml ? "INVALID_YAML_DESCRIPTION" : "INVALID_JSON_DESCRIPTION");
        lua_setfield(L, -2, "code");
        lua_pushstring(L, err->text);
        lua_setfield(L, -2, "message");
    }
    ps_place place = ps_definition_place(d->text, err->at);
    finish_finding(L, d, d->malformed ? &place : NULL);
    return true;
}

static ps_check_options read_options(lua_State *L, int i)
{
    ps_check_options o = {.warnings = true};
    if (lua_isnoneornil(L, i)) {
        return o;
    }
    lua_getfield(L, i, "type");
    const char *type = luaL_optstring(L, -1, "STANDARD");
    o.express = strcmp(type, "EXPRESS") == 0;
    luaL_argcheck(L, o.express || strcmp(type, "STANDARD") == 0, i,
                  "type must be STANDARD or EXPRESS");
    lua_getfield(L, i, "profile");
    const char *profile = luaL_optstring(L, -1, "aws-standard");
    const ps_profile *p = ps_profile_find(ps_str_from(profile));
    luaL_argcheck(L, p != NULL, i, "unknown profile");
    o.express = o.express || p->express;
    o.unlimited = ps_str_equal(p->name, PS_STR("unlimited"));
    lua_getfield(L, i, "warnings");
    o.warnings = lua_isnil(L, -1) || lua_toboolean(L, -1);
    lua_pop(L, 3);
    return o;
}

/* What a check holds, while Lua makes tables of it. */
typedef struct check_box {
    ps_definition_read d;
    ps_value *findings;
} check_box;

static int check_gc(lua_State *L)
{
    check_box *b = lua_touserdata(L, 1);
    ps_definition_clear(&b->d);
    ps_value_unref(b->findings);
    b->findings = NULL;
    return 0;
}

static const luaL_Reg check_meta[] = {{"__gc", check_gc}, {NULL, NULL}};
static const ps_box_type box_check = {"passo.check", NULL, check_meta};

static int core_check(lua_State *L)
{
    luaL_checkany(L, 1);
    ps_definition_read d;
    ps_definition_options(L, 2, &d);
    ps_check_options options = read_options(L, 2);
    check_box *b = ps_box_new(L, &box_check, sizeof *b);
    b->d = d;
    ps_error err;
    ps_value_box *definition = ps_box_new(L, &ps_box_value, sizeof *definition);
    definition->v = ps_definition_value(L, 1, &b->d, &err);
    lua_newtable(L);
    ps_push_array_mt(L);
    lua_setmetatable(L, -2);
    if (!definition->v) {
        b->findings = b->d.malformed && !b->d.yaml ? ps_check_json(b->d.text) : NULL;
        if (!push_malformed(L, &b->d, b->findings, &err)) {
            return ps_push_error(L, &err);
        }
        lua_rawseti(L, -2, 1);
        return 1;
    }
    b->findings = ps_check(definition->v, &options);
    size_t count = ps_value_count(b->findings);
    for (size_t i = 0; i < count; i++) {
        const ps_value *finding = ps_array_at(b->findings, i);
        if (!ps_push_lua(L, finding, 0, &err)) {
            return ps_push_error(L, &err);
        }
        const ps_value *pointer = ps_object_get(finding, PS_STR("pointer"));
        ps_place place;
        bool known = b->d.positions && pointer && ps_value_kind(pointer) == PS_STRING &&
                     ps_positions_key(b->d.positions, ps_value_str(pointer), &place);
        finish_finding(L, &b->d, known ? &place : NULL);
        lua_rawseti(L, -2, (int)(i + 1));
    }
    return 1;
}

/* core.finding(table): a finding made in Lua prints like the others. */
static int core_finding(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    ps_lua_rawgetp(L, &finding_mt);
    lua_setmetatable(L, 1);
    return 1;
}

const luaL_Reg ps_functions_check[] = {
    {"check", core_check}, {"finding", core_finding}, {NULL, NULL}};

void ps_check_register(lua_State *L)
{
    ps_box_register(L, &box_check);
    open_findings(L);
}
