/* yaml_scalar.h -- what a YAML scalar or tag stands for; for src/value/ alone. */
#ifndef PS_VALUE_YAML_SCALAR_H
#define PS_VALUE_YAML_SCALAR_H

#include "base/error.h"
#include "value/value.h"

/* A plain scalar by the 1.2 core schema. An integer in base 8 or 16 must fit 64 bits; .inf and .nan
 * are refused, for no JSON value stands for them: PS_EINPUT, `at` is the error's place. */
ps_status ps_yaml_scalar(ps_str text, size_t at, ps_value **out, ps_error *err);

/* The key that a CloudFormation short tag ("!Sub") stands for ("Fn::Sub"); empty for other tags. */
ps_str ps_yaml_tag_key(ps_str tag);

#endif
