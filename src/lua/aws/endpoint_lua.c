/* endpoint_lua.c -- aws.endpoint and aws.partition: where a service is. */
#include "aws/endpoint.h"
#include "lua/aws/aws_binding.h"

typedef struct endpoint_box {
    ps_endpoint found;
} endpoint_box;

static int endpoint_gc(lua_State *L);
static const luaL_Reg endpoint_meta[] = {{"__gc", endpoint_gc}, {NULL, NULL}};
static const ps_box_type box_endpoint = {"passo.aws.endpoint", NULL, endpoint_meta};

static int endpoint_gc(lua_State *L)
{
    endpoint_box *box = ps_box_check(L, 1, &box_endpoint);
    ps_endpoint_free(&box->found);
    return 0;
}

/* A text of the table at `i`, which stays on the stack: a metamethod may have made it. "" for nil.
 */
static ps_str text_field(lua_State *L, int i, const char *name)
{
    ps_str s = {"", 0};
    lua_getfield(L, i, name);
    if (!lua_isnil(L, -1)) {
        if (lua_type(L, -1) != LUA_TSTRING) {
            luaL_error(L, "%s: a string expected, got %s", name, luaL_typename(L, -1));
        }
        s.p = lua_tolstring(L, -1, &s.len);
    }
    return s;
}

static bool flag(lua_State *L, int i, const char *name)
{
    lua_getfield(L, i, name);
    bool on = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return on;
}

static void set_text(lua_State *L, const char *name, ps_str s)
{
    lua_pushlstring(L, s.p, s.len);
    lua_setfield(L, -2, name);
}

/* aws.endpoint({endpoint_prefix =, signing_name =}, {region =, url =, bucket =, signing_name =,
 * fips =, dual_stack =, path_style =, virtual_host =, accelerate =})
 * -> {scheme, host, base_path, region, signing_name, bucket_in_host} | nil, message, failure */
static int endpoint_find(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    ps_endpoint_facts facts = {.endpoint_prefix = text_field(L, 1, "endpoint_prefix"),
                               .signing_name = text_field(L, 1, "signing_name")};
    luaL_argcheck(L, facts.endpoint_prefix.len > 0, 1, "endpoint_prefix: a string expected");
    ps_endpoint_wishes wishes = {
        .region = text_field(L, 2, "region"),
        .url = text_field(L, 2, "url"),
        .bucket = text_field(L, 2, "bucket"),
        .signing_name = text_field(L, 2, "signing_name"),
        .fips = flag(L, 2, "fips"),
        .dual_stack = flag(L, 2, "dual_stack"),
        .path_style = flag(L, 2, "path_style"),
        .virtual_host = flag(L, 2, "virtual_host"),
        .accelerate = flag(L, 2, "accelerate"),
    };
    ps_error err;
    endpoint_box *box = ps_box_new(L, &box_endpoint, sizeof *box);
    if (ps_endpoint_find(&facts, &wishes, &box->found, &err) != PS_OK) {
        return ps_push_error(L, &err);
    }
    const ps_endpoint *e = &box->found;
    lua_createtable(L, 0, 6);
    set_text(L, "scheme", e->scheme);
    set_text(L, "host", ps_buf_str(&e->host));
    set_text(L, "base_path", ps_buf_str(&e->base_path));
    set_text(L, "region", ps_buf_str(&e->region));
    set_text(L, "signing_name", ps_buf_str(&e->signing_name));
    lua_pushboolean(L, e->bucket_in_host);
    lua_setfield(L, -2, "bucket_in_host");
    return 1;
}

/* aws.partition(region) -> {name, dns_suffix, dual_stack_dns_suffix, global_region} */
static int partition_of(lua_State *L)
{
    ps_str region;
    region.p = luaL_checklstring(L, 1, &region.len);
    bool whole;
    const ps_partition *p = ps_partition_of(region, &whole);
    lua_createtable(L, 0, 4);
    set_text(L, "name", p->name);
    set_text(L, "dns_suffix", p->dns_suffix);
    set_text(L, "dual_stack_dns_suffix", p->dual_suffix);
    set_text(L, "global_region", p->global_region);
    return 1;
}

const luaL_Reg ps_functions_aws_endpoint[] = {
    {"endpoint", endpoint_find}, {"partition", partition_of}, {NULL, NULL}};

void ps_aws_endpoint_register(lua_State *L)
{
    ps_box_register(L, &box_endpoint);
}
