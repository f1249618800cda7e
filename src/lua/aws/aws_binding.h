/* aws_binding.h -- what the files of the module passo.aws.core share. */
#ifndef PS_LUA_AWS_BINDING_H
#define PS_LUA_AWS_BINDING_H

#include "lua/binding.h"

/* Functions of passo.aws.core, by file: each file adds its list and its metatables here and in
 * aws_core.c. */

#endif
