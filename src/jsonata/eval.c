/* eval.c -- the evaluation of a node, as the reference's evaluate(): what it is, then its
 * predicates and its group, then what becomes of a sequence.
 *
 * Everything that recurses passes through ps_jx_eval, which counts the depth. Whatever needs room
 * on the stack is done in functions of its own, so that nesting takes little of it. */
#include "jsonata/eval.h"

/* -- small nodes ------------------------------------------------------------------------------ */

static ps_jx field_of_all(ps_jx_run *run, ps_jx array, ps_str key, ps_jx_list **list, ps_jx only,
                          size_t depth)
{
    size_t count = ps_jx_count(array);
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        ps_jx v = ps_jx_at(array, i);
        if (v.kind == PS_JX_ARRAY) {
            only = field_of_all(run, v, key, list, only, depth - 1);
            continue;
        }
        v = v.kind == PS_JX_OBJECT ? ps_jx_get(v, key) : PS_JX_NOTHING;
        if (v.kind == PS_JX_UNDEFINED) {
            continue;
        }
        if (!*list && v.kind != PS_JX_ARRAY && only.kind == PS_JX_UNDEFINED) {
            only = v;
            continue;
        }
        if (!*list) {
            *list = ps_jx_list_new(run, 0, PS_JX_SEQUENCE);
            ps_jx_append(run, *list, only);
        }
        ps_jx_append(run, *list, v);
    }
    return only;
}

ps_jx ps_jx_field(ps_jx_run *run, ps_jx v, ps_str key)
{
    if (v.kind == PS_JX_OBJECT) {
        return ps_jx_get(v, key);
    }
    if (v.kind != PS_JX_ARRAY) {
        return PS_JX_NOTHING;
    }
    ps_jx_list *list = NULL;
    ps_jx only = field_of_all(run, v, key, &list, PS_JX_NOTHING, PS_MAX_DEPTH);
    return list ? ps_jx_array(list) : only;
}

static void add_flat(ps_jx_run *run, ps_jx_list *list, ps_jx v, size_t depth)
{
    ps_jx_tick(run);
    if (v.kind != PS_JX_ARRAY) {
        ps_jx_add(run, list, v);
        return;
    }
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    size_t count = ps_jx_count(v);
    for (size_t i = 0; i < count; i++) {
        add_flat(run, list, ps_jx_at(v, i), depth - 1);
    }
}

static __attribute__((noinline)) ps_jx wildcard(ps_jx_run *run, ps_jx input)
{
    ps_jx_list *list = ps_jx_list_new(run, 0, PS_JX_SEQUENCE);
    if (ps_jx_flags(input) & PS_JX_OUTER_WRAPPER) {
        input = ps_jx_at(input, 0);
    }
    if (input.kind == PS_JX_ARRAY) {
        size_t count = ps_jx_count(input);
        for (size_t i = 0; i < count; i++) {
            ps_jx v = ps_jx_at(input, i);
            if (v.kind == PS_JX_ARRAY) {
                /* What the reference joins is no sequence any more. */
                list->flags = 0;
            }
            add_flat(run, list, v, PS_MAX_DEPTH);
        }
    } else if (input.kind == PS_JX_OBJECT) {
        size_t count = ps_jx_member_count(input);
        for (size_t i = 0; i < count; i++) {
            ps_jx v = ps_jx_value_at(input, i);
            if (v.kind == PS_JX_ARRAY) {
                list->flags = 0;
            }
            add_flat(run, list, v, PS_MAX_DEPTH);
        }
    }
    return ps_jx_array(list);
}

static void add_descendants(ps_jx_run *run, ps_jx_list *list, ps_jx v, size_t depth)
{
    ps_jx_tick(run);
    if (depth == 0) {
        ps_jx_too_deep(run);
    }
    if (v.kind == PS_JX_ARRAY) {
        size_t count = ps_jx_count(v);
        for (size_t i = 0; i < count; i++) {
            add_descendants(run, list, ps_jx_at(v, i), depth - 1);
        }
        return;
    }
    ps_jx_add(run, list, v);
    if (v.kind == PS_JX_OBJECT) {
        size_t count = ps_jx_member_count(v);
        for (size_t i = 0; i < count; i++) {
            add_descendants(run, list, ps_jx_value_at(v, i), depth - 1);
        }
    }
}

static __attribute__((noinline)) ps_jx descendants(ps_jx_run *run, ps_jx input)
{
    if (input.kind == PS_JX_UNDEFINED) {
        return PS_JX_NOTHING;
    }
    ps_jx_list *list = ps_jx_list_new(run, 0, PS_JX_SEQUENCE);
    add_descendants(run, list, input, PS_MAX_DEPTH);
    return list->count == 1 ? list->p[0] : ps_jx_array(list);
}

static ps_jx variable(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    if (node->name.len == 0) {
        return ps_jx_flags(input) & PS_JX_OUTER_WRAPPER ? ps_jx_at(input, 0) : input;
    }
    return node->global ? ps_jx_lookup_global(run, node->global)
                        : ps_jx_lookup(run, frame, node->name);
}

static ps_jx literal(const ps_node *node)
{
    ps_jx v = ps_jx_borrow(node->value);
    return v.kind == PS_JX_NUMBER ? ps_jx_number(ps_jx_double(v)) : v;
}

static ps_jx negate(ps_jx_run *run, const ps_node *node, ps_jx v)
{
    if (v.kind == PS_JX_UNDEFINED) {
        return v;
    }
    if (!ps_jx_is_numeric(run, v)) {
        ps_jx_fields f = {.token = PS_STR("-"), .value = v};
        ps_jx_throw(run, "D1002", node->at, &f);
    }
    return ps_jx_number(-ps_jx_double(v));
}

/* -- larger ones ------------------------------------------------------------------------------ */

static __attribute__((noinline)) ps_jx array(ps_jx_run *run, const ps_node *node, ps_jx input,
                                             ps_jx_frame *frame)
{
    unsigned flags = node->cons_array ? PS_JX_CONS : 0;
    size_t count = node->list.count;
    if (count == 1 && node->list.p[0]->kind == PS_NODE_RANGE) {
        /* The elements of a range are nobody else's: they need no copy. */
        ps_jx range = ps_jx_eval(run, node->list.p[0], input, frame);
        if (range.kind == PS_JX_ARRAY) {
            range.list->flags = flags;
            return range;
        }
        ps_jx_list *one = ps_jx_list_new(run, 1, flags);
        ps_jx_append(run, one, range);
        return ps_jx_array(one);
    }
    ps_jx_list *list = ps_jx_list_new(run, count, flags);
    for (size_t i = 0; i < count; i++) {
        const ps_node *item = node->list.p[i];
        ps_jx v = ps_jx_eval(run, item, input, frame);
        if (item->kind == PS_NODE_ARRAY && v.kind != PS_JX_UNDEFINED) {
            ps_jx_add(run, list, v);
        } else {
            ps_jx_append(run, list, v);
        }
    }
    return ps_jx_array(list);
}

static __attribute__((noinline)) ps_jx block(ps_jx_run *run, const ps_node *node, ps_jx input,
                                             ps_jx_frame *outer)
{
    ps_jx v = PS_JX_NOTHING;
    ps_jx_frame *frame = node->binds ? ps_jx_frame_new(run, outer, node->binds) : outer;
    for (size_t i = 0; i < node->list.count; i++) {
        v = ps_jx_eval(run, node->list.p[i], input, frame);
    }
    /* A tail call is still to be made in this frame. */
    if (frame != outer && !(v.kind == PS_JX_FUNCTION && v.function->kind == PS_JX_THUNK)) {
        ps_jx_frame_release(run, frame);
    }
    return v;
}

static ps_jx condition(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    if (ps_jx_truth(run, ps_jx_eval(run, node->left, input, frame))) {
        return ps_jx_eval(run, node->right, input, frame);
    }
    return node->other ? ps_jx_eval(run, node->other, input, frame) : PS_JX_NOTHING;
}

static ps_jx either(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    ps_jx v = ps_jx_eval(run, node->left, input, frame);
    bool is = node->kind == PS_NODE_DEFAULT ? ps_jx_truth(run, v) : v.kind != PS_JX_UNDEFINED;
    return is ? v : ps_jx_eval(run, node->right, input, frame);
}

/* What goes wrong on the right of `and` and `or` is told as the operator's. */
static __attribute__((noinline)) ps_jx both(ps_jx_run *run, const ps_node *node, ps_jx input,
                                            ps_jx_frame *frame)
{
    bool is_and = node->kind == PS_NODE_AND;
    ps_jx left = ps_jx_eval(run, node->left, input, frame);
    ps_jx_trace here = {run->trace, NULL, node->at, is_and ? PS_STR("and") : PS_STR("or"), true};
    run->trace = &here;
    bool is = ps_jx_truth(run, left);
    if (is == is_and) {
        is = ps_jx_truth(run, ps_jx_eval(run, node->right, input, frame));
    }
    run->trace = here.outer;
    return ps_jx_bool(is);
}

static __attribute__((noinline)) ps_jx function(ps_jx_run *run, const ps_node *node, ps_jx input,
                                                ps_jx_frame *frame)
{
    bool once = node->thunk && !node->escapes;
    ps_jx_function *f = once ? run->spare_thunks : NULL;
    if (f) {
        run->spare_thunks = f->first;
    } else {
        f = ps_jx_alloc(run, sizeof *f);
    }
    if (!once) {
        ps_jx_frame_capture(frame);
    }
    *f = (ps_jx_function){.kind = node->kind == PS_NODE_TRANSFORM ? PS_JX_CHANGE
                                  : node->thunk                   ? PS_JX_THUNK
                                                                  : PS_JX_LAMBDA,
                          .node = node,
                          .frame = frame,
                          .input = input};
    return ps_jx_function_value(f);
}

static ps_jx bind(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    ps_jx v = ps_jx_eval(run, node->right, input, frame);
    ps_jx_bind(run, frame, node->name, v);
    return v;
}

/* Most operands are a field of an object or a number: these are looked up on the spot. */
static inline ps_jx operand(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    if (run->depth < run->bounds.depth && !node->predicate_count && !node->group) {
        if (node->kind == PS_NODE_VALUE) {
            ps_jx_tick(run);
            return literal(node);
        }
        if (node->plain && node->list.count == 1 && input.kind == PS_JX_OBJECT &&
            run->depth + 1 < run->bounds.depth) {
            ps_jx_burn(run, 2);
            return ps_jx_settle(ps_jx_get(input, ps_value_str(node->list.p[0]->value)), false);
        }
    }
    return ps_jx_eval(run, node, input, frame);
}

static ps_jx binary(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    ps_jx left = operand(run, node->left, input, frame);
    ps_jx right = operand(run, node->right, input, frame);
    return node->kind == PS_NODE_RANGE ? ps_jx_range(run, node, left, right)
                                       : ps_jx_binary(run, node, left, right);
}

/* The stack of a process is 8 MB as a rule, and this may be called deep inside of a program. */
#define STACK_MOST ((size_t)4 << 20)

/* -- any node --------------------------------------------------------------------------------- */

ps_jx ps_jx_settle(ps_jx v, bool keep_array)
{
    if (v.kind != PS_JX_ARRAY || v.borrowed ||
        (v.list->flags & (PS_JX_SEQUENCE | PS_JX_TUPLES)) != PS_JX_SEQUENCE) {
        return v;
    }
    if (keep_array) {
        v.list->flags |= PS_JX_KEEP_SINGLETON;
    }
    return ps_jx_sequence(v.list);
}

static __attribute__((noinline)) ps_jx narrow(ps_jx_run *run, const ps_node *node, ps_jx v,
                                              ps_jx_frame *frame)
{
    for (size_t i = 0; i < node->predicate_count; i++) {
        v = ps_jx_filter(run, node->predicates[i].predicate, v, frame);
    }
    if (node->group && node->kind != PS_NODE_PATH) {
        v = ps_jx_group(run, node->group, v, frame);
    }
    return v;
}

ps_jx ps_jx_eval(ps_jx_run *run, const ps_node *node, ps_jx input, ps_jx_frame *frame)
{
    ps_jx v = PS_JX_NOTHING;
    /* Frames are of no fixed size: whatever the bounds allow, the stack must hold it. */
    if (++run->depth > run->bounds.depth ||
        (size_t)(run->base - (char *)__builtin_frame_address(0)) > STACK_MOST) {
        ps_jx_too_deep(run);
    }
    ps_jx_tick(run);
    switch (node->kind) {
    case PS_NODE_VALUE:
        v = literal(node);
        break;
    case PS_NODE_REGEX:
        v = ps_jx_regex_value(run, node->regex);
        break;
    case PS_NODE_NAME:
        v = ps_jx_field(run, input, ps_value_str(node->value));
        break;
    case PS_NODE_WILDCARD:
        v = wildcard(run, input);
        break;
    case PS_NODE_DESCENDANTS:
        v = descendants(run, input);
        break;
    case PS_NODE_PARENT:
        v = ps_jx_lookup(run, frame, node->slot);
        break;
    case PS_NODE_VARIABLE:
        v = variable(run, node, input, frame);
        break;
    case PS_NODE_PATH:
        v = ps_jx_path(run, node, input, frame);
        break;
    case PS_NODE_BINARY:
    case PS_NODE_RANGE:
        v = binary(run, node, input, frame);
        break;
    case PS_NODE_AND:
    case PS_NODE_OR:
        v = both(run, node, input, frame);
        break;
    case PS_NODE_COALESCE:
    case PS_NODE_DEFAULT:
        v = either(run, node, input, frame);
        break;
    case PS_NODE_NEGATE:
        v = negate(run, node, ps_jx_eval(run, node->left, input, frame));
        break;
    case PS_NODE_ARRAY:
        v = array(run, node, input, frame);
        break;
    case PS_NODE_OBJECT:
        v = ps_jx_group(run, &node->pairs, input, frame);
        break;
    case PS_NODE_BLOCK:
        v = block(run, node, input, frame);
        break;
    case PS_NODE_BIND:
        v = bind(run, node, input, frame);
        break;
    case PS_NODE_CONDITION:
        v = condition(run, node, input, frame);
        break;
    case PS_NODE_CALL:
        v = ps_jx_invoke(run, node, input, frame, NULL);
        break;
    case PS_NODE_PARTIAL:
        v = ps_jx_partial(run, node, input, frame);
        break;
    case PS_NODE_LAMBDA:
    case PS_NODE_TRANSFORM:
        v = function(run, node, input, frame);
        break;
    case PS_NODE_APPLY:
        v = ps_jx_chain(run, node, input, frame);
        break;
    case PS_NODE_PLACEHOLDER:
    case PS_NODE_SORT:
        break; /* part of a partial application, of a path */
    }
    if (node->predicate_count || node->group) {
        v = narrow(run, node, v, frame);
    }
    run->depth--;
    return ps_jx_settle(v, node->keep_array);
}
