/* aws_binding.h -- what the files of the module passo.aws.core share. */
#ifndef PS_LUA_AWS_BINDING_H
#define PS_LUA_AWS_BINDING_H

#include "aws/model.h"
#include "aws/request.h"
#include "lua/binding.h"

/* Functions of passo.aws.core, by file: each file adds its list and its metatables here and in
 * aws_core.c. */

/* -- checksum_lua.c ---------------------------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_checksum[];
void ps_aws_checksum_register(lua_State *L);

/* -- members_lua.c ----------------------------------------------------------------------------- */

/* A method of operations. */
int ps_op_lua_members(lua_State *L);

/* -- endpoint_lua.c ---------------------------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_endpoint[];
void ps_aws_endpoint_register(lua_State *L);

/* -- ini_lua.c --------------------------------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_ini[];
void ps_aws_ini_register(lua_State *L);

/* -- request_lua.c, sign_lua.c ----------------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_request[], ps_functions_aws_sign[];
void ps_aws_request_register(lua_State *L);
void ps_aws_sign_register(lua_State *L);

/* Pushes an empty passo.aws.request; the caller fills it. */
ps_request *ps_push_request(lua_State *L);
ps_request *ps_request_lua_check(lua_State *L, int i);
/* Pushes "https://host/path?query". */
void ps_request_lua_push_url(lua_State *L, const ps_request *req);
/* A whole number that is not negative: milliseconds since 1970, or seconds. */
int64_t ps_aws_check_ms(lua_State *L, int i);
/* Methods of requests. */
int ps_request_lua_sign(lua_State *L);
int ps_request_lua_presign(lua_State *L);
int ps_request_lua_trace(lua_State *L);

/* -- model_lua.c, op_lua.c, params_lua.c ------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_model[];
void ps_aws_model_register(lua_State *L);
/* The operation at `i`. */
const ps_operation *ps_operation_lua_check(lua_State *L, int i);

/* -- integration_lua.c ------------------------------------------------------------------------- */

extern const luaL_Reg ps_functions_aws_integration[];
void ps_aws_integration_register(lua_State *L);

#endif
