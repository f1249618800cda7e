/* integration_lua.c -- passo.aws.core: what Step Functions makes of arguments and answers.
 *
 * A call is a table {service=, verb=, sync=, parsed=, execution_arn=, machine_arn=, name=}. */
#include "aws/integration.h"
#include "lua/aws/aws_binding.h"

/* What is being made: the box owns it while Lua may raise. */
typedef struct work_box {
    ps_value *execution_arn, *machine_arn, *arguments, *result, *made;
    ps_task_error failed;
} work_box;

static int work_gc(lua_State *L)
{
    work_box *b = lua_touserdata(L, 1);
    ps_value **held[] = {&b->execution_arn, &b->machine_arn,  &b->arguments,   &b->result,
                         &b->made,          &b->failed.error, &b->failed.cause};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        ps_value_unref(*held[i]);
        *held[i] = NULL;
    }
    return 0;
}

static const luaL_Reg work_meta[] = {{"__gc", work_gc}, {NULL, NULL}};
static const ps_box_type work_type = {"passo.aws.integration", NULL, work_meta};

void ps_aws_integration_register(lua_State *L)
{
    ps_box_register(L, &work_type);
}

/* A text field of the table at `i`; empty where it has none. It stays on the stack: a metamethod
 * may have made it. */
static ps_str text_field(lua_State *L, int i, const char *name)
{
    ps_str s = PS_STR("");
    lua_getfield(L, i, name);
    if (lua_type(L, -1) == LUA_TSTRING) {
        s.p = lua_tolstring(L, -1, &s.len);
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "%s must be a string", name);
    }
    return s;
}

static bool flag_field(lua_State *L, int i, const char *name)
{
    lua_getfield(L, i, name);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

static ps_value *value_field(lua_State *L, int i, const char *name)
{
    lua_getfield(L, i, name);
    ps_value *v = lua_type(L, -1) == LUA_TSTRING ? ps_read_text(L, -1) : NULL;
    lua_pop(L, 1);
    return v;
}

/* Pushes the box. */
static work_box *read_call(lua_State *L, int i, ps_integration_call *call)
{
    luaL_checktype(L, i, LUA_TTABLE);
    *call = (ps_integration_call){.service = text_field(L, i, "service"),
                                  .verb = text_field(L, i, "verb"),
                                  .sync = flag_field(L, i, "sync"),
                                  .parsed = flag_field(L, i, "parsed"),
                                  .name = text_field(L, i, "name")};
    work_box *b = ps_box_new(L, &work_type, sizeof *b);
    call->execution_arn = b->execution_arn = value_field(L, i, "execution_arn");
    call->machine_arn = b->machine_arn = value_field(L, i, "machine_arn");
    return b;
}

static const ps_value *check_value(lua_State *L, int i)
{
    const ps_value_box *b = ps_box_check(L, i, &ps_box_value);
    luaL_argcheck(L, b->v, i, "this passo.value is closed");
    return b->v;
}

/* integration_service(name): {model, prefix, sdk = 1 | 2, metadata} of an
 * optimised one, or nil */
static int integration_service(lua_State *L)
{
    ps_str name;
    name.p = luaL_checklstring(L, 1, &name.len);
    const ps_integration_service *s = ps_integration_service_find(name);
    if (!s) {
        return 0;
    }
    lua_createtable(L, 0, 4);
    lua_pushlstring(L, s->model.p, s->model.len);
    lua_setfield(L, -2, "model");
    lua_pushlstring(L, s->prefix.p, s->prefix.len);
    lua_setfield(L, -2, "prefix");
    lua_pushinteger(L, s->sdk == PS_SDK_V1 ? 1 : 2);
    lua_setfield(L, -2, "sdk");
    lua_pushboolean(L, s->metadata);
    lua_setfield(L, -2, "metadata");
    return 1;
}

/* integration_prefix(service_id): the prefix of aws-sdk errors */
static int integration_prefix(lua_State *L)
{
    ps_str id;
    id.p = luaL_checklstring(L, 1, &id.len);
    work_box *b = ps_box_new(L, &work_type, sizeof *b);
    ps_buf name = {0};
    ps_java_service(id, &name);
    b->made = ps_string(ps_buf_str(&name));
    ps_buf_free(&name);
    ps_push_text(L, b->made);
    return 1;
}

/* integration_params(call, op, arguments): params | nil, message, failure */
static int integration_params(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 2);
    ps_integration_call call;
    work_box *b = read_call(L, 1, &call);
    ps_error err;
    b->arguments = ps_read_lua(L, 3, &err);
    if (b->arguments) {
        b->made = ps_integration_params(&call, op, b->arguments, &err);
    }
    if (!b->made) {
        return ps_push_error(L, &err);
    }
    ps_push_value(L, b->made);
    return 1;
}

/* The status at `i` and the header lines behind it. */
static ps_reply read_reply(lua_State *L, int i)
{
    ps_reply reply = {.status = (int)luaL_checkinteger(L, i)};
    reply.headers.p = luaL_checklstring(L, i + 1, &reply.headers.len);
    return reply;
}

/* integration_result(call, op, arguments, result [, status, headers]): value | nil, error, cause.
 * Without a status nothing is added to the result, and nothing looked for. */
static int integration_result(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 2);
    bool replied = !lua_isnoneornil(L, 5);
    ps_reply reply = replied ? read_reply(L, 5) : (ps_reply){.status = 0};
    ps_integration_call call;
    work_box *b = read_call(L, 1, &call);
    ps_error err;
    /* Held: reading may run a program's code, which may close the value. */
    b->result = ps_value_ref(check_value(L, 4));
    luaL_argcheck(L, ps_value_kind(b->result) == PS_OBJECT, 4, "an object expected");
    b->arguments = ps_read_lua(L, 3, &err);
    if (!b->arguments) {
        return ps_push_error(L, &err);
    }
    luaL_argcheck(L, ps_value_kind(b->arguments) == PS_OBJECT, 3, "an object expected");
    b->made = ps_integration_result(&call, op, b->arguments, b->result, replied ? &reply : NULL);
    if (replied && ps_integration_failed(&call, b->result, b->made, &reply, &b->failed)) {
        lua_pushnil(L);
        ps_push_text(L, b->failed.error);
        ps_push_text(L, b->failed.cause);
        return 3;
    }
    ps_push_value(L, b->made);
    return 1;
}

/* integration_refused(call, op, failure, headers [, attempts]): error, cause.
 * failure: {code=, name=, message=, status=, request_id=} of op:read */
static int integration_refused(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    ps_refused refused = {.code = text_field(L, 3, "code"),
                          .message = text_field(L, 3, "message"),
                          .request_id = text_field(L, 3, "request_id"),
                          .shape = text_field(L, 3, "name"),
                          .attempts = (int)luaL_optinteger(L, 5, 0)};
    lua_getfield(L, 3, "status");
    refused.status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    refused.headers.p = luaL_optlstring(L, 4, "", &refused.headers.len);
    ps_integration_call call;
    work_box *b = read_call(L, 1, &call);
    ps_integration_refused(&call, op, &refused, &b->failed);
    ps_push_text(L, b->failed.error);
    ps_push_text(L, b->failed.cause);
    return 2;
}

/* integration_unreached(call, op, why): error, cause where no reply came */
static int integration_unreached(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 2);
    ps_str why;
    why.p = luaL_checklstring(L, 3, &why.len);
    ps_integration_call call;
    work_box *b = read_call(L, 1, &call);
    ps_integration_unreached(&call, op, why, &b->failed);
    ps_push_text(L, b->failed.error);
    ps_push_text(L, b->failed.cause);
    return 2;
}

const luaL_Reg ps_functions_aws_integration[] = {{"integration_service", integration_service},
                                                 {"integration_prefix", integration_prefix},
                                                 {"integration_params", integration_params},
                                                 {"integration_result", integration_result},
                                                 {"integration_refused", integration_refused},
                                                 {"integration_unreached", integration_unreached},
                                                 {NULL, NULL}};
