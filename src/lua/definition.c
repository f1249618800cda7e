/* definition.c -- a definition as Lua programs give it: JSON or YAML text, a table, a passo.value.
 */
#include "lua/definition.h"

#include "value/json.h"
#include "value/yaml.h"

static const char *const formats[] = {"auto", "json", "yaml", NULL};

/* JSON documents that are definitions start with a brace; YAML's flow style may too, but is then
 * read by `format = "yaml"` only. */
static bool looks_json(ps_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            return c == '{' || c == '[' || c == '"';
        }
    }
    return true;
}

void ps_definition_options(lua_State *L, int i, ps_definition_read *d)
{
    *d = (ps_definition_read){.options = 0};
    if (lua_isnoneornil(L, i)) {
        return;
    }
    luaL_checktype(L, i, LUA_TTABLE);
    d->options = i;
    lua_getfield(L, i, "format");
    if (!lua_isnil(L, -1)) {
        d->format = luaL_checkoption(L, lua_gettop(L), NULL, formats);
    }
    lua_pop(L, 1);
}

void ps_definition_clear(ps_definition_read *d)
{
    ps_positions_free(d->positions);
    d->positions = NULL;
    ps_value_unref(d->set);
    d->set = NULL;
}

ps_value *ps_definition_value(lua_State *L, int i, ps_definition_read *d, ps_error *err)
{
    if (d->options) {
        lua_getfield(L, d->options, "set");
        if (!lua_isnil(L, -1)) {
            d->set = ps_read_lua(L, -1, err);
            if (d->set && ps_value_kind(d->set) != PS_OBJECT) {
                ps_fail(err, PS_EINPUT, 0, "opts.set must be a table of names and values");
                ps_value_set_take(&d->set, NULL);
            }
            if (!d->set) {
                return NULL;
            }
        }
        lua_pop(L, 1);
    }
    ps_value *v;
    if (lua_type(L, i) == LUA_TSTRING) {
        ps_str text;
        text.p = lua_tolstring(L, i, &text.len);
        d->text = text;
        d->yaml = d->format == 2 || (d->format == 0 && !looks_json(text));
        d->positions = ps_positions_new();
        if (d->yaml) {
            v = ps_yaml_parse(text, d->positions, err);
        } else {
            ps_json_options options = {.positions = d->positions};
            v = ps_json_parse(text, &options, err);
        }
        d->malformed = !v;
    } else {
        v = ps_read_lua(L, i, err);
    }
    return v && d->set ? ps_substitute_take(v, d->set) : v;
}

ps_place ps_definition_place(ps_str text, size_t at)
{
    ps_place place = {at, 1, 1};
    for (size_t i = 0; i < at && i < text.len; i++) {
        if (text.p[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)text.p[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}
