/* check_assign.c -- the names that Assign gives: identifiers, not reserved, not an outer scope's.
 */
#include "asl/check_value.h"
#include "base/utf8.h"

/* Letters, digits and '_', no digit first; beyond ASCII every character counts as a letter, which
 * is a little more than UAX 31 allows. */
static bool is_identifier(ps_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return s.len > 0;
}

static const ps_names *outer_scope_with(const ps_walk *w, ps_str name)
{
    const ps_names *scope = w->scope ? w->scope->outer : NULL;
    while (scope && !ps_object_get(scope->assigned, name)) {
        scope = scope->outer;
    }
    return scope;
}

static void check_name(ps_walk *w, ps_str name)
{
    if (ps_str_equal(name, PS_STR("states"))) {
        ps_walk_fault(w, "RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.");
    } else if (!is_identifier(name)) {
        ps_walk_fault(w, "INVALID_VARIABLE_NAME",
                      "Invalid variable name '%.*s': the variable name contains invalid "
                      "characters.",
                      PS_WORDS(name));
    } else if (ps_utf8_count(name) > 80) {
        ps_walk_fault(w, "INVALID_VARIABLE_NAME",
                      "Invalid variable name '%.*s': the variable name is longer than 80 "
                      "characters.",
                      PS_WORDS(name));
    } else if (outer_scope_with(w, name)) {
        ps_walk_fault(w, "OUTER_SCOPE_VARIABLE",
                      "The variable '$%.*s' is assigned in an outer scope and cannot be assigned "
                      "here",
                      PS_WORDS(name));
    }
}

void ps_check_assign(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_OBJECT)) {
        return;
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_str key = ps_value_str(ps_object_key_at(v, i)), name = key;
        if (!w->jsonata && ps_str_ends(key, PS_STR(".$"))) {
            name.len -= 2;
        }
        ps_mark mark = ps_walk_enter(w, key);
        check_name(w, name);
        ps_walk_leave(w, mark);
    }
    ps_check_template(w, v, f);
}
