/* model_lua.h -- what the bindings of models and of operations share. */
#ifndef PS_LUA_AWS_MODEL_LUA_H
#define PS_LUA_AWS_MODEL_LUA_H

#include "aws/model.h"
#include "lua/binding.h"

/* Pushes an operation; `keeper` is the stack index of the table that keeps its model's box alive,
 * and `model` the place in that box: NULL there once the model is freed. Finalizers run in the
 * reverse order of making, so one of a program may use an operation whose model is gone. */
void ps_push_operation(lua_State *L, const ps_operation *op, int keeper, ps_model *const *model);

void ps_push_str(lua_State *L, ps_str s);
/* Set a field of the table on top; an empty text and a false flag are left out. */
void ps_set_text(lua_State *L, const char *key, ps_str s);
void ps_set_flag(lua_State *L, const char *key, bool flag);

void ps_aws_op_register(lua_State *L);

#endif
