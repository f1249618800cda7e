/* path_lua.c -- core.jsonpath: a path asked directly, as json-path/JsonPath answers it. */
#include "expr/path.h"
#include "lua/binding.h"

/* core.jsonpath(path, document) -> "ok", result, paths | "not_found" | "invalid_path" | "error" */
static int core_jsonpath(lua_State *L)
{
    ps_str path;
    path.p = luaL_checklstring(L, 1, &path.len);
    luaL_checkany(L, 2);
    ps_value_box *document = ps_box_new(L, &ps_box_value, sizeof *document);
    ps_value_box *result = ps_box_new(L, &ps_box_value, sizeof *result);
    ps_value_box *paths = ps_box_new(L, &ps_box_value, sizeof *paths);
    ps_error err;
    document->v = ps_read_lua(L, 2, &err);
    if (!document->v) {
        return ps_push_error(L, &err);
    }
    ps_path_answer answer = ps_path_ask(path, document->v, &result->v, &paths->v);
    lua_pushstring(L, ps_path_answer_name(answer));
    if (answer != PS_ANSWER_OK) {
        return 1;
    }
    lua_insert(L, -3);
    return 3;
}

const luaL_Reg ps_functions_path[] = {{"jsonpath", core_jsonpath}, {NULL, NULL}};
