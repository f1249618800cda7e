/* check_fields.c -- an object's members against the table of fields it may have. */
#include "asl/check_value.h"

#include <stdio.h>

static const ps_field *find_field(const ps_field *table, size_t count, ps_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (ps_str_equal(table[i].name, name)) {
            return &table[i];
        }
    }
    return NULL;
}

static void report_unsupported(ps_walk *w, const ps_value *object, const ps_field *table,
                               size_t count, unsigned kind, ps_str name)
{
    ps_finding f = {.code = PS_SCHEMA};
    const ps_field *meant = NULL;
    ps_buf_addf(&f.message, "Field '%.*s' is not supported", PS_WORDS(name));
    /* a field that exists elsewhere is misplaced, not misspelt */
    bool misspelt = !find_field(table, count, name);
    for (size_t i = 0; misspelt && i < count; i++) {
        if ((table[i].kinds & kind) && !ps_object_get(object, table[i].name) &&
            ps_walk_near(w, name, table[i].name)) {
            meant = &table[i];
            break;
        }
    }
    if (meant) {
        ps_buf_addf(&f.hint, "did you mean \"%.*s\"?", PS_WORDS(meant->name));
        ps_finding_rename(w, &f, name, meant->name);
    }
    ps_walk_add(w, &f);
}

/* Which members may be there at all; AWS locates these findings at the object. */
static void check_names(ps_walk *w, const ps_value *object, const ps_field *table, size_t count,
                        unsigned kind, bool languages)
{
    static const char *const names[] = {[PS_JSONPATH] = "JSONPath", [PS_JSONATA] = "JSONata"};
    ps_language language = w->jsonata ? PS_JSONATA : PS_JSONPATH;
    for (size_t i = 0; i < ps_value_count(object); i++) {
        ps_str name = ps_value_str(ps_object_key_at(object, i));
        const ps_field *f = find_field(table, count, name);
        if (!f || !(f->kinds & kind)) {
            report_unsupported(w, object, table, count, kind, name);
        } else if (languages && f->language != PS_BOTH && f->language != language) {
            ps_walk_error(w,
                          "The QueryLanguage is set to '%s', but field '%.*s' is only supported "
                          "for the '%s' QueryLanguage",
                          names[language], PS_WORDS(name), names[f->language]);
        }
    }
}

void ps_check_fields(ps_walk *w, const ps_value *object, const ps_field *table, size_t count,
                     unsigned kind, bool languages)
{
    ps_language language = w->jsonata ? PS_JSONATA : PS_JSONPATH;
    check_names(w, object, table, count, kind, languages);
    for (size_t i = 0; i < ps_value_count(object); i++) {
        ps_str name = ps_value_str(ps_object_key_at(object, i));
        const ps_field *f = find_field(table, count, name);
        if (!f || !f->check || !(f->kinds & kind) ||
            (f->language != PS_BOTH && f->language != language)) {
            continue;
        }
        ps_mark mark = ps_walk_enter(w, name);
        f->check(w, ps_object_value_at(object, i), f);
        ps_walk_leave(w, mark);
    }
}

static void add_list(ps_buf *b, const char *const *names)
{
    ps_buf_add_char(b, '[');
    for (size_t i = 0; names[i]; i++) {
        ps_buf_addf(b, "%s%s", i ? ", " : "", names[i]);
    }
    ps_buf_add_char(b, ']');
}

/* End: false is as good as no End. */
static bool present(const ps_value *object, const char *name)
{
    const ps_value *v = ps_check_get(object, name);
    bool refused =
        v && strcmp(name, "End") == 0 && ps_value_kind(v) == PS_BOOL && !ps_value_bool(v);
    return v && !refused;
}

void ps_check_one_of(ps_walk *w, const ps_value *object, const char *const *names, bool required)
{
    size_t count = 0;
    for (size_t i = 0; names[i]; i++) {
        count += present(object, names[i]);
    }
    if (count == 1 || (count == 0 && !required)) {
        return;
    }
    ps_finding f = {.code = PS_SCHEMA};
    ps_buf_add(&f.message, count ? PS_STR("There should only be one of the following fields: ")
                                 : PS_STR("This object should have only one of the following "
                                          "fields: "));
    add_list(&f.message, names);
    if (count == 0 && names[0] && strcmp(names[0], "Next") == 0) {
        ps_buf_add(&f.hint, PS_STR("a state that ends the workflow says \"End\": true"));
        ps_finding_add_take(w, &f, PS_STR("End"), ps_bool(true));
    }
    ps_walk_add(w, &f);
}

void ps_check_required(ps_walk *w, const ps_value *object, const char *const *names)
{
    const char *missing[6] = {NULL};
    size_t count = 0;
    for (size_t i = 0; names[i]; i++) {
        if (!ps_check_get(object, names[i])) {
            missing[count++] = names[i];
        }
    }
    if (count > 0) {
        ps_finding f = {.code = PS_SCHEMA};
        ps_buf_add(&f.message, PS_STR("These fields are required: "));
        add_list(&f.message, missing);
        ps_walk_add(w, &f);
    }
}
