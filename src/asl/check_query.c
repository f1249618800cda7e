/* check_query.c -- an expression in a definition: that it parses, and reads nothing that is not
 * there where it stands. */
#include "asl/check_value.h"
#include "expr/query.h"
#include "jsonata/jsonata.h"

#define UNSUPPORTED "UNSUPPORTED_JSONATA_EXPRESSION"

/* The next segment of an RFC 6901 pointer. */
static ps_str segment(ps_str *pointer)
{
    size_t start = pointer->len > 0; /* behind the '/' */
    size_t end = start;
    while (end < pointer->len && pointer->p[end] != '/') {
        end++;
    }
    ps_str s = {pointer->p + start, end - start};
    *pointer = (ps_str){pointer->p + end, pointer->len - end};
    return s;
}

/* Where a pointer leads in the innermost state on its way: the state's field, and for a list of its
 * (Catch, Choices) the field of the element. */
typedef struct spot {
    ps_str field, inner;
} spot;

static spot spot_of(ps_str pointer)
{
    spot at = {0};
    while (pointer.len > 0) {
        ps_str name = segment(&pointer);
        if (ps_str_equal(name, PS_STR("States"))) {
            (void)segment(&pointer); /* the state's name */
            at.field = segment(&pointer);
            bool below = ps_str_equal(at.field, PS_STR("Branches"));
            if (below || ps_str_equal(at.field, PS_STR("Catch")) ||
                ps_str_equal(at.field, PS_STR("Choices"))) {
                (void)segment(&pointer); /* the index */
            }
            if (!below && !ps_str_equal(at.field, PS_STR("ItemProcessor")) &&
                !ps_str_equal(at.field, PS_STR("Iterator"))) {
                at.inner = segment(&pointer);
                break;
            }
        }
    }
    return at;
}

static bool leaves(ps_str field)
{
    return ps_str_equal(field, PS_STR("Output")) || ps_str_equal(field, PS_STR("Assign"));
}

static void check_states(ps_walk *w, ps_str member)
{
    spot at = spot_of(ps_buf_str(&w->pointer));
    bool caught = ps_str_equal(at.field, PS_STR("Catch"));
    if (ps_str_equal(member, PS_STR("result")) && !leaves(caught ? at.inner : at.field)) {
        ps_walk_fault(w, UNSUPPORTED, "$states.result is there only in Output and Assign");
    } else if (ps_str_equal(member, PS_STR("errorOutput")) && !(caught && leaves(at.inner))) {
        ps_walk_fault(w, UNSUPPORTED,
                      "$states.errorOutput is there only in Output and Assign of a catcher");
    }
}

static void check_reference(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member,
                            size_t at)
{
    ps_walk *w = arg;
    (void)at;
    if (kind == PS_JSONATA_ROOT) {
        ps_walk_fault(w, UNSUPPORTED,
                      "'%.*s' reads an input document, and in a state there is none: use "
                      "$states.input%s%.*s",
                      PS_WORDS(name), ps_str_starts(name, PS_STR("$")) ? "" : ".",
                      ps_str_starts(name, PS_STR("$")) ? 0
                                                       : (int)(name.len < 1000 ? name.len : 1000),
                      name.p);
    } else if (kind == PS_JSONATA_NEWER) {
        ps_walk_warn(
            w, "NEWER_JSONATA_OPERATOR",
            "'%.*s' is newer than JSONata 2.0.6, which AWS runs: it would be refused there",
            PS_WORDS(name));
    } else if (ps_str_equal(name, PS_STR("states"))) {
        check_states(w, member);
    } else if (ps_str_equal(name, PS_STR("eval"))) {
        ps_walk_fault(w, UNSUPPORTED, "$eval is not there in a state: use $parse for JSON text");
    }
}

void ps_check_query(ps_walk *w, ps_str s)
{
    bool opens = ps_str_starts(s, PS_STR("{%")), closes = ps_str_ends(s, PS_STR("%}"));
    if (opens != closes || (opens && s.len < 4)) {
        ps_walk_error(w, "JSONata string must start with {%% and end with %%}");
        return;
    }
    if (!opens) {
        return;
    }
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(ps_query_inner(s), &err);
    if (e) {
        ps_jsonata_references(e, check_reference, w);
    } else {
        ps_str words = ps_buf_str(&err.text);
        ps_walk_fault(w, "INVALID_JSONATA_EXPRESSION", "%s: %.*s (at byte %zu of the expression)",
                      err.code, PS_WORDS(words), err.at);
    }
    ps_jsonata_free(e);
    ps_jsonata_error_free(&err);
}
