/* shape_parent.c -- the parent operator: every `%` finds the step whose input it asks for, and that
 * step learns that its input is to be kept. */
#include "jsonata/shape.h"

/* For all `%` of an expression together: no text of a reasonable size comes near it. */
#define WORK_MAX 1000000

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

void *ps_shape_no_parent(ps_shaper *s, const ps_node *n)
{
    ps_value *fields = ps_object(2);
    ps_object_put_take(fields, PS_STR("token"), ps_string(type_of(n)));
    ps_jx_error_set(s->p->err, s->p->text, "S0217", n->at, fields);
    return NULL;
}

/* -- the parent operator --------------------------------------------------------------------------
 */

static bool spend(ps_shaper *s)
{
    return ++s->work <= WORK_MAX || ps_parser_fail(s->p, "S0901", s->p->text.len);
}

static bool add_link(ps_shaper *s, ps_shape_links *list, ps_seeker *k)
{
    ps_shape_link *l = ps_pool_alloc(&s->p->spare, sizeof *l);
    *l = (ps_shape_link){.seeker = k};
    *(list->last ? &list->last->next : &list->first) = l;
    list->last = l;
    return spend(s);
}

static ps_shape_links *links_of(ps_shaper *s, ps_node *n)
{
    ps_shaped *holder = ps_shaped_of(n);
    if (!holder->seeking) {
        holder->seeking = ps_pool_alloc(&s->p->spare, sizeof(ps_shape_links));
    }
    return holder->seeking;
}

bool ps_shape_pass_on(ps_shaper *s, ps_node *result, ps_node *value)
{
    ps_shaped *from = ps_shaped_of(value), *to = ps_shaped_of(result);
    if (!from->seeking && !from->own) {
        return true;
    }
    ps_shape_links *list = links_of(s, value);
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
static bool seek(ps_shaper *s, ps_node *n, ps_seeker *k)
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
        return ps_shape_no_parent(s, n);
    }
}

/* Looks among the steps before the last one; what is not found there is asked of what the path
 * stands in. Steps that are bound by @ one after another have the same input. */
static bool seek_in_path(ps_shaper *s, ps_node *path, ps_seeker *k)
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

bool ps_shape_resolve(ps_shaper *s, ps_node *path)
{
    ps_shaped *last = ps_shaped_of(path->list.p[path->list.count - 1]);
    if (!last->seeking) {
        return !last->own || seek_in_path(s, path, last->own);
    }
    if (last->own && !add_link(s, last->seeking, last->own)) {
        return false;
    }
    for (ps_shape_link *l = last->seeking->first; l; l = l->next) {
        if (!spend(s) || !seek_in_path(s, path, l->seeker)) {
            return false;
        }
        if (l == last->seeking->last) {
            break;
        }
    }
    return true;
}

ps_node *ps_shape_parent(ps_shaper *s)
{
    ps_node *n = ps_shape_new(s, PS_NODE_PARENT, 0);
    char label[24];
    size_t len = sizeof label;
    size_t number = s->labels++;
    do {
        label[--len] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    label[--len] = '!';
    n->slot = ps_pool_copy(s->p->pool, (ps_str){label + len, sizeof label - len});
    ps_seeker *k = ps_pool_alloc(&s->p->spare, sizeof *k);
    *k = (ps_seeker){.parent = n, .level = 1};
    ps_shaped_of(n)->own = k;
    return n;
}

bool ps_shape_seek_from_filter(ps_shaper *s, ps_node *step, ps_node *predicate)
{
    ps_shape_links *list = ps_shaped_of(predicate)->seeking;
    if (!list) {
        return true;
    }
    for (ps_shape_link *l = list->first; l; l = l->next) {
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
    return ps_shape_pass_on(s, step, predicate);
}

bool ps_shape_begin(ps_shaper *s, ps_node *path)
{
    return add_link(s, links_of(s, path), ps_shaped_of(path->list.p[0])->own);
}
