/* request_lua.c -- an HTTP request as Lua sees it: what operations write, sign_lua.c signs, and net
 * takes. */
#include "aws/request.h"
#include "lua/aws/aws_binding.h"

static int request_gc(lua_State *L);
static int request_tostring(lua_State *L);
static int request_target(lua_State *L);
static int request_header(lua_State *L);
static int request_path(lua_State *L);
static int request_query(lua_State *L);
static int request_body(lua_State *L);
static int request_parts(lua_State *L);

static const luaL_Reg request_methods[] = {
    {"body", request_body},
    {"header", request_header},
    {"parts", request_parts},
    {"path", request_path},
    {"presign", ps_request_lua_presign},
    {"query", request_query},
    {"sign", ps_request_lua_sign},
    {"target", request_target},
    {"trace", ps_request_lua_trace},
    {NULL, NULL},
};
static const luaL_Reg request_meta[] = {
    {"__gc", request_gc}, {"__tostring", request_tostring}, {NULL, NULL}};
static const ps_box_type box_request = {"passo.aws.request", request_methods, request_meta};

ps_request *ps_push_request(lua_State *L)
{
    return ps_box_new(L, &box_request, sizeof(ps_request));
}

ps_request *ps_request_lua_check(lua_State *L, int i)
{
    return ps_box_check(L, i, &box_request);
}

int64_t ps_aws_check_ms(lua_State *L, int i)
{
    int64_t n = 0;
    if (lua_type(L, i) != LUA_TNUMBER || !ps_lua_toint(L, i, &n)) {
        lua_Number d = luaL_checknumber(L, i);
        luaL_argcheck(L, d >= 0 && d < (lua_Number)PS_LUA_EXACT, i, "a whole number expected");
        n = (int64_t)d;
    }
    return n;
}

void ps_request_lua_push_url(lua_State *L, const ps_request *req)
{
    luaL_Buffer url;
    luaL_buffinit(L, &url);
    luaL_addlstring(&url, req->scheme.p, req->scheme.len);
    luaL_addlstring(&url, "://", 3);
    luaL_addlstring(&url, ps_buf_str(&req->host).p, req->host.len);
    luaL_addlstring(&url, ps_buf_str(&req->path).p, req->path.len);
    if (req->query.len) {
        luaL_addlstring(&url, "?", 1);
        luaL_addlstring(&url, req->query.p, req->query.len);
    }
    luaL_pushresult(&url);
}

static ps_str check_str(lua_State *L, int i)
{
    ps_str s;
    s.p = luaL_checklstring(L, i, &s.len);
    return s;
}

static int request_gc(lua_State *L)
{
    ps_request_free(ps_request_lua_check(L, 1));
    return 0;
}

static int request_tostring(lua_State *L)
{
    const ps_request *req = ps_request_lua_check(L, 1);
    lua_pushliteral(L, "passo.aws.request ");
    lua_pushlstring(L, req->method.p ? req->method.p : "", req->method.len);
    lua_pushliteral(L, " ");
    lua_pushlstring(L, ps_buf_str(&req->path).p, req->path.len);
    lua_concat(L, 4);
    return 1;
}

/* One header given by a program; raises where it must not be sent. The value is not quoted: it may
 * be a token. */
static void set_header(lua_State *L, ps_request *req, int name, int value)
{
    ps_str n = check_str(L, name), v = check_str(L, value);
    if (!ps_header_may_be_sent(n, v)) {
        luaL_error(L, "a header name or value has characters that headers may not");
    }
    ps_headers_set(&req->headers, n, v);
}

/* The headers {name = value | {value, ...}} at `i`. */
static void read_headers(lua_State *L, int i, ps_request *req)
{
    luaL_checktype(L, i, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, i)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, i, "headers: names are strings");
        if (lua_istable(L, -1)) {
            size_t count = ps_lua_rawlen(L, -1);
            for (size_t k = 1; k <= count; k++) {
                lua_rawgeti(L, -1, (int)k);
                ps_str name = check_str(L, -3), value = check_str(L, -1);
                luaL_argcheck(L, ps_header_may_be_sent(name, value), i,
                              "a header with characters that headers may not have");
                ps_headers_add(&req->headers, name, value);
                lua_pop(L, 1);
            }
        } else {
            luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, i, "headers: values are strings");
            set_header(L, req, ps_lua_absindex(L, -2), ps_lua_absindex(L, -1));
        }
        lua_pop(L, 1);
    }
}

/* aws.request(method, url, headers | nil, body | nil) -> request */
static int request_new(lua_State *L)
{
    lua_settop(L, 4);
    ps_str method = check_str(L, 1), url = check_str(L, 2);
    ps_str body = {"", 0};
    if (!lua_isnoneornil(L, 4)) {
        body = check_str(L, 4);
    }
    ps_error err;
    ps_request *req = ps_push_request(L);
    req->method = ps_request_method(method);
    if (!req->method.p) {
        return ps_push_failure(L, PS_EINPUT, "not a known HTTP method");
    }
    if (ps_request_read_url(req, url, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    if (!lua_isnoneornil(L, 3)) {
        read_headers(L, 3, req);
    }
    ps_buf_add(&req->body, body);
    return 1;
}

/* request:target(scheme, host, base_path, use_host_prefix, bucket_in_host) -> true */
static int request_target(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    ps_target to = {.scheme = check_str(L, 2), .host = check_str(L, 3)};
    to.base_path.p = luaL_optlstring(L, 4, "", &to.base_path.len);
    to.host_prefix = lua_toboolean(L, 5);
    to.drop_segment = lua_toboolean(L, 6);
    ps_error err;
    return ps_push_status(L, ps_request_target(req, &to, &err), &err);
}

/* request:header(name) -> value | nil;  request:header(name, value | false): sets it, takes it out
 */
static int request_header(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    ps_str name = check_str(L, 2);
    if (lua_gettop(L) == 2) {
        ps_str value = ps_headers_get(&req->headers, name);
        if (!value.p) {
            return 0;
        }
        lua_pushlstring(L, value.p, value.len);
        return 1;
    }
    if (lua_toboolean(L, 3)) {
        set_header(L, req, 2, 3);
    } else {
        ps_headers_remove(&req->headers, name);
    }
    return 0;
}

static int request_path(lua_State *L)
{
    ps_str path = ps_buf_str(&ps_request_lua_check(L, 1)->path);
    lua_pushlstring(L, path.p, path.len);
    return 1;
}

static int request_query(lua_State *L)
{
    ps_str query = ps_buf_str(&ps_request_lua_check(L, 1)->query);
    lua_pushlstring(L, query.p, query.len);
    return 1;
}

/* request:body() -> bytes;  request:body(bytes): sets it */
static int request_body(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    if (lua_gettop(L) > 1) {
        ps_str body = check_str(L, 2);
        ps_buf_clear(&req->body);
        ps_buf_add(&req->body, body);
        return 0;
    }
    lua_pushlstring(L, ps_buf_str(&req->body).p, req->body.len);
    return 1;
}

static char *put(char *to, ps_str s)
{
    if (s.len) {
        memcpy(to, s.p, s.len);
    }
    return to + s.len;
}

/* Pushes "Name: value\r\n" lines. False: one of them must not be sent; nothing is pushed. */
static bool push_lines(lua_State *L, const ps_headers *h, ps_error *err)
{
    size_t len = 0;
    for (size_t i = 0; i < h->count; i++) {
        ps_str name = ps_headers_name(h, i), value = ps_headers_value(h, i);
        if (!ps_header_may_be_sent(name, value)) {
            ps_fail(err, PS_EINPUT, i, "the header %.*s has characters that headers may not",
                    (int)(name.len < 40 ? name.len : 40), name.p);
            return false;
        }
        len += name.len + value.len + 4;
    }
    char *text = ps_lua_newuserdata(L, len + 1), *to = text;
    for (size_t i = 0; i < h->count; i++) {
        to = put(to, ps_headers_name(h, i));
        to = put(to, PS_STR(": "));
        to = put(to, ps_headers_value(h, i));
        to = put(to, PS_STR("\r\n"));
    }
    lua_pushlstring(L, text, len);
    lua_remove(L, -2);
    return true;
}

/* request:parts() -> method, url, headers ("Name: value\r\n" lines), body | nil */
static int request_parts(lua_State *L)
{
    const ps_request *req = ps_request_lua_check(L, 1);
    ps_error err;
    if (!req->host.len) {
        return ps_push_failure(L, PS_EINPUT, "the request has no target yet");
    }
    lua_pushlstring(L, req->method.p, req->method.len);
    ps_request_lua_push_url(L, req);
    if (!push_lines(L, &req->headers, &err)) {
        return ps_push_error(L, &err);
    }
    if (req->body.len) {
        lua_pushlstring(L, req->body.p, req->body.len);
    } else {
        lua_pushnil(L);
    }
    return 4;
}

const luaL_Reg ps_functions_aws_request[] = {{"request", request_new}, {NULL, NULL}};

void ps_aws_request_register(lua_State *L)
{
    ps_box_register(L, &box_request);
}
