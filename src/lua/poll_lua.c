/* poll_lua.c -- exec:poll(): a command as several results, so that a driver pays for no table.
 *
 *   "TASK", token, state, arguments, attempt, stage, visit, deadline_ms, task_token, role_arn,
 * submitted "CALL", token, state, arguments, name "CHILD", token, state, input, index, name,
 * map_run "READ", token, state, parameters, max_items, map_run "WRITE", token, state, parameters,
 * results, map_run "CANCEL", token      "FINISH", nil, nil, output, status, error, cause "MORE" nil
 */
#include "lua/binding.h"

static const char *const stages[] = {
    [PS_STAGE_NEW] = "new", [PS_STAGE_STARTED] = "started", [PS_STAGE_SUBMITTED] = "submitted"};

/* Token and state, which most commands have. The cache of states is left below them. */
static void push_head(lua_State *L, const char *kind, const ps_command *c)
{
    ps_lua_getuservalue(L, 1);
    lua_pushstring(L, kind);
    ps_lua_pushint(L, (int64_t)c->token);
    ps_push_state(L, 2, c->state);
}

static void push_common(lua_State *L, const char *kind, const ps_command *c)
{
    push_head(L, kind, c);
    ps_push_value(L, c->input);
}

static void push_deadline(lua_State *L, const ps_command *c)
{
    if (c->deadline_ms == INT64_MAX) {
        lua_pushnil(L);
    } else {
        ps_lua_pushint(L, c->deadline_ms);
    }
}

static int push_task(lua_State *L, const ps_command *c)
{
    push_common(L, "TASK", c);
    ps_lua_pushint(L, (int64_t)c->attempt);
    lua_pushstring(L, stages[c->stage]);
    ps_lua_pushint(L, (int64_t)c->visit);
    push_deadline(L, c);
    ps_push_text(L, c->task_token);
    ps_push_text(L, c->role_arn);
    ps_push_value(L, c->submitted);
    return 11;
}

static int push_finish(lua_State *L, const ps_command *c)
{
    lua_pushliteral(L, "FINISH");
    lua_pushnil(L);
    lua_pushnil(L);
    ps_push_value(L, c->output);
    lua_pushstring(L, ps_exec_lua_status(c->status));
    ps_push_text(L, c->error);
    ps_push_text(L, c->cause);
    return 7;
}

static int push_command(lua_State *L, const ps_command *c)
{
    switch (c->kind) {
    case PS_CMD_TASK:
        return push_task(L, c);
    case PS_CMD_CALL:
        push_common(L, "CALL", c);
        lua_pushlstring(L, c->name.p, c->name.len);
        return 5;
    case PS_CMD_CHILD:
        push_common(L, "CHILD", c);
        ps_lua_pushint(L, c->index);
        lua_pushlstring(L, c->name.p, c->name.len);
        ps_push_text(L, c->map_run);
        return 7;
    case PS_CMD_READ:
        push_common(L, "READ", c);
        ps_lua_pushint(L, c->index);
        ps_push_text(L, c->map_run);
        return 6;
    case PS_CMD_WRITE:
        push_common(L, "WRITE", c);
        ps_push_value(L, c->results);
        ps_push_text(L, c->map_run);
        return 6;
    case PS_CMD_CANCEL:
        lua_pushliteral(L, "CANCEL");
        ps_lua_pushint(L, (int64_t)c->token);
        return 2;
    case PS_CMD_FINISH:
        return push_finish(L, c);
    case PS_CMD_MORE:
        break;
    }
    lua_pushliteral(L, "MORE");
    return 1;
}

/* exec:ending(): status, output, error, cause; nothing while it runs */
int ps_exec_lua_ending(lua_State *L)
{
    lua_settop(L, 1);
    ps_exec *x = ps_exec_lua_self(L);
    ps_command c;
    if (!ps_exec_ending(x, &c)) {
        return 0;
    }
    ps_exec_lua_hold(L);
    lua_pushstring(L, ps_exec_lua_status(c.status));
    ps_push_value(L, c.output);
    ps_push_text(L, c.error);
    ps_push_text(L, c.cause);
    ps_exec_lua_release(L);
    return 4;
}

int ps_exec_lua_poll(lua_State *L)
{
    lua_settop(L, 1);
    luaL_checkstack(L, 20, NULL);
    ps_exec *x = ps_exec_lua_self(L);
    ps_command c;
    if (!ps_exec_poll(x, &c)) {
        return 0;
    }
    ps_exec_lua_hold(L);
    int results = push_command(L, &c);
    ps_exec_lua_release(L);
    return results;
}

/* Whether a task can be begun as soon as it is taken: nobody else is to be told of it first. */
static bool begins_at_once(const ps_command *c)
{
    return c->kind == PS_CMD_TASK && c->stage == PS_STAGE_NEW &&
           c->state->target.family != PS_FAMILY_ACTIVITY &&
           c->state->target.pattern != PS_PATTERN_TOKEN;
}

static int push_start(lua_State *L, const ps_command *c)
{
    push_head(L, "START", c);
    ps_lua_pushint(L, (int64_t)c->attempt);
    ps_lua_pushint(L, (int64_t)c->visit);
    push_deadline(L, c);
    return 6;
}

int ps_exec_lua_take(lua_State *L)
{
    int64_t now_ms = ps_lua_check_ms(L, 2);
    lua_settop(L, 1);
    luaL_checkstack(L, 20, NULL);
    ps_exec *x = ps_exec_lua_self(L);
    ps_command c;
    ps_error err;
    if (!ps_exec_poll(x, &c)) {
        return 0;
    }
    ps_exec_lua_hold(L);
    bool begins = begins_at_once(&c);
    uint64_t token = c.token;
    int results = begins ? push_start(L, &c) : push_command(L, &c);
    if (begins) {
        ps_exec_started(x, token, NULL, now_ms, &err);
    }
    ps_exec_lua_release(L);
    return results;
}

/* The task under way behind the token at 2; false when there is none (any more). */
static bool find_task(lua_State *L, ps_command *c)
{
    uint64_t token = (uint64_t)luaL_checknumber(L, 2);
    const ps_exec *x = ps_exec_lua_self(L);
    return ps_exec_describe(x, token, c) && c->kind == PS_CMD_TASK;
}

int ps_exec_lua_input(lua_State *L)
{
    ps_command c;
    ps_error err;
    if (!find_task(L, &c)) {
        return 0;
    }
    ps_exec_lua_hold(L);
    bool as_value = lua_toboolean(L, 3);
    ps_push_value(L, c.input);
    int box = lua_gettop(L);
    bool whole = as_value || ps_push_lua(L, c.input, box, &err);
    ps_exec_lua_release(L);
    return whole ? 1 : ps_push_error(L, &err);
}

int ps_exec_lua_task(lua_State *L)
{
    ps_command c;
    if (!find_task(L, &c)) {
        return 0;
    }
    ps_exec_lua_hold(L);
    ps_push_text(L, c.task_token);
    ps_push_text(L, c.role_arn);
    ps_exec_lua_release(L);
    return 2;
}
