/* net_core.c -- luaopen_passo_net_core: ports and transfers, for lua/passo/net.
 *
 * Loading it starts nothing: a port does. Whoever waits does it in Lua, through its host. */
#include "io/io.h"
#include "lua/binding.h"

#include <limits.h>

/* -- boxes ----------------------------------------------------------------------------------- */

typedef struct port_box {
    ps_port *p;
} port_box;

typedef struct transfer_box {
    ps_transfer *t;
} transfer_box;

static const ps_box_type box_port, box_transfer;

static int port_close(lua_State *L)
{
    port_box *box = ps_box_check(L, 1, &box_port);
    ps_port *p = box->p;
    box->p = NULL;
    if (p) {
        ps_port_close(p);
        ps_port_free(p);
    }
    return 0;
}

static int transfer_close(lua_State *L)
{
    transfer_box *box = ps_box_check(L, 1, &box_transfer);
    ps_transfer *t = box->t;
    box->t = NULL;
    ps_transfer_free(t);
    return 0;
}

static ps_port *check_port(lua_State *L)
{
    ps_port *p = ((port_box *)ps_box_check(L, 1, &box_port))->p;
    if (!p) {
        luaL_error(L, "the port is closed");
    }
    return p;
}

/* -- a request from Lua ---------------------------------------------------------------------- */

/* Milliseconds are ints in libcurl; a longer one means: none. */
#define MOST_MS ((lua_Number)2000000000)

static int64_t opt_ms(lua_State *L, int options, const char *name, int64_t otherwise)
{
    int64_t ms = otherwise;
    lua_getfield(L, options, name);
    if (lua_type(L, -1) == LUA_TNUMBER) {
        lua_Number n = lua_tonumber(L, -1);
        ms = n > 0 && n < MOST_MS ? (int64_t)n : 0;
        ms = ms == 0 && n > 0 && n < 1 ? 1 : ms;
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "options.%s must be a number", name);
    }
    lua_pop(L, 1);
    return ms;
}

static bool opt_flag(lua_State *L, int options, const char *name, bool otherwise)
{
    lua_getfield(L, options, name);
    bool flag = lua_isnil(L, -1) ? otherwise : lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

static ps_str text_at(lua_State *L, int i)
{
    ps_str s = {0};
    if (!lua_isnoneornil(L, i)) {
        s.p = luaL_checklstring(L, i, &s.len);
    }
    return s;
}

#define MOST_IN_MEMORY ((uint64_t)256 * 1024 * 1024)

static void read_options(lua_State *L, int options, ps_io_request *r)
{
    bool streams = r->streams_body;
    r->verify = r->http2 = true;
    if (!lua_isnoneornil(L, options)) {
        luaL_checktype(L, options, LUA_TTABLE);
        lua_getfield(L, options, "sink");
        r->streams_reply = !lua_isnil(L, -1);
        lua_pop(L, 1);
        streams = streams || r->streams_reply;
        lua_getfield(L, options, "ca_bundle");
        r->ca_bundle = text_at(L, -1); /* stays on the stack: a metamethod may have made it */
        r->verify = opt_flag(L, options, "verify", true);
        r->http2 = opt_flag(L, options, "http2", true);
    }
    /* A stream may take its time as long as it flows. */
    r->timeout_ms = streams ? 0 : 60000;
    r->idle_timeout_ms = streams ? 60000 : 0;
    r->connect_timeout_ms = 5000;
    r->max_body = r->streams_reply ? 0 : MOST_IN_MEMORY;
    if (!lua_isnoneornil(L, options)) {
        r->timeout_ms = opt_ms(L, options, "timeout_ms", r->timeout_ms);
        r->idle_timeout_ms = opt_ms(L, options, "idle_timeout_ms", r->idle_timeout_ms);
        r->connect_timeout_ms = opt_ms(L, options, "connect_timeout_ms", r->connect_timeout_ms);
        lua_getfield(L, options, "max_body");
        int64_t most = 0;
        if (!lua_isnil(L, -1)) {
            if (lua_type(L, -1) != LUA_TNUMBER || !ps_lua_toint(L, -1, &most) || most <= 0) {
                luaL_error(L, "options.max_body must be a positive integer");
            }
            r->max_body = (uint64_t)most;
        }
        lua_pop(L, 1);
    }
}

/* port:submit(method, url, headers, body, options, proxy, no_proxy, allow); a body that will be fed
 * is its length, or true when that is unknown. */
static int port_submit(lua_State *L)
{
    check_port(L);
    ps_error err;
    ps_io_request r = {0};
    lua_settop(L, 9);
    r.method.p = luaL_checklstring(L, 2, &r.method.len);
    r.url.p = luaL_checklstring(L, 3, &r.url.len);
    r.headers = text_at(L, 4);
    r.length = -1;
    if (lua_isboolean(L, 5)) {
        r.streams_body = lua_toboolean(L, 5);
    } else if (lua_type(L, 5) == LUA_TNUMBER) {
        luaL_argcheck(L, ps_lua_toint(L, 5, &r.length) && r.length >= 0, 5, "a length expected");
        r.streams_body = true;
    } else {
        r.body = text_at(L, 5);
        r.has_body = r.body.p != NULL;
    }
    read_options(L, 6, &r);
    r.proxy = text_at(L, 7);
    r.no_proxy = text_at(L, 8);
    r.allow = text_at(L, 9);
    r.deny_private = r.allow.p != NULL;
    transfer_box *box = ps_box_new(L, &box_transfer, sizeof *box);
    box->t = ps_port_submit(check_port(L), &r, &err); /* the options' metamethods may close it */
    if (!box->t) {
        ps_push_error(L, &err);
        if (err.code == PS_ESTALE) {
            lua_pushstring(L, ps_io_fault_name(PS_IO_HOST));
            lua_setfield(L, -2, "code");
        }
        return 3;
    }
    ps_lua_pushint(L, (int64_t)ps_transfer_id(box->t));
    return 2;
}

/* -- a transfer's news ---------------------------------------------------------------------- */

static void push_str(lua_State *L, ps_str s)
{
    lua_pushlstring(L, s.p, s.len);
}

static int transfer_take(lua_State *L)
{
    transfer_box *box = ps_box_check(L, 1, &box_transfer);
    ps_result result;
    ps_news news = box->t ? ps_transfer_take(box->t, &result) : PS_NEWS_NONE;
    switch (news) {
    case PS_NEWS_BODY:
        lua_pushliteral(L, "body");
        push_str(L, result.body);
        return 2;
    case PS_NEWS_WANTED:
        lua_pushliteral(L, "wanted");
        return 1;
    case PS_NEWS_DONE:
        lua_pushliteral(L, "done");
        ps_lua_pushint(L, result.status);
        push_str(L, result.headers);
        push_str(L, result.body);
        lua_pushstring(L, result.version);
        break;
    case PS_NEWS_FAILED:
        lua_pushliteral(L, "failed");
        lua_pushstring(L, result.text);
        lua_pushstring(L, ps_io_fault_name(result.fault));
        break;
    default:
        return 0;
    }
    /* It is over: its memory need not wait for the collector. */
    ps_transfer_free(box->t);
    box->t = NULL;
    return news == PS_NEWS_DONE ? 5 : 3;
}

static int transfer_feed(lua_State *L)
{
    transfer_box *box = ps_box_check(L, 1, &box_transfer);
    ps_str bytes;
    bytes.p = luaL_checklstring(L, 2, &bytes.len);
    lua_pushboolean(L, box->t && ps_transfer_feed(box->t, bytes));
    return 1;
}

static int transfer_finish(lua_State *L)
{
    transfer_box *box = ps_box_check(L, 1, &box_transfer);
    if (box->t) {
        ps_transfer_end(box->t);
    }
    return 0;
}

static int transfer_cancel(lua_State *L)
{
    transfer_box *box = ps_box_check(L, 1, &box_transfer);
    if (box->t) {
        ps_transfer_cancel(box->t);
    }
    return 0;
}

/* -- ports ----------------------------------------------------------------------------------- */

static int open_port(lua_State *L)
{
    static const char *const modes[] = {"inline", "thread", NULL};
    int mode = luaL_checkoption(L, 1, NULL, modes);
    ps_error err;
    port_box *box = ps_box_new(L, &box_port, sizeof *box);
    box->p = ps_port_open(mode == 0 ? PS_PORT_INLINE : PS_PORT_THREAD, &err);
    return box->p ? 1 : ps_push_error(L, &err);
}

static int port_is_ours(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    lua_pushboolean(L, box->p && ps_port_is_ours(box->p));
    return 1;
}

static int port_next(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    bool is_last = false;
    uint64_t id = box->p ? ps_port_next(box->p, &is_last) : 0;
    if (id == 0) {
        return 0;
    }
    ps_lua_pushint(L, (int64_t)id);
    lua_pushboolean(L, is_last);
    return 2;
}

/* port:step(ms [, fd ...]) */
static int port_step(lua_State *L)
{
    enum { MOST = 16 };
    int fds[MOST];
    ps_port *p = check_port(L);
    lua_Number ms = luaL_checknumber(L, 2);
    int count = lua_gettop(L) - 2;
    count = count < MOST ? count : MOST;
    for (int i = 0; i < count; i++) {
        lua_Number fd = luaL_checknumber(L, 3 + i);
        luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, 3 + i, "no descriptor");
        fds[i] = (int)fd;
    }
    int wait_ms = ms > 60000 ? 60000 : ms > 0 ? (int)ms : 0;
    lua_pushboolean(L, ps_port_step(p, wait_ms, fds, (size_t)count));
    return 1;
}

static int port_is_busy(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    lua_pushboolean(L, box->p && ps_port_is_busy(box->p));
    return 1;
}

static int port_fd(lua_State *L)
{
    int fd = ps_port_fd(check_port(L));
    if (fd < 0) {
        return ps_push_failure(L, PS_EUNSUPPORTED, "the port has no descriptor");
    }
    ps_lua_pushint(L, fd);
    return 1;
}

static int port_ack(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    if (box->p) {
        ps_port_ack(box->p);
    }
    return 0;
}

/* Wakes whoever listens to the port, without news. */
static int port_poke(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    if (box->p && ps_port_is_ours(box->p)) {
        ps_port_signal(box->p);
    }
    return 0;
}

static int port_listen(lua_State *L)
{
    ps_error err;
    const char *path = ps_port_listen(check_port(L), &err);
    if (!path) {
        return ps_push_error(L, &err);
    }
    lua_pushstring(L, path);
    return 1;
}

static int port_accept(lua_State *L)
{
    const port_box *box = ps_box_check(L, 1, &box_port);
    lua_pushboolean(L, box->p && ps_port_accept(box->p));
    return 1;
}

/* -- the module ------------------------------------------------------------------------------ */

static const luaL_Reg port_methods[] = {
    {"submit", port_submit}, {"next", port_next},    {"step", port_step},
    {"fd", port_fd},         {"ack", port_ack},      {"listen", port_listen},
    {"accept", port_accept}, {"ours", port_is_ours}, {"busy", port_is_busy},
    {"poke", port_poke},     {"close", port_close},  {NULL, NULL},
};
static const luaL_Reg port_meta[] = {{"__gc", port_close}, {NULL, NULL}};
static const ps_box_type box_port = {"passo.net.port", port_methods, port_meta};

static const luaL_Reg transfer_methods[] = {
    {"take", transfer_take},     {"feed", transfer_feed},   {"finish", transfer_finish},
    {"cancel", transfer_cancel}, {"close", transfer_close}, {NULL, NULL},
};
static const luaL_Reg transfer_meta[] = {{"__gc", transfer_close}, {NULL, NULL}};
static const ps_box_type box_transfer = {"passo.net.transfer", transfer_methods, transfer_meta};

static const char opened_key;

static void register_all(lua_State *L)
{
    ps_box_register(L, &box_port);
    ps_box_register(L, &box_transfer);
}

int luaopen_passo_net_core(lua_State *L);

__attribute__((visibility("default"))) int luaopen_passo_net_core(lua_State *L)
{
    ps_lua_once(L, &opened_key, register_all);
    lua_newtable(L);
    lua_pushcfunction(L, open_port);
    lua_setfield(L, -2, "port");
    return 1;
}
