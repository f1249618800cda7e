/* variables.c -- which variables the states of a definition assign and read.
 *
 * Works on the definition as written, so that it serves both query languages and incorrect
 * definitions; paths' references are found by their quoting rules, without parsing them. */
#include "asl/check_value.h"
#include "base/mem.h"
#include "expr/query.h"
#include "jsonata/jsonata.h"

#include <stdlib.h>

/* -- assigned -------------------------------------------------------------------------------- */

static void add_assigned(ps_value *names, const ps_value *object)
{
    const ps_value *assign = ps_check_get(object, "Assign");
    if (!assign || ps_value_kind(assign) != PS_OBJECT) {
        return;
    }
    for (size_t i = 0; i < ps_value_count(assign); i++) {
        ps_str name = ps_value_str(ps_object_key_at(assign, i));
        if (ps_str_ends(name, PS_STR(".$"))) {
            name.len -= 2;
        }
        ps_object_put_take(names, name, ps_bool(true));
    }
}

ps_value *ps_variables_assigned(const ps_value *states)
{
    static const char *const lists[] = {"Catch", "Choices"};
    ps_value *names = ps_object(8);
    for (size_t i = 0; i < ps_value_count(states); i++) {
        const ps_value *state = ps_object_value_at(states, i);
        add_assigned(names, state);
        for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
            const ps_value *list = ps_check_get(state, lists[l]);
            bool there = list && ps_value_kind(list) == PS_ARRAY;
            for (size_t k = 0; there && k < ps_value_count(list); k++) {
                add_assigned(names, ps_array_at(list, k));
            }
        }
    }
    return names;
}

/* -- read ------------------------------------------------------------------------------------ */

static bool starts_name(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static ps_str name_at(ps_str s, size_t at)
{
    size_t end = at;
    while (end < s.len && (starts_name((unsigned char)s.p[end]) ||
                           (end > at && s.p[end] >= '0' && s.p[end] <= '9'))) {
        end++;
    }
    return (ps_str){s.p + at, end - at};
}

/* Past the quoted text that begins at `at`. */
static size_t skip_quoted(ps_str s, size_t at)
{
    char quote = s.p[at++];
    while (at < s.len && s.p[at] != quote) {
        at += s.p[at] == '\\' && quote != '`' ? 2 : 1;
    }
    return at < s.len ? at + 1 : s.len;
}

/* Adds every `$name` outside quotes. */
static void read_paths(ps_value *names, ps_str s)
{
    for (size_t at = 0; at < s.len;) {
        char c = s.p[at];
        if (c == '\'' || c == '"' || c == '`') {
            at = skip_quoted(s, at);
            continue;
        }
        at++;
        if (c != '$') {
            continue;
        }
        if (at < s.len && s.p[at] == '$') { /* the context object */
            at++;
            continue;
        }
        ps_str name = name_at(s, at);
        at += name.len;
        if (name.len > 0) {
            ps_object_put_take(names, name, ps_bool(true));
        }
    }
}

static void add_variable(void *names, ps_jsonata_reference kind, ps_str name, ps_str member,
                         size_t at)
{
    (void)member;
    (void)at;
    if (kind == PS_JSONATA_VARIABLE && !ps_str_equal(name, PS_STR("states")) &&
        !ps_jsonata_is_builtin(name)) {
        ps_object_put_take(names, name, ps_bool(true));
    }
}

/* What an expression reads that it does not bind itself; nothing where it does not parse. */
static void read_jsonata(ps_value *names, ps_str s)
{
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(ps_query_inner(s), &err);
    if (e) {
        ps_jsonata_references(e, add_variable, names);
    }
    ps_jsonata_free(e);
    ps_jsonata_error_free(&err);
}

typedef struct reading {
    ps_value *names;
    bool jsonata;
} reading;

/* Below a payload template only `name.$` is an expression, elsewhere `...Path` and Variable too. */
static bool is_expression(ps_str key, bool template)
{
    return ps_str_ends(key, PS_STR(".$")) || (!template && (ps_str_ends(key, PS_STR("Path")) ||
                                                            ps_str_equal(key, PS_STR("Variable"))));
}

static bool is_template(ps_str key)
{
    static const char *const templates[] = {"Parameters", "ItemSelector", "ResultSelector",
                                            "Assign",     "BatchInput",   "Credentials"};
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        if (ps_str_equal(key, ps_str_from(templates[i]))) {
            return true;
        }
    }
    return false;
}

/* Other states' business, or text that is never evaluated. */
static bool is_foreign(ps_str key)
{
    static const char *const foreign[] = {"ItemProcessor", "Iterator", "Branches", "Result",
                                          "Comment"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (ps_str_equal(key, ps_str_from(foreign[i]))) {
            return true;
        }
    }
    return false;
}

static void read_value(const reading *r, ps_str key, const ps_value *v, bool template)
{
    ps_kind kind = ps_value_kind(v);
    if (kind == PS_STRING && r->jsonata && ps_check_jsonata(v)) {
        read_jsonata(r->names, ps_value_str(v));
    } else if (kind == PS_STRING && !r->jsonata && is_expression(key, template)) {
        read_paths(r->names, ps_value_str(v));
    } else if (kind == PS_ARRAY) {
        for (size_t i = 0; i < ps_value_count(v); i++) {
            read_value(r, PS_STR(""), ps_array_at(v, i), template);
        }
    } else if (kind == PS_OBJECT) {
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_str name = ps_value_str(ps_object_key_at(v, i));
            read_value(r, name, ps_object_value_at(v, i), template || is_template(name));
        }
    }
}

ps_value *ps_variables_read(const ps_value *state, bool jsonata)
{
    reading r = {ps_object(4), jsonata};
    for (size_t i = 0; ps_value_kind(state) == PS_OBJECT && i < ps_value_count(state); i++) {
        ps_str key = ps_value_str(ps_object_key_at(state, i));
        if (!is_foreign(key)) {
            read_value(&r, key, ps_object_value_at(state, i), is_template(key));
        }
    }
    return r.names;
}

/* -- of a whole machine ----------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    const ps_value *const *x = a, *const *y = b;
    return ps_str_compare(ps_value_str(*x), ps_value_str(*y));
}

static ps_value *sorted_keys(const ps_value *object)
{
    size_t count = ps_value_count(object);
    const ps_value **keys = ps_alloc_zeroed(count, sizeof *keys);
    ps_value *sorted = ps_array(count);
    for (size_t i = 0; i < count; i++) {
        keys[i] = ps_object_key_at(object, i);
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++) {
        ps_array_add_take(sorted, ps_value_ref(keys[i]));
    }
    ps_free(keys);
    return sorted;
}

static void add_graph(ps_value *out, const ps_value *graph, bool jsonata);

static void add_state(ps_value *out, const ps_value *name, const ps_value *state, bool jsonata)
{
    static const char *const processors[] = {"ItemProcessor", "Iterator"};
    ps_value *names = ps_variables_read(state, ps_check_language(state, jsonata));
    if (ps_value_count(names) > 0) {
        ps_object_set_take(out, ps_value_ref(name), sorted_keys(names));
    }
    ps_value_unref(names);
    for (size_t i = 0; i < sizeof processors / sizeof processors[0]; i++) {
        add_graph(out, ps_check_get(state, processors[i]), jsonata);
    }
    const ps_value *branches = ps_check_get(state, "Branches");
    bool there = branches && ps_value_kind(branches) == PS_ARRAY;
    for (size_t i = 0; there && i < ps_value_count(branches); i++) {
        add_graph(out, ps_array_at(branches, i), jsonata);
    }
}

static void add_graph(ps_value *out, const ps_value *graph, bool jsonata)
{
    const ps_value *states = graph ? ps_check_get(graph, "States") : NULL;
    bool there = states && ps_value_kind(states) == PS_OBJECT;
    for (size_t i = 0; there && i < ps_value_count(states); i++) {
        const ps_value *state = ps_object_value_at(states, i);
        if (ps_value_kind(state) == PS_OBJECT) {
            add_state(out, ps_object_key_at(states, i), state, jsonata);
        }
    }
}

ps_value *ps_machine_variable_references(const ps_value *definition)
{
    ps_value *out = ps_object(4);
    if (ps_value_depth(definition) <= PS_MAX_DEPTH) {
        add_graph(out, definition, ps_check_language(definition, false));
    }
    return out;
}
