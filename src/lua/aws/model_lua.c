/* model_lua.c -- service models as Lua sees them: facts, operations, pages, waiters. */
#include "lua/aws/model_lua.h"
#include "aws/model.h"
#include "lua/aws/aws_binding.h"
#include "lua/aws/params_lua.h"

typedef struct model_box {
    ps_model *m;
} model_box;

static int model_gc(lua_State *L);
static int model_tostring(lua_State *L);
static int model_facts(lua_State *L);
static int model_operation(lua_State *L);
static int model_operations(lua_State *L);
static int model_paginator(lua_State *L);
static int model_waiter(lua_State *L);
static int model_waiters(lua_State *L);

static const luaL_Reg model_methods[] = {
    {"facts", model_facts},
    {"operation", model_operation},
    {"operations", model_operations},
    {"paginator", model_paginator},
    {"waiter", model_waiter},
    {"waiters", model_waiters},
    {NULL, NULL},
};
static const luaL_Reg model_meta[] = {
    {"__gc", model_gc}, {"__tostring", model_tostring}, {NULL, NULL}};
static const ps_box_type box_model = {"passo.aws.model", model_methods, model_meta};

static const ps_model *check_model(lua_State *L, int i)
{
    const model_box *box = ps_box_check(L, i, &box_model);
    luaL_argcheck(L, box->m != NULL, i, "a model that is gone");
    return box->m;
}

void ps_push_str(lua_State *L, ps_str s)
{
    lua_pushlstring(L, s.len ? s.p : "", s.len);
}

void ps_set_text(lua_State *L, const char *key, ps_str s)
{
    if (s.len) {
        ps_push_str(L, s);
        lua_setfield(L, -2, key);
    }
}

void ps_set_flag(lua_State *L, const char *key, bool flag)
{
    if (flag) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, key);
    }
}

/* aws.model(text) -> model */
static int model_new(lua_State *L)
{
    ps_str text;
    text.p = luaL_checklstring(L, 1, &text.len);
    ps_error err;
    model_box *box = ps_box_new(L, &box_model, sizeof *box);
    int at = lua_gettop(L);
    box->m = ps_model_new(text, &err);
    if (!box->m) {
        return ps_push_error(L, &err);
    }
    /* Operations by name; [1] is the model, so that an operation keeps it alive. */
    lua_newtable(L);
    lua_pushvalue(L, at);
    lua_rawseti(L, -2, 1);
    ps_lua_setuservalue(L, at);
    return 1;
}

static int model_gc(lua_State *L)
{
    model_box *box = lua_touserdata(L, 1);
    ps_model_free(box->m);
    box->m = NULL;
    return 0;
}

static int model_tostring(lua_State *L)
{
    const ps_model *m = check_model(L, 1);
    lua_pushliteral(L, "passo.aws.model: ");
    ps_push_str(L, m->service_id);
    lua_concat(L, 2);
    return 1;
}

static const char *protocol_name(ps_protocol protocol)
{
    static const char *const names[] = {
        [PS_PROTOCOL_JSON] = "json",         [PS_PROTOCOL_QUERY] = "query",
        [PS_PROTOCOL_EC2] = "ec2",           [PS_PROTOCOL_REST_JSON] = "rest-json",
        [PS_PROTOCOL_REST_XML] = "rest-xml", [PS_PROTOCOL_CBOR] = "smithy-rpc-v2-cbor",
    };
    return names[protocol];
}

/* model:facts() -> {service_id=, endpoint_prefix=, signing_name=, protocol=, ...} */
static int model_facts(lua_State *L)
{
    const ps_model *m = check_model(L, 1);
    lua_createtable(L, 0, 10);
    ps_set_text(L, "service_id", m->service_id);
    ps_set_text(L, "endpoint_prefix", m->endpoint_prefix);
    ps_set_text(L, "signing_name", m->signing_name);
    ps_set_text(L, "protocol", ps_str_from(protocol_name(m->protocol)));
    ps_set_text(L, "json_version", m->json_version);
    ps_set_text(L, "target_prefix", m->target_prefix);
    ps_set_text(L, "api_version", m->api_version);
    ps_set_text(L, "xml_namespace", m->xml_namespace);
    ps_set_text(L, "global_endpoint", m->global_endpoint);
    ps_set_text(L, "signature", m->signature);
    ps_set_flag(L, "query_compatible", m->query_compatible);
    ps_set_flag(L, "is_s3", m->is_s3);
    return 1;
}

/* model:operation("GetItem") -> op | nil; the same object each time. */
static int model_operation(lua_State *L)
{
    const ps_model *m = check_model(L, 1);
    ps_str name;
    name.p = luaL_checklstring(L, 2, &name.len);
    lua_settop(L, 2);
    ps_lua_getuservalue(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, 3);
    if (!lua_isnil(L, 4)) {
        return 1;
    }
    const ps_operation *op = ps_model_operation(m, name);
    if (!op) {
        return 0;
    }
    const model_box *box = lua_touserdata(L, 1);
    ps_push_operation(L, op, 3, &box->m);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 3);
    return 1;
}

/* model:operations() -> list of names, sorted */
static int model_operations(lua_State *L)
{
    const ps_model *m = check_model(L, 1);
    lua_createtable(L, (int)m->operation_count, 0);
    for (size_t i = 0; i < m->operation_count; i++) {
        ps_push_str(L, m->operations[i].name);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int push_named(lua_State *L, const ps_value *from)
{
    ps_str name;
    name.p = luaL_checklstring(L, 2, &name.len);
    const ps_value *v = ps_value_kind(from) == PS_OBJECT ? ps_object_get(from, name) : NULL;
    ps_error err;
    if (!v) {
        return 0;
    }
    return ps_push_lua(L, v, 0, &err) ? 1 : ps_push_error(L, &err);
}

/* model:paginator("ListObjectsV2") -> {input_token=, output_token=, result_key=, limit_key=,
 * more_results=} | nil */
static int model_paginator(lua_State *L)
{
    return push_named(L, check_model(L, 1)->paginators);
}

/* model:waiter("BucketExists") -> {operation=, delay=, attempts=, acceptors={...}} | nil */
static int model_waiter(lua_State *L)
{
    return push_named(L, check_model(L, 1)->waiters);
}

/* model:waiters() -> list of names, sorted */
static int model_waiters(lua_State *L)
{
    const ps_value *waiters = check_model(L, 1)->waiters;
    size_t count = ps_value_kind(waiters) == PS_OBJECT ? ps_value_count(waiters) : 0;
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        ps_push_text(L, ps_object_key_at(waiters, i));
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

const luaL_Reg ps_functions_aws_model[] = {{"model", model_new}, {NULL, NULL}};

void ps_aws_model_register(lua_State *L)
{
    ps_box_register(L, &box_model);
    ps_aws_op_register(L);
    ps_aws_params_register(L);
}
