/* template_internal.h -- the compiled template: a plan of what is shared and what is filled. */
#ifndef PS_EXPR_TEMPLATE_INTERNAL_H
#define PS_EXPR_TEMPLATE_INTERNAL_H

#include "expr/intrinsic.h"
#include "expr/query.h"
#include "expr/template.h"

typedef enum ps_plan_kind {
    PS_PLAN_SHARED, /* a part of the definition without any field to fill */
    PS_PLAN_PATH,
    PS_PLAN_CALL,
    PS_PLAN_QUERY,
    PS_PLAN_OBJECT,
    PS_PLAN_ARRAY,
} ps_plan_kind;

typedef struct ps_plan {
    ps_plan_kind kind;
    ps_value *shared;
    ps_path *path;
    ps_path *array; /* of a path that ends in an index: the path before it; else NULL */
    ps_intrinsic *call;
    ps_query *query;
    ps_value *field; /* of a path or call: the name of its field, "x.$"; NULL when it has none */
    ps_value *key;   /* as a member: its key in the result */
    struct ps_plan *parts; /* of an object or array */
    size_t count;
} ps_plan;

struct ps_template {
    ps_plan plan;
};

#endif
