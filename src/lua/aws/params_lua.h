/* params_lua.h -- a call's parameters out of Lua. */
#ifndef PS_LUA_AWS_PARAMS_LUA_H
#define PS_LUA_AWS_PARAMS_LUA_H

#include "aws/model.h"
#include "lua/binding.h"

/* The value of the parameters at `i` (a table, a passo.value, nil), read by the shape of the
 * operation's input: a new reference; NULL with `err`, whose text names the path.
 *
 * Errors: PS_EINPUT  what no value can hold: a function, NaN, bytes that are no text
 *         PS_ELIMIT  too deep or too large */
ps_value *ps_read_params(lua_State *L, int i, const ps_operation *op, ps_error *err);

/* What reading needs; once a Lua state. */
void ps_aws_params_register(lua_State *L);

#endif
