/* shape.c -- the second pass: from the tree as it is written to the one that is evaluated. Paths
 * become flat lists of steps, filters and bindings join the step they follow, every `%` finds the
 * step whose input it asks for, and calls in tail position become thunks. */
#include "jsonata/parser.h"

/* One `%`: how many levels up the step is that it asks for. */
typedef struct seeker {
    ps_node *parent;
    int level;
} seeker;

typedef struct link {
    seeker *seeker;
    struct link *next;
} link;

/* What the reference keeps as a node's seekingParent. The list is shared between a node and what
 * it becomes part of: that of a node that was built in is not looked at again. */
typedef struct links {
    link *first, *last;
} links;

/* Every node while it is shaped. */
typedef struct shaped {
    ps_node node;
    links *seeking; /* NULL: no `%` below it */
    seeker *own;    /* of a `%` */
    size_t checked; /* of a path: as many steps have been looked at by join_steps */
    bool kept;      /* of a path: one of those got its [] later */
    struct shaped *unused;
} shaped;

typedef struct shaper {
    ps_parser *p;
    shaped *unused; /* paths that were taken into other paths */
    size_t labels;
    size_t work; /* steps and links looked at for `%` */
} shaper;

/* For all `%` of an expression together: no text of a reasonable size comes near it. */
#define WORK_MAX 1000000

static ps_node *shape(shaper *s, ps_raw *raw);

static shaped *as_shaped(ps_node *n)
{
    return (shaped *)n;
}

static ps_node *new_node(shaper *s, ps_node_kind kind, size_t at)
{
    shaped *n = s->unused;
    if (n) {
        s->unused = n->unused;
        *n = (shaped){0};
    } else {
        n = ps_pool_alloc(s->p->pool, sizeof *n);
    }
    n->node.kind = kind;
    n->node.at = at;
    return &n->node;
}

static void discard(shaper *s, ps_node *n)
{
    as_shaped(n)->unused = s->unused;
    s->unused = as_shaped(n);
}

/* An array of `count` elements that was filled by this function alone, with room for one more: the
 * capacity is the next power of two. */
static void *grown(shaper *s, void *array, size_t count, size_t size)
{
    if (count & (count - 1)) {
        return array;
    }
    void *larger = ps_pool_alloc(s->p->pool, (count ? 2 * count : 1) * size);
    if (count) {
        memcpy(larger, array, count * size);
    }
    return larger;
}

/* -- paths ---------------------------------------------------------------------------------- */

static void add_step(shaper *s, ps_node *path, ps_node *step)
{
    path->list.p = grown(s, path->list.p, path->list.count, sizeof(ps_node *));
    path->list.p[path->list.count++] = step;
}

static ps_node *path_of(shaper *s, ps_node *step)
{
    ps_node *path = new_node(s, PS_NODE_PATH, 0);
    add_step(s, path, step);
    return path;
}

static ps_node *last_step(const ps_node *path)
{
    return path->list.p[path->list.count - 1];
}

static void add_stage(shaper *s, ps_stage **stages, size_t *count, ps_stage stage)
{
    *stages = grown(s, *stages, *count, sizeof stage);
    (*stages)[(*count)++] = stage;
}

static void predicates_to_stages(ps_node *step)
{
    if (step->predicate_count) {
        step->stages = step->predicates;
        step->stage_count = step->predicate_count;
        step->predicates = NULL;
        step->predicate_count = 0;
    }
}

static ps_node *name_node(shaper *s, const ps_token *t)
{
    ps_node *n = new_node(s, PS_NODE_NAME, t->at);
    n->value = ps_jx_own_value_take(s->p->e, ps_string(t->text));
    n->name = t->text;
    return n;
}

/* -- errors --------------------------------------------------------------------------------- */

/* What the reference calls the type of a node. */
static ps_str type_of(const ps_node *n)
{
    static const char *const types[] = {
        [PS_NODE_VALUE] = "value",
        [PS_NODE_REGEX] = "regex",
        [PS_NODE_NAME] = "name",
        [PS_NODE_WILDCARD] = "wildcard",
        [PS_NODE_DESCENDANTS] = "descendant",
        [PS_NODE_PARENT] = "parent",
        [PS_NODE_VARIABLE] = "variable",
        [PS_NODE_PATH] = "path",
        [PS_NODE_BINARY] = "binary",
        [PS_NODE_RANGE] = "binary",
        [PS_NODE_AND] = "binary",
        [PS_NODE_OR] = "binary",
        [PS_NODE_COALESCE] = "condition",
        [PS_NODE_DEFAULT] = "condition",
        [PS_NODE_NEGATE] = "unary",
        [PS_NODE_ARRAY] = "unary",
        [PS_NODE_OBJECT] = "unary",
        [PS_NODE_BLOCK] = "block",
        [PS_NODE_BIND] = "bind",
        [PS_NODE_CONDITION] = "condition",
        [PS_NODE_CALL] = "function",
        [PS_NODE_PARTIAL] = "partial",
        [PS_NODE_PLACEHOLDER] = "operator",
        [PS_NODE_LAMBDA] = "lambda",
        [PS_NODE_APPLY] = "apply",
        [PS_NODE_TRANSFORM] = "transform",
        [PS_NODE_SORT] = "sort",
    };
    if (n->kind == PS_NODE_VALUE && ps_value_kind(n->value) == PS_STRING) {
        return PS_STR("string");
    }
    if (n->kind == PS_NODE_VALUE && ps_value_is_number(n->value)) {
        return PS_STR("number");
    }
    return ps_str_from(types[n->kind]);
}

static void *no_parent(shaper *s, const ps_node *n)
{
    ps_value *fields = ps_object(2);
    ps_object_put_take(fields, PS_STR("token"), ps_string(type_of(n)));
    ps_jx_error_set(s->p->err, s->p->text, "S0217", n->at, fields);
    return NULL;
}

/* -- the parent operator --------------------------------------------------------------------------
 */

static bool spend(shaper *s)
{
    return ++s->work <= WORK_MAX || ps_parser_fail(s->p, "S0901", s->p->text.len);
}

static bool add_link(shaper *s, links *list, seeker *k)
{
    link *l = ps_pool_alloc(&s->p->spare, sizeof *l);
    *l = (link){.seeker = k};
    *(list->last ? &list->last->next : &list->first) = l;
    list->last = l;
    return spend(s);
}

static links *links_of(shaper *s, ps_node *n)
{
    shaped *holder = as_shaped(n);
    if (!holder->seeking) {
        holder->seeking = ps_pool_alloc(&s->p->spare, sizeof(links));
    }
    return holder->seeking;
}

/* `result` is made of `value`: what is asked for below the one is asked for below the other. */
static bool pass_on(shaper *s, ps_node *result, ps_node *value)
{
    shaped *from = as_shaped(value), *to = as_shaped(result);
    if (!from->seeking && !from->own) {
        return true;
    }
    links *list = links_of(s, value);
    if (from->own && !add_link(s, list, from->own)) {
        return false;
    }
    if (!to->seeking) {
        to->seeking = list;
    } else {
        to->seeking->last->next = list->first;
        to->seeking->last = list->last;
    }
    return true;
}

/* Looks for the step that `k` asks for at `n`, going up one level for each step that has one. */
static bool seek(shaper *s, ps_node *n, seeker *k)
{
    if (!spend(s)) {
        return false;
    }
    switch (n->kind) {
    case PS_NODE_NAME:
    case PS_NODE_WILDCARD:
        if (--k->level == 0) {
            if (n->ancestor.len) {
                k->parent->slot = n->ancestor;
            }
            n->ancestor = k->parent->slot;
            n->tuple = true;
        }
        return true;
    case PS_NODE_PARENT:
        k->level++;
        return true;
    case PS_NODE_BLOCK:
        if (n->list.count > 0) {
            n->tuple = true;
            return seek(s, n->list.p[n->list.count - 1], k);
        }
        return true;
    case PS_NODE_PATH:
        n->tuple = true;
        for (size_t i = n->list.count; i-- > 0;) {
            if (!seek(s, n->list.p[i], k)) {
                return false;
            }
            if (k->level <= 0) {
                break;
            }
        }
        return true;
    default:
        return no_parent(s, n);
    }
}

/* Looks among the steps before the last one; what is not found there is asked of what the path
 * stands in. Steps that are bound by @ one after another have the same input. */
static bool seek_in_path(shaper *s, ps_node *path, seeker *k)
{
    size_t i = path->list.count - 1;
    while (k->level > 0) {
        if (i == 0) {
            return add_link(s, links_of(s, path), k);
        }
        ps_node *step = path->list.p[--i];
        while (i > 0 && step->focus.len && path->list.p[i - 1]->focus.len) {
            step = path->list.p[--i];
        }
        if (!seek(s, step, k)) {
            return false;
        }
    }
    return true;
}

/* For every `%` in the last step. */
static bool resolve(shaper *s, ps_node *path)
{
    shaped *last = as_shaped(last_step(path));
    if (!last->seeking) {
        return !last->own || seek_in_path(s, path, last->own);
    }
    if (last->own && !add_link(s, last->seeking, last->own)) {
        return false;
    }
    for (link *l = last->seeking->first; l; l = l->next) {
        if (!spend(s) || !seek_in_path(s, path, l->seeker)) {
            return false;
        }
        if (l == last->seeking->last) {
            break;
        }
    }
    return true;
}

static ps_node *parent_node(shaper *s)
{
    ps_node *n = new_node(s, PS_NODE_PARENT, 0);
    char label[24];
    size_t len = sizeof label;
    size_t number = s->labels++;
    do {
        label[--len] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    label[--len] = '!';
    n->slot = ps_pool_copy(s->p->pool, (ps_str){label + len, sizeof label - len});
    seeker *k = ps_pool_alloc(&s->p->spare, sizeof *k);
    *k = (seeker){.parent = n, .level = 1};
    as_shaped(n)->own = k;
    return n;
}

/* -- what follows a step --------------------------------------------------------------------------
 */

/* Looks at the steps that have come to `path` since it was last joined. */
static bool join_steps(shaper *s, ps_node *path)
{
    shaped *holder = as_shaped(path);
    for (; holder->checked < path->list.count; holder->checked++) {
        ps_node *step = path->list.p[holder->checked];
        if (step->kind == PS_NODE_VALUE && ps_value_kind(step->value) != PS_STRING) {
            ps_value *fields = ps_object(2);
            ps_object_put_take(fields, PS_STR("value"), ps_value_ref(step->value));
            return ps_parser_fail_take(s->p, "S0213", step->at, fields);
        }
        if (step->kind == PS_NODE_VALUE) {
            step->kind = PS_NODE_NAME;
            step->name = ps_value_str(step->value);
        }
        holder->kept = holder->kept || step->keep_array;
    }
    path->keep_singleton = path->keep_singleton || holder->kept;
    ps_node *ends[] = {path->list.p[0], last_step(path)};
    for (size_t i = 0; i < 2; i++) {
        ends[i]->cons_array = ends[i]->cons_array || ends[i]->kind == PS_NODE_ARRAY;
    }
    return resolve(s, path);
}

static ps_node *join(shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left;
    if (left->kind != PS_NODE_PATH) {
        path = path_of(s, left);
        if (left->kind == PS_NODE_PARENT && !add_link(s, links_of(s, path), as_shaped(left)->own)) {
            return NULL;
        }
    }
    ps_node *rest = shape(s, raw->right);
    if (!rest) {
        return NULL;
    }
    if (rest->kind == PS_NODE_PATH) {
        for (size_t i = 0; i < rest->list.count; i++) {
            add_step(s, path, rest->list.p[i]);
        }
        discard(s, rest);
    } else {
        predicates_to_stages(rest);
        add_step(s, path, rest);
    }
    return join_steps(s, path) ? path : NULL;
}

/* What is asked for in a filter: one level up is the input of the step itself. */
static bool seek_from_filter(shaper *s, ps_node *step, ps_node *predicate)
{
    links *list = as_shaped(predicate)->seeking;
    if (!list) {
        return true;
    }
    for (link *l = list->first; l; l = l->next) {
        if (l->seeker->level != 1) {
            l->seeker->level--;
        } else if (!seek(s, step, l->seeker)) {
            return false;
        }
        if (!spend(s)) {
            return false;
        }
        if (l == list->last) {
            break;
        }
    }
    return pass_on(s, step, predicate);
}

static ps_node *add_filter(shaper *s, ps_node *left, const ps_raw *raw)
{
    bool in_path = left->kind == PS_NODE_PATH;
    ps_node *step = in_path ? last_step(left) : left;
    if (step->group) {
        return ps_parser_fail(s->p, "S0209", raw->token.at);
    }
    ps_node *predicate = shape(s, raw->right);
    if (!predicate || !seek_from_filter(s, step, predicate)) {
        return NULL;
    }
    ps_stage stage = {.kind = PS_STAGE_FILTER, .predicate = predicate, .at = raw->token.at};
    if (in_path) {
        add_stage(s, &step->stages, &step->stage_count, stage);
    } else {
        add_stage(s, &step->predicates, &step->predicate_count, stage);
    }
    return left;
}

/* The keys and values of `raw`, on which `result` passes on what is asked for; NULL: nothing does.
 */
static bool shape_pairs(shaper *s, const ps_raw *raw, ps_pairs *pairs, ps_node *result)
{
    pairs->at = raw->token.at;
    pairs->p = ps_pool_alloc(s->p->pool, raw->count / 2 * sizeof *pairs->p);
    for (ps_raw *item = raw->items; item; item = item->next->next) {
        ps_pair *pair = &pairs->p[pairs->count++];
        pair->key = shape(s, item);
        if (!pair->key || (result && !pass_on(s, result, pair->key))) {
            return false;
        }
        pair->value = shape(s, item->next);
        if (!pair->value || (result && !pass_on(s, result, pair->value))) {
            return false;
        }
    }
    return true;
}

static ps_node *add_group(shaper *s, ps_node *left, const ps_raw *raw)
{
    if (left->group) {
        return ps_parser_fail(s->p, "S0210", raw->token.at);
    }
    ps_pairs *group = ps_pool_alloc(s->p->pool, sizeof *group);
    left->group = group;
    return shape_pairs(s, raw, group, NULL) ? left : NULL;
}

static ps_node *add_sort(shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left->kind == PS_NODE_PATH ? left : path_of(s, left);
    ps_node *step = new_node(s, PS_NODE_SORT, raw->token.at);
    step->terms = ps_pool_alloc(s->p->pool, raw->count * sizeof *step->terms);
    for (ps_raw *item = raw->items; item; item = item->next) {
        ps_node *term = shape(s, item);
        if (!term || !pass_on(s, step, term)) {
            return NULL;
        }
        step->terms[step->term_count++] = (ps_sort_term){term, item->descending};
    }
    add_step(s, path, step);
    return resolve(s, path) ? path : NULL;
}

static ps_node *add_focus(shaper *s, ps_node *left, const ps_raw *raw)
{
    bool in_path = left->kind == PS_NODE_PATH;
    ps_node *step = in_path ? last_step(left) : left;
    if (step->stage_count || step->predicate_count) {
        return ps_parser_fail(s->p, "S0215", raw->token.at);
    }
    if (step->kind == PS_NODE_SORT) {
        return ps_parser_fail(s->p, "S0216", raw->token.at);
    }
    if (raw->keep_array) {
        step->keep_array = true;
        as_shaped(left)->kept = as_shaped(left)->kept || in_path;
    }
    step->focus = raw->right->token.text;
    step->tuple = true;
    return left;
}

static ps_node *add_index(shaper *s, ps_node *left, const ps_raw *raw)
{
    ps_node *path = left;
    if (left->kind != PS_NODE_PATH) {
        path = path_of(s, left);
        predicates_to_stages(left);
    }
    ps_node *step = last_step(path);
    ps_str name = raw->right->token.text;
    if (step->stage_count == 0) {
        step->index = name;
    } else {
        ps_stage stage = {.kind = PS_STAGE_INDEX, .index = name, .at = raw->token.at};
        add_stage(s, &step->stages, &step->stage_count, stage);
    }
    step->tuple = true;
    return path;
}

/* Whether `raw` only adds to the path or step on its left: those are not nested, however many. */
static bool extends(const ps_raw *raw)
{
    switch (raw->kind) {
    case PS_RAW_FILTER:
    case PS_RAW_GROUP:
    case PS_RAW_SORT:
        return true;
    case PS_RAW_BINARY:
        return raw->token.kind == PS_TOKEN_DOT || raw->token.kind == PS_TOKEN_FOCUS ||
               raw->token.kind == PS_TOKEN_INDEX;
    default:
        return false;
    }
}

static ps_node *extend(shaper *s, ps_node *left, const ps_raw *raw)
{
    switch (raw->kind) {
    case PS_RAW_FILTER:
        return add_filter(s, left, raw);
    case PS_RAW_GROUP:
        return add_group(s, left, raw);
    case PS_RAW_SORT:
        return add_sort(s, left, raw);
    default:
        return raw->token.kind == PS_TOKEN_DOT     ? join(s, left, raw)
               : raw->token.kind == PS_TOKEN_FOCUS ? add_focus(s, left, raw)
                                                   : add_index(s, left, raw);
    }
}

/* -- everything else -------------------------------------------------------------------------- */

static ps_node *value_node(shaper *s, const ps_token *t)
{
    ps_node *n = new_node(s, PS_NODE_VALUE, t->at);
    ps_value *v = t->kind == PS_TOKEN_STRING ? ps_string(t->text) : ps_token_value(t);
    n->value = ps_jx_own_value_take(s->p->e, v);
    return n;
}

static ps_node *terminal(shaper *s, const ps_raw *raw)
{
    const ps_token *t = &raw->token;
    ps_node *n;
    switch (t->kind) {
    case PS_TOKEN_END:
        return ps_parser_fail_token_take(s->p, "S0207", t->at, ps_token_value(t));
    case PS_TOKEN_VARIABLE:
        n = new_node(s, PS_NODE_VARIABLE, t->at);
        n->name = t->text;
        return n;
    case PS_TOKEN_STRING:
    case PS_TOKEN_NUMBER:
    case PS_TOKEN_CONSTANT:
        return value_node(s, t);
    case PS_TOKEN_REGEX:
        n = new_node(s, PS_NODE_REGEX, t->at);
        n->regex = t->regex;
        return n;
    case PS_TOKEN_QUESTION:
        return new_node(s, PS_NODE_PLACEHOLDER, t->at);
    default: /* a name, or an operator's word as one */
        n = name_node(s, t);
        n->keep_array = raw->keep_array;
        n = path_of(s, n);
        n->keep_singleton = raw->keep_array;
        return n;
    }
}

/* The parts of `n` in order; a part that is not there is NULL in `raw` too. */
static bool shape_parts(shaper *s, ps_node *n, const ps_raw *raw, bool passes_on)
{
    ps_raw *from[] = {raw->left, raw->right, raw->other};
    ps_node **to[] = {&n->left, &n->right, &n->other};
    for (size_t i = 0; i < 3; i++) {
        if (from[i]) {
            *to[i] = shape(s, from[i]);
            if (!*to[i] || (passes_on && !pass_on(s, n, *to[i]))) {
                return false;
            }
        }
    }
    return true;
}

static bool shape_items(shaper *s, ps_node *n, const ps_raw *raw)
{
    n->list.p = ps_pool_alloc(s->p->pool, raw->count * sizeof(ps_node *));
    for (ps_raw *item = raw->items; item; item = item->next) {
        ps_node *part = shape(s, item);
        if (!part || !pass_on(s, n, part)) {
            return false;
        }
        n->list.p[n->list.count++] = part;
    }
    return true;
}

static ps_node *bind(shaper *s, const ps_raw *raw)
{
    ps_node *n = new_node(s, PS_NODE_BIND, raw->token.at);
    n->name = raw->left->token.text;
    n->right = shape(s, raw->right);
    return n->right && pass_on(s, n, n->right) ? n : NULL;
}

static ps_node *apply(shaper *s, const ps_raw *raw)
{
    ps_node *n = new_node(s, PS_NODE_APPLY, raw->token.at);
    if (!shape_parts(s, n, raw, false)) {
        return NULL;
    }
    n->keep_array = n->left->keep_array || n->right->keep_array;
    return n;
}

static ps_node *binary(shaper *s, const ps_raw *raw)
{
    static const struct {
        ps_node_kind kind;
        ps_operator op;
    } kinds[] = {
        [PS_TOKEN_PLUS] = {PS_NODE_BINARY, PS_OP_ADD},
        [PS_TOKEN_MINUS] = {PS_NODE_BINARY, PS_OP_SUBTRACT},
        [PS_TOKEN_STAR] = {PS_NODE_BINARY, PS_OP_MULTIPLY},
        [PS_TOKEN_SLASH] = {PS_NODE_BINARY, PS_OP_DIVIDE},
        [PS_TOKEN_PERCENT] = {PS_NODE_BINARY, PS_OP_MODULO},
        [PS_TOKEN_EQUAL] = {PS_NODE_BINARY, PS_OP_EQUAL},
        [PS_TOKEN_NOT_EQUAL] = {PS_NODE_BINARY, PS_OP_NOT_EQUAL},
        [PS_TOKEN_LESS] = {PS_NODE_BINARY, PS_OP_LESS},
        [PS_TOKEN_LESS_EQUAL] = {PS_NODE_BINARY, PS_OP_LESS_EQUAL},
        [PS_TOKEN_GREATER] = {PS_NODE_BINARY, PS_OP_GREATER},
        [PS_TOKEN_GREATER_EQUAL] = {PS_NODE_BINARY, PS_OP_GREATER_EQUAL},
        [PS_TOKEN_IN] = {PS_NODE_BINARY, PS_OP_IN},
        [PS_TOKEN_AMPERSAND] = {PS_NODE_BINARY, PS_OP_CONCATENATE},
        [PS_TOKEN_RANGE] = {PS_NODE_RANGE, 0},
        [PS_TOKEN_AND] = {PS_NODE_AND, 0},
        [PS_TOKEN_OR] = {PS_NODE_OR, 0},
    };
    if (raw->token.kind == PS_TOKEN_BIND) {
        return bind(s, raw);
    }
    if (raw->token.kind == PS_TOKEN_APPLY) {
        return apply(s, raw);
    }
    ps_node *n = new_node(s, kinds[raw->token.kind].kind, raw->token.at);
    n->op = kinds[raw->token.kind].op;
    return shape_parts(s, n, raw, true) ? n : NULL;
}

static ps_node *negate(shaper *s, const ps_raw *raw)
{
    ps_node *inner = shape(s, raw->left);
    if (!inner) {
        return NULL;
    }
    if (inner->kind == PS_NODE_VALUE && ps_value_is_number(inner->value)) {
        ps_value *v = ps_jx_number_value(-ps_value_double(inner->value));
        inner->value = ps_jx_own_value_take(s->p->e, v);
        return inner;
    }
    ps_node *n = new_node(s, PS_NODE_NEGATE, raw->token.at);
    n->left = inner;
    return pass_on(s, n, inner) ? n : NULL;
}

static ps_node *block(shaper *s, const ps_raw *raw)
{
    ps_node *n = new_node(s, PS_NODE_BLOCK, raw->token.at);
    if (!shape_items(s, n, raw)) {
        return NULL;
    }
    for (size_t i = 0; i < n->list.count; i++) {
        const ps_node *part = n->list.p[i];
        const ps_node *first = part->kind == PS_NODE_PATH ? part->list.p[0] : part;
        n->cons_array = n->cons_array || part->cons_array || first->cons_array;
    }
    return n;
}

static ps_node *call(shaper *s, const ps_raw *raw)
{
    ps_node_kind kind = raw->kind == PS_RAW_CALL ? PS_NODE_CALL : PS_NODE_PARTIAL;
    ps_node *n = new_node(s, kind, raw->token.at);
    if (!shape_items(s, n, raw)) {
        return NULL;
    }
    n->left = shape(s, raw->left);
    return n->left ? n : NULL;
}

/* A call in tail position becomes a function of nothing that makes it, which whoever called the
 * lambda calls in its stead. */
static ps_node *tail(shaper *s, ps_node *n)
{
    switch (n->kind) {
    case PS_NODE_CALL:
        if (n->predicate_count == 0) {
            ps_node *thunk = new_node(s, PS_NODE_LAMBDA, n->at);
            thunk->thunk = true;
            thunk->left = n;
            return thunk;
        }
        return n;
    case PS_NODE_CONDITION:
        n->right = tail(s, n->right);
        n->other = n->other ? tail(s, n->other) : NULL;
        return n;
    case PS_NODE_COALESCE:
    case PS_NODE_DEFAULT:
        n->right = tail(s, n->right);
        return n;
    case PS_NODE_BLOCK:
        if (n->list.count > 0) {
            ps_node **last = &n->list.p[n->list.count - 1];
            *last = tail(s, *last);
        }
        return n;
    default:
        return n;
    }
}

static ps_node *lambda(shaper *s, const ps_raw *raw)
{
    ps_node *n = new_node(s, PS_NODE_LAMBDA, raw->token.at);
    n->signature = raw->signature;
    n->parameters = ps_pool_alloc(s->p->pool, raw->count * sizeof *n->parameters);
    for (ps_raw *item = raw->items; item; item = item->next) {
        n->parameters[n->parameter_count++] = item->token.text;
    }
    ps_node *body = shape(s, raw->right);
    n->left = body ? tail(s, body) : NULL;
    return body ? n : NULL;
}

static ps_node *condition(shaper *s, const ps_raw *raw)
{
    ps_node_kind kind = raw->token.kind == PS_TOKEN_COALESCE  ? PS_NODE_COALESCE
                        : raw->token.kind == PS_TOKEN_DEFAULT ? PS_NODE_DEFAULT
                                                              : PS_NODE_CONDITION;
    ps_node *n = new_node(s, kind, raw->token.at);
    return shape_parts(s, n, raw, true) ? n : NULL;
}

static ps_node *shape_one(shaper *s, const ps_raw *raw)
{
    ps_node *n;
    size_t at = raw->token.at;
    switch (raw->kind) {
    case PS_RAW_TERMINAL:
        return terminal(s, raw);
    case PS_RAW_WILDCARD:
        return new_node(s, PS_NODE_WILDCARD, at);
    case PS_RAW_DESCENDANTS:
        return new_node(s, PS_NODE_DESCENDANTS, at);
    case PS_RAW_PARENT:
        return parent_node(s);
    case PS_RAW_NEGATE:
        return negate(s, raw);
    case PS_RAW_ARRAY:
        n = new_node(s, PS_NODE_ARRAY, at);
        return shape_items(s, n, raw) ? n : NULL;
    case PS_RAW_OBJECT:
        n = new_node(s, PS_NODE_OBJECT, at);
        return shape_pairs(s, raw, &n->pairs, n) ? n : NULL;
    case PS_RAW_BLOCK:
        return block(s, raw);
    case PS_RAW_CALL:
    case PS_RAW_PARTIAL:
        return call(s, raw);
    case PS_RAW_LAMBDA:
        return lambda(s, raw);
    case PS_RAW_CONDITION:
        return condition(s, raw);
    case PS_RAW_TRANSFORM:
        n = new_node(s, PS_NODE_TRANSFORM, at);
        return shape_parts(s, n, raw, false) ? n : NULL;
    default:
        return binary(s, raw);
    }
}

static ps_node *shape(shaper *s, ps_raw *raw)
{
    ps_raw *r = raw;
    while (extends(r)) {
        r->left->above = r;
        r = r->left;
    }
    ps_node *n = shape_one(s, r);
    while (n) {
        n->keep_array = n->keep_array || r->keep_array;
        if (r == raw) {
            break;
        }
        r = r->above;
        n = extend(s, n, r);
    }
    return n;
}

ps_node *ps_jx_shape(ps_parser *p, ps_raw *raw)
{
    shaper s = {.p = p};
    ps_node *n = shape(&s, raw);
    if (n && (as_shaped(n)->seeking || n->kind == PS_NODE_PARENT)) {
        return no_parent(&s, n);
    }
    return n;
}
