/* sign_lua.c -- aws.keys and what signs: request:sign, presign, trace.
 *
 * Secrets live in the keys' own memory, which is overwritten by close() and by the collector; no
 * error and no tostring tells them. */
#include "aws/sigv4.h"
#include "base/mem.h"
#include "lua/aws/aws_binding.h"

typedef struct keys_box {
    char *bytes; /* secret and token, one after the other; NULL: closed */
    size_t len;
    ps_keys keys;
    ps_signing_cache cache;
    char id[]; /* lives as long as the box: it is pushed, and a finalizer may close the keys then */
} keys_box;

static int keys_close(lua_State *L);
static int keys_id(lua_State *L);
static int keys_tostring(lua_State *L);

static const luaL_Reg keys_methods[] = {{"close", keys_close}, {"id", keys_id}, {NULL, NULL}};
static const luaL_Reg keys_meta[] = {
    {"__gc", keys_close}, {"__tostring", keys_tostring}, {NULL, NULL}};
static const ps_box_type box_keys = {"passo.aws.keys", keys_methods, keys_meta};

/* -- keys
 * ------------------------------------------------------------------------------------------ */

static int keys_close(lua_State *L)
{
    keys_box *k = ps_box_check(L, 1, &box_keys);
    if (k->bytes) {
        ps_wipe(k->bytes, k->len);
        ps_free(k->bytes);
    }
    ps_wipe(k, sizeof *k);
    return 0;
}

static int keys_id(lua_State *L)
{
    const keys_box *k = ps_box_check(L, 1, &box_keys);
    if (!k->bytes) {
        return 0;
    }
    lua_pushlstring(L, k->keys.id.p, k->keys.id.len);
    return 1;
}

static int keys_tostring(lua_State *L)
{
    const keys_box *k = ps_box_check(L, 1, &box_keys);
    if (!k->bytes) {
        lua_pushliteral(L, "passo.aws.keys (closed)");
        return 1;
    }
    lua_pushliteral(L, "passo.aws.keys ");
    lua_pushlstring(L, k->keys.id.p, k->keys.id.len);
    lua_concat(L, 2);
    return 1;
}

static ps_str append(keys_box *k, ps_str s)
{
    char *to = k->bytes + k->len;
    if (s.len) {
        memcpy(to, s.p, s.len);
    }
    k->len += s.len;
    return (ps_str){to, s.len};
}

/* aws.keys(id, secret, token | nil) -> keys */
static int keys_new(lua_State *L)
{
    ps_str id, secret, token;
    id.p = luaL_checklstring(L, 1, &id.len);
    secret.p = luaL_checklstring(L, 2, &secret.len);
    token.p = luaL_optlstring(L, 3, "", &token.len);
    keys_box *k = ps_box_new(L, &box_keys, sizeof *k + id.len);
    k->bytes = ps_alloc(secret.len + token.len);
    memcpy(k->id, id.p, id.len);
    k->keys.id = (ps_str){k->id, id.len};
    k->keys.secret = append(k, secret);
    k->keys.token = append(k, token);
    return 1;
}

/* -- signing
 * --------------------------------------------------------------------------------------- */

static bool option(lua_State *L, int options, const char *name)
{
    lua_getfield(L, options, name);
    bool on = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return on;
}

static void read_payload_hash(lua_State *L, int options, ps_request *req)
{
    lua_getfield(L, options, "payload_hash");
    if (!lua_isnil(L, -1)) {
        ps_str hash;
        hash.p = luaL_checklstring(L, -1, &hash.len);
        bool good = hash.len == 64 && strspn(hash.p, "0123456789abcdef") == 64;
        luaL_argcheck(L, good, options, "payload_hash: a SHA-256 in 64 hexadecimal digits");
        memcpy(req->payload_hash, hash.p, 64);
        req->payload_hash[64] = '\0';
        req->payload = PS_PAYLOAD_HASHED;
    }
    lua_pop(L, 1);
}

/* The list of names options.unsigned_headers, in a userdata that is left on the stack. */
static void read_unsigned(lua_State *L, int options, ps_signing *how)
{
    lua_getfield(L, options, "unsigned_headers");
    if (lua_isnil(L, -1)) {
        return;
    }
    luaL_argcheck(L, lua_istable(L, -1), options, "unsigned_headers: a list of names");
    size_t count = ps_lua_rawlen(L, -1);
    ps_str *names = ps_lua_newuserdata(L, (count ? count : 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (int)i + 1);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, options,
                      "unsigned_headers: a list of names");
        names[i].p = lua_tolstring(L, -1, &names[i].len);
        lua_pop(L, 1); /* the list keeps it */
    }
    how->unsigned_headers = names;
    how->unsigned_count = count;
}

/* request, keys, region, service, now_ms: what every signature takes; `options` is the index of
 * the table behind. */
static keys_box *read_signing(lua_State *L, int options, ps_request *req, ps_signing *how)
{
    keys_box *k = ps_box_check(L, 2, &box_keys);
    *how = (ps_signing){0};
    how->region.p = luaL_checklstring(L, 3, &how->region.len);
    how->service.p = luaL_checklstring(L, 4, &how->service.len);
    how->now_ms = ps_aws_check_ms(L, 5);
    if (!lua_isnoneornil(L, options)) {
        luaL_checktype(L, options, LUA_TTABLE);
        how->raw_path = option(L, options, "raw_path");
        how->keep_dots = option(L, options, "keep_dots");
        how->hash_header = option(L, options, "hash_header");
        how->late_token = option(L, options, "late_token");
        how->asymmetric = option(L, options, "asymmetric");
        if (option(L, options, "unsigned_payload")) {
            req->payload = PS_PAYLOAD_UNSIGNED;
        }
        read_payload_hash(L, options, req);
        read_unsigned(L, options, how);
    }
    return k;
}

/* request:sign(keys, region, signing_name, now_ms, options) -> true */
int ps_request_lua_sign(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    ps_signing how;
    ps_error err;
    keys_box *k = read_signing(L, 6, req, &how);
    return ps_push_status(L, ps_sigv4_sign(req, &k->keys, &how, &k->cache, NULL, &err), &err);
}

/* request:presign(keys, region, signing_name, now_ms, seconds, options) -> url */
int ps_request_lua_presign(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    ps_signing how;
    ps_error err;
    keys_box *k = read_signing(L, 7, req, &how);
    int64_t seconds = ps_aws_check_ms(L, 6);
    if (ps_sigv4_presign(req, &k->keys, &how, seconds, &k->cache, NULL, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    ps_request_lua_push_url(L, req);
    return 1;
}

/* -- stages, for specs and for who looks for a mismatch
 * -------------------------------------------- */

typedef struct trace_box {
    ps_signature stages;
} trace_box;

static int trace_gc(lua_State *L);
static const luaL_Reg trace_meta[] = {{"__gc", trace_gc}, {NULL, NULL}};
static const ps_box_type box_trace = {"passo.aws.trace", NULL, trace_meta};

static int trace_gc(lua_State *L)
{
    trace_box *t = ps_box_check(L, 1, &box_trace);
    ps_signature_free(&t->stages);
    return 0;
}

static void set_text(lua_State *L, const char *name, ps_str text)
{
    lua_pushlstring(L, text.p, text.len);
    lua_setfield(L, -2, name);
}

/* request:trace(keys, region, signing_name, now_ms, options) -> {canonical_request, string_to_sign,
 * signature, authorization | url}; with options.seconds it signs in the query. */
int ps_request_lua_trace(lua_State *L)
{
    ps_request *req = ps_request_lua_check(L, 1);
    ps_signing how;
    ps_error err;
    keys_box *k = read_signing(L, 6, req, &how);
    bool query = false;
    int64_t seconds = 0;
    if (lua_istable(L, 6)) {
        lua_getfield(L, 6, "seconds");
        query = !lua_isnil(L, -1);
        luaL_argcheck(L, !query || lua_type(L, -1) == LUA_TNUMBER, 6, "seconds: a number");
        seconds = query ? ps_aws_check_ms(L, -1) : 0;
        lua_pop(L, 1);
    }
    trace_box *t = ps_box_new(L, &box_trace, sizeof *t);
    ps_status status =
        query ? ps_sigv4_presign(req, &k->keys, &how, seconds, &k->cache, &t->stages, &err)
              : ps_sigv4_sign(req, &k->keys, &how, &k->cache, &t->stages, &err);
    if (status != PS_OK) {
        return ps_push_error(L, &err);
    }
    lua_createtable(L, 0, 4);
    set_text(L, "canonical_request", ps_buf_str(&t->stages.canonical_request));
    set_text(L, "string_to_sign", ps_buf_str(&t->stages.string_to_sign));
    set_text(L, "signature", ps_str_from(t->stages.hex));
    if (query) {
        ps_request_lua_push_url(L, req);
        lua_setfield(L, -2, "url");
    } else {
        set_text(L, "authorization", ps_headers_get(&req->headers, PS_STR("Authorization")));
    }
    return 1;
}

const luaL_Reg ps_functions_aws_sign[] = {{"keys", keys_new}, {NULL, NULL}};

void ps_aws_sign_register(lua_State *L)
{
    ps_box_register(L, &box_keys);
    ps_box_register(L, &box_trace);
}
