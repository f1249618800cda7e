/* members_lua.c -- what an operation takes and gives, for those who ask people for it. */
#include "lua/aws/aws_binding.h"
#include "lua/aws/model_lua.h"

static const char *kind_name(ps_shape_kind kind)
{
    static const char *const names[] = {[PS_SHAPE_STRUCTURE] = "structure",
                                        [PS_SHAPE_LIST] = "list",
                                        [PS_SHAPE_MAP] = "map",
                                        [PS_SHAPE_STRING] = "string",
                                        [PS_SHAPE_BOOLEAN] = "boolean",
                                        [PS_SHAPE_INTEGER] = "integer",
                                        [PS_SHAPE_LONG] = "long",
                                        [PS_SHAPE_FLOAT] = "float",
                                        [PS_SHAPE_DOUBLE] = "double",
                                        [PS_SHAPE_TIMESTAMP] = "timestamp",
                                        [PS_SHAPE_BLOB] = "blob",
                                        [PS_SHAPE_DOCUMENT] = "document"};
    return names[kind];
}

static void push_member(lua_State *L, const ps_member *m)
{
    lua_createtable(L, 0, 4);
    ps_set_text(L, "name", m->name);
    lua_pushstring(L, kind_name(m->shape->kind));
    lua_setfield(L, -2, "kind");
    if (m->shape->kind == PS_SHAPE_LIST) {
        lua_pushstring(L, kind_name(m->shape->members[0].shape->kind));
        lua_setfield(L, -2, "of");
    }
    ps_set_flag(L, "required", m->required);
}

/* op:members("input" | "output") -> list of {name=, kind=, of= (a list's elements), required=},
 * sorted by name */
int ps_op_lua_members(lua_State *L)
{
    static const char *const ends[] = {"input", "output", NULL};
    const ps_operation *op = ps_operation_lua_check(L, 1);
    const ps_member *end = luaL_checkoption(L, 2, "input", ends) == 0 ? op->input : op->output;
    size_t count = end ? end->shape->member_count : 0;
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_member(L, &end->shape->members[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}
