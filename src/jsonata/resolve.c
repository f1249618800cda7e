/* resolve.c -- after parsing: names that no frame can have get a number, so that built-ins and the
 * env's variables are found without a search; blocks learn how many variables they have. */
#include "jsonata/eval.h"
#include "jsonata/parser.h"

#include "base/mem.h"

typedef struct resolver {
    ps_jsonata *e;
    ps_value *bound;   /* the names that some frame has, as an object's keys */
    ps_value *globals; /* those that none has -> their numbers */
    size_t capacity;   /* of e->globals */
    bool evaluates;    /* $eval is named: its text may bind any name in any frame */
    size_t *binds;     /* of the block that is being walked */
} resolver;

typedef void visit(resolver *r, ps_node *node);

static const ps_jx_native *const tables[] = {
    ps_jx_meta_functions,   ps_jx_string_functions,  ps_jx_pattern_functions,
    ps_jx_number_functions, ps_jx_picture_functions, ps_jx_date_functions,
    ps_jx_array_functions,  ps_jx_object_functions,  ps_jx_higher_functions,
    ps_jx_aws_functions,
};

const ps_jx_native *ps_jx_native_find(ps_str name)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const ps_jx_native *n = tables[t]; n->name; n++) {
            if (ps_str_equal(name, ps_str_from(n->name))) {
                return n;
            }
        }
    }
    return NULL;
}

/* -- walking ---------------------------------------------------------------------------------- */

static void each(resolver *r, ps_node *node, visit *v)
{
    if (node) {
        v(r, node);
    }
}

static void each_pair(resolver *r, const ps_pairs *pairs, visit *v)
{
    for (size_t i = 0; pairs && i < pairs->count; i++) {
        v(r, pairs->p[i].key);
        v(r, pairs->p[i].value);
    }
}

static void each_stage(resolver *r, const ps_stage *stages, size_t count, visit *v)
{
    for (size_t i = 0; i < count; i++) {
        each(r, stages[i].kind == PS_STAGE_FILTER ? stages[i].predicate : NULL, v);
    }
}

static void each_child(resolver *r, const ps_node *node, visit *v)
{
    each(r, node->left, v);
    each(r, node->right, v);
    each(r, node->other, v);
    for (size_t i = 0; i < node->list.count; i++) {
        v(r, node->list.p[i]);
    }
    each_pair(r, &node->pairs, v);
    each_pair(r, node->group, v);
    each_stage(r, node->stages, node->stage_count, v);
    each_stage(r, node->predicates, node->predicate_count, v);
    for (size_t i = 0; i < node->term_count; i++) {
        v(r, node->terms[i].expression);
    }
}

/* -- what is bound ---------------------------------------------------------------------------- */

static bool is_bound(const resolver *r, ps_str name)
{
    return ps_object_get(r->bound, name) != NULL;
}

static void add_bound(resolver *r, ps_str name)
{
    if (name.len) {
        ps_object_put_take(r->bound, name, ps_null());
    }
}

static bool is_plain(const ps_node *path)
{
    for (size_t i = 0; i < path->list.count; i++) {
        const ps_node *step = path->list.p[i];
        if (step->kind != PS_NODE_NAME || step->stage_count || step->predicate_count ||
            step->group || step->tuple || step->keep_array) {
            return false;
        }
    }
    return path->kind == PS_NODE_PATH && !path->group && !path->tuple && !path->keep_array &&
           !path->keep_singleton;
}

static void gather(resolver *r, ps_node *node)
{
    size_t *outer = r->binds;
    add_bound(r, node->focus);
    add_bound(r, node->index);
    for (size_t i = 0; i < node->stage_count; i++) {
        add_bound(r, node->stages[i].index);
    }
    for (size_t i = 0; i < node->parameter_count; i++) {
        add_bound(r, node->parameters[i]);
    }
    if (node->kind == PS_NODE_BIND) {
        add_bound(r, node->name);
        *r->binds += 1;
    } else if (node->kind == PS_NODE_VARIABLE && ps_str_equal(node->name, PS_STR("eval"))) {
        r->evaluates = true;
    } else if (node->kind == PS_NODE_BLOCK) {
        r->binds = &node->binds;
    }
    each_child(r, node, gather);
    r->binds = outer;
    node->plain = is_plain(node);
}

/* -- what is not ------------------------------------------------------------------------------ */

static void release_signature(void *p)
{
    ps_jx_signature_free(p);
}

static ps_jx_signature *signature(resolver *r, const char *text)
{
    ps_jsonata_error err = {0};
    ps_jx_signature *s = ps_jx_signature_new(ps_str_from(text), 0, &err);
    ps_jx_own(r->e, release_signature, s);
    return s;
}

static size_t global_of(resolver *r, ps_str name)
{
    ps_jsonata *e = r->e;
    const ps_value *known = ps_object_get(r->globals, name);
    if (known) {
        return (size_t)ps_value_double(known);
    }
    if (e->global_count == r->capacity) {
        r->capacity = ps_grow(r->capacity, e->global_count + 1);
        e->globals = ps_realloc(e->globals, r->capacity, sizeof *e->globals);
    }
    struct ps_jx_global *g = &e->globals[e->global_count++];
    *g = (struct ps_jx_global){.name = name, .native = ps_jx_native_find(name)};
    if (g->native && g->native->signature) {
        g->signature = signature(r, g->native->signature);
    }
    ps_object_put_take(r->globals, name, ps_int((int64_t)e->global_count));
    return e->global_count;
}

static bool all_constant(const ps_node *node)
{
    for (size_t i = 0; i < node->list.count; i++) {
        if (!node->list.p[i]->constant) {
            return false;
        }
    }
    return node->list.count > 0;
}

/* A built-in that gives the same for the same arguments, and looks at nothing else. */
static bool is_pure(const resolver *r, const ps_node *procedure)
{
    static const char *const others[] = {"eval", "random", "shuffle", "uuid"};
    if (!procedure->global) {
        return false;
    }
    const ps_jx_native *native = r->e->globals[procedure->global - 1].native;
    if (!native || !native->signature || strpbrk(native->signature, "-f")) {
        return false;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(native->name, others[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* Whether a filter has to be evaluated once only: nothing in it looks at the item. */
static bool is_constant(const resolver *r, const ps_node *node)
{
    if (node->predicate_count || node->group || node->stage_count) {
        return false;
    }
    switch (node->kind) {
    case PS_NODE_VALUE:
        return true;
    case PS_NODE_VARIABLE:
        return node->name.len > 0;
    case PS_NODE_RANGE:
    case PS_NODE_BINARY:
        return node->left->constant && node->right->constant;
    case PS_NODE_NEGATE:
        return node->left->constant;
    case PS_NODE_ARRAY:
        return all_constant(node);
    case PS_NODE_CALL:
        return is_pure(r, node->left) && all_constant(node);
    default:
        return false;
    }
}

static void settle(resolver *r, ps_node *node)
{
    if (node->kind == PS_NODE_VARIABLE && node->name.len && !r->evaluates &&
        !is_bound(r, node->name)) {
        node->global = global_of(r, node->name);
    } else if (node->kind == PS_NODE_BLOCK && r->evaluates) {
        node->binds++;
    } else if (node->kind == PS_NODE_TRANSFORM) {
        node->signature = signature(r, "<(oa):o>");
    }
    each_child(r, node, settle);
    node->constant = is_constant(r, node);
}

void ps_jx_resolve(ps_jsonata *e, bool evaluated)
{
    size_t outermost = 0;
    resolver r = {.e = e,
                  .bound = ps_object(8),
                  .globals = ps_object(8),
                  .binds = &outermost,
                  .evaluates = evaluated};
    gather(&r, e->root);
    settle(&r, e->root);
    ps_value_unref(r.bound);
    ps_value_unref(r.globals);
}
