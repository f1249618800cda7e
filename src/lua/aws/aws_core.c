/* aws_core.c -- luaopen_passo_aws_core: signing, service models, wire protocols, integrations.
 *
 * Pure as what it binds: loading and calling it touch no network, file or clock. */
#include "lua/aws/aws_binding.h"
#include "lua/shared.h"

const ps_box_type ps_box_value = {"passo.value", NULL, NULL};
const ps_box_type ps_box_number = {"passo.number", NULL, NULL};

int luaopen_passo_aws_core(lua_State *L);

static const char opened_key;

static void register_all(lua_State *L)
{
    ps_shared_adopt(L);
    ps_aws_checksum_register(L);
    ps_aws_endpoint_register(L);
    ps_aws_ini_register(L);
    ps_aws_model_register(L);
    ps_aws_request_register(L);
    ps_aws_sign_register(L);
    ps_aws_integration_register(L);
}

__attribute__((visibility("default"))) int luaopen_passo_aws_core(lua_State *L)
{
    ps_lua_once(L, &opened_key, register_all);
    lua_newtable(L);
    ps_lua_setfuncs(L, ps_functions_aws_checksum);
    ps_lua_setfuncs(L, ps_functions_aws_endpoint);
    ps_lua_setfuncs(L, ps_functions_aws_ini);
    ps_lua_setfuncs(L, ps_functions_aws_model);
    ps_lua_setfuncs(L, ps_functions_aws_request);
    ps_lua_setfuncs(L, ps_functions_aws_sign);
    ps_lua_setfuncs(L, ps_functions_aws_integration);
    return 1;
}
