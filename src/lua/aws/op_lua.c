/* op_lua.c -- one operation of a service: parameters -> request, reply -> result or failure. */
#include "aws/protocol.h"
#include "lua/aws/aws_binding.h"
#include "lua/aws/model_lua.h"
#include "lua/aws/params_lua.h"

typedef struct op_box {
    const ps_operation *op; /* lives in the model whose box the uservalue keeps */
    ps_model *const *model; /* in that box */
} op_box;

static int op_tostring(lua_State *L);
static int op_facts(lua_State *L);
static int op_write(lua_State *L);
static int op_read(lua_State *L);

static const luaL_Reg op_methods[] = {{"facts", op_facts},
                                      {"members", ps_op_lua_members},
                                      {"write", op_write},
                                      {"read", op_read},
                                      {NULL, NULL}};
static const luaL_Reg op_meta[] = {{"__tostring", op_tostring}, {NULL, NULL}};
static const ps_box_type box_op = {"passo.aws.operation", op_methods, op_meta};

void ps_push_operation(lua_State *L, const ps_operation *op, int keeper, ps_model *const *model)
{
    op_box *box = ps_box_new(L, &box_op, sizeof *box);
    box->op = op;
    box->model = model;
    lua_pushvalue(L, keeper);
    ps_lua_setuservalue(L, -2);
}

const ps_operation *ps_operation_lua_check(lua_State *L, int i)
{
    const op_box *box = ps_box_check(L, i, &box_op);
    luaL_argcheck(L, *box->model != NULL, i, "an operation of a model that is gone");
    return box->op;
}

static int op_tostring(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 1);
    lua_pushliteral(L, "passo.aws.operation: ");
    ps_push_str(L, op->model->service_id);
    lua_pushliteral(L, " ");
    ps_push_str(L, op->name);
    lua_concat(L, 4);
    return 1;
}

/* -- facts ------------------------------------------------------------------------------------- */

/* The name of the member that may be a stream; empty: none. */
static ps_str streaming_member(const ps_member *end)
{
    const ps_member *payload = end ? end->shape->payload : NULL;
    return payload && payload->streaming ? payload->name : PS_STR("");
}

static void set_payload(lua_State *L, const char *key, const ps_member *end)
{
    if (end && end->shape->payload) {
        ps_set_text(L, key, end->shape->payload->name);
    }
}

static bool is_token(const ps_member *m)
{
    return m->idempotency;
}

static bool is_event_stream(const ps_member *m)
{
    return m->event_stream;
}

static bool any_member(const ps_member *end, bool (*test)(const ps_member *))
{
    for (size_t i = 0; end && i < end->shape->member_count; i++) {
        if (test(&end->shape->members[i])) {
            return true;
        }
    }
    return false;
}

static void set_tokens(lua_State *L, const ps_operation *op)
{
    if (!any_member(op->input, is_token)) {
        return;
    }
    lua_newtable(L);
    int count = 0;
    for (size_t i = 0; i < op->input->shape->member_count; i++) {
        if (is_token(&op->input->shape->members[i])) {
            ps_push_str(L, op->input->shape->members[i].name);
            lua_rawseti(L, -2, ++count);
        }
    }
    lua_setfield(L, -2, "idempotency");
}

/* op:facts() -> {name=, method=, uri=, ...}; what is false or empty is left out. */
static int op_facts(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 1);
    lua_createtable(L, 0, 16);
    ps_set_text(L, "name", op->name);
    ps_set_text(L, "method", op->method);
    ps_set_text(L, "uri", op->uri);
    ps_set_text(L, "host_prefix", op->host_prefix);
    ps_set_flag(L, "anonymous", op->anonymous);
    ps_set_flag(L, "bearer", op->bearer);
    ps_set_flag(L, "unsigned_body", op->unsigned_body);
    ps_set_flag(L, "checksum_required", op->checksum_required);
    ps_set_text(L, "streaming_input", streaming_member(op->input));
    ps_set_text(L, "streaming_output", streaming_member(op->output));
    set_payload(L, "payload_input", op->input);
    set_payload(L, "payload_output", op->output);
    ps_set_flag(L, "event_stream",
                any_member(op->input, is_event_stream) || any_member(op->output, is_event_stream));
    if (op->checksum_algorithm) {
        ps_set_text(L, "checksum_algorithm", op->checksum_algorithm->name);
    }
    if (op->checksum_mode) {
        ps_set_text(L, "checksum_mode", op->checksum_mode->name);
    }
    set_tokens(L, op);
    lua_createtable(L, (int)op->error_count, 0);
    for (size_t i = 0; i < op->error_count; i++) {
        ps_push_str(L, op->errors[i]->name);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "errors");
    return 1;
}

/* -- calls ------------------------------------------------------------------------------------- */

static bool option_flag(lua_State *L, int i, const char *name)
{
    if (!lua_istable(L, i)) {
        return false;
    }
    lua_getfield(L, i, name);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* op:write(params, {idempotency_token=, streamed=, lenient=}) -> request */
static int op_write(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 1);
    luaL_argcheck(L, lua_isnoneornil(L, 2) || lua_istable(L, 2) || lua_isuserdata(L, 2), 2,
                  "parameters are a table or a passo.value");
    lua_settop(L, 3);
    ps_write_options options = {.streamed = option_flag(L, 3, "streamed")};
    bool lenient = option_flag(L, 3, "lenient");
    if (lua_istable(L, 3)) {
        lua_getfield(L, 3, "idempotency_token");
        if (!lua_isnil(L, -1)) {
            options.idempotency_token.p = luaL_checklstring(L, -1, &options.idempotency_token.len);
        }
    }
    ps_request *req = ps_push_request(L);
    int pushed = lua_gettop(L);
    ps_error err;
    ps_value *params = ps_read_params(L, 2, op, &err);
    if (!params) {
        return ps_push_error(L, &err);
    }
    ps_status status =
        lenient ? ps_params_check_given(op, params, &err) : ps_params_check(op, params, &err);
    if (status == PS_OK) {
        status = ps_protocol_write(op, params, &options, req, &err);
    }
    ps_value_unref(params);
    if (status != PS_OK) {
        return ps_push_error(L, &err);
    }
    lua_settop(L, pushed);
    return 1;
}

/* -- replies ----------------------------------------------------------------------------------- */

/* Pushes nil, message, failure. Everything is in one box before Lua is asked for memory. */
static int push_refusal(lua_State *L, const ps_operation *op, const ps_reply *reply)
{
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    int at = lua_gettop(L);
    ps_refusal refusal;
    ps_protocol_refusal(op, reply, &refusal);
    bool no_message = ps_value_str(refusal.message).len == 0;
    ps_value *all = ps_object(8);
    ps_object_put_take(all, PS_STR("code"), ps_value_ref(refusal.code));
    ps_object_put_take(all, PS_STR("message"),
                       ps_value_ref(no_message ? refusal.code : refusal.message));
    ps_object_put_take(all, PS_STR("status"), ps_int(reply->status));
    ps_object_put_take(all, PS_STR("request_id"), ps_value_ref(refusal.request_id));
    ps_object_put_take(all, PS_STR("sender_fault"), ps_bool(refusal.sender_fault));
    ps_object_put_take(all, PS_STR("fields"), ps_value_ref(refusal.fields));
    if (refusal.shape) {
        ps_object_put_take(all, PS_STR("name"), ps_string(refusal.shape->name));
        if (refusal.shape->retryable) {
            ps_object_put_take(all, PS_STR("retryable"), ps_bool(true));
        }
        if (refusal.shape->throttling) {
            ps_object_put_take(all, PS_STR("throttling"), ps_bool(true));
        }
    }
    box->v = all;
    ps_refusal_free(&refusal);
    ps_error err;
    lua_pushnil(L);
    ps_push_text(L, ps_object_get(all, PS_STR("message")));
    if (!ps_push_lua(L, all, 0, &err)) {
        return ps_push_error(L, &err);
    }
    lua_remove(L, at);
    return 3;
}

static ps_str optional_text(lua_State *L, int i)
{
    ps_str s = PS_STR("");
    if (!lua_isnoneornil(L, i)) {
        s.p = luaL_checklstring(L, i, &s.len);
    }
    return s;
}

/* What the reply is worth although it could not be read: the caller may look at the status. */
static int push_unreadable(lua_State *L, const ps_error *err, int status)
{
    int count = ps_push_error(L, err);
    lua_pushinteger(L, status);
    lua_setfield(L, -2, "status");
    return count;
}

/* op:read(status, headers, body, {streamed=, value=}) -> result | nil, message, failure */
static int op_read(lua_State *L)
{
    const ps_operation *op = ps_operation_lua_check(L, 1);
    ps_reply reply = {.status = (int)luaL_checkinteger(L, 2),
                      .headers = optional_text(L, 3),
                      .body = optional_text(L, 4)};
    bool streamed = option_flag(L, 5, "streamed"), as_value = option_flag(L, 5, "value");
    if (!ps_protocol_accepted(op, &reply)) {
        return push_refusal(L, op, &reply);
    }
    ps_value_box *box = ps_box_new(L, &ps_box_value, sizeof *box);
    int at = lua_gettop(L);
    ps_error err;
    box->v = ps_protocol_read(op, &reply, streamed, &err);
    if (!box->v) {
        return push_unreadable(L, &err, reply.status);
    }
    if (!as_value && !ps_push_lua(L, box->v, 0, &err)) {
        return push_unreadable(L, &err, reply.status);
    }
    lua_settop(L, as_value ? at : at + 1);
    return 1;
}

void ps_aws_op_register(lua_State *L)
{
    ps_box_register(L, &box_op);
}
