/* check_retry.c -- Retry and Catch. */
#include "asl/check_value.h"

static void check_errors(ps_walk *w, const ps_value *v, const ps_field *f);

static const ps_field retrier_fields[] = {
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("ErrorEquals"), PS_ANYWHERE, PS_BOTH, check_errors, 0, 0, NULL},
    {PS_FIELD("IntervalSeconds"), PS_ANYWHERE, PS_BOTH, ps_check_integer, 0, 99999999, NULL},
    {PS_FIELD("MaxAttempts"), PS_ANYWHERE, PS_BOTH, ps_check_integer, 0, 99999999, NULL},
    {PS_FIELD("BackoffRate"), PS_ANYWHERE, PS_BOTH, ps_check_number, 1, 0, NULL},
    {PS_FIELD("MaxDelaySeconds"), PS_ANYWHERE, PS_BOTH, ps_check_integer, 1, 31622400, NULL},
    {PS_FIELD("JitterStrategy"), PS_ANYWHERE, PS_BOTH, ps_check_enum, 0, 0, "NONE, FULL"},
};

static const ps_field catcher_fields[] = {
    {PS_FIELD("Comment"), PS_ANYWHERE, PS_BOTH, NULL, 0, 0, NULL},
    {PS_FIELD("ErrorEquals"), PS_ANYWHERE, PS_BOTH, check_errors, 0, 0, NULL},
    {PS_FIELD("Next"), PS_ANYWHERE, PS_BOTH, ps_check_string, 0, 0, NULL},
    {PS_FIELD("ResultPath"), PS_ANYWHERE, PS_JSONPATH, ps_check_result_path, 0, 0, NULL},
    {PS_FIELD("Assign"), PS_ANYWHERE, PS_BOTH, ps_check_assign, 0, 0, NULL},
    {PS_FIELD("Output"), PS_ANYWHERE, PS_JSONATA, ps_check_template, 0, 0, NULL},
};

static void check_errors(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_ARRAY)) {
        return;
    }
    if (ps_value_count(v) == 0) {
        ps_walk_error(w, "Value cannot be empty");
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        ps_mark mark = ps_walk_enter_index(w, i);
        (void)ps_check_kind(w, ps_array_at(v, i), PS_STRING);
        ps_walk_leave(w, mark);
    }
}

static bool has_all(const ps_value *errors)
{
    for (size_t i = 0; i < ps_value_count(errors); i++) {
        const ps_value *name = ps_array_at(errors, i);
        if (ps_value_kind(name) == PS_STRING &&
            ps_str_equal(ps_value_str(name), PS_STR("States.ALL"))) {
            return true;
        }
    }
    return false;
}

static void check_all_alone(ps_walk *w, const ps_value *entry, bool last)
{
    const ps_value *errors = ps_check_get(entry, "ErrorEquals");
    if (errors && ps_value_kind(errors) == PS_ARRAY && has_all(errors) &&
        (!last || ps_value_count(errors) > 1)) {
        ps_walk_error_in(w, PS_STR("ErrorEquals"),
                         "States.ALL must appear alone and at end of list");
    }
}

static void check_list(ps_walk *w, const ps_value *v, const ps_field *table, size_t count,
                       const char *const *required)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_ARRAY)) {
        return;
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *entry = ps_array_at(v, i);
        ps_mark mark = ps_walk_enter_index(w, i);
        if (ps_check_kind(w, entry, PS_OBJECT)) {
            ps_check_required(w, entry, required);
            ps_check_fields(w, entry, table, count, PS_ANYWHERE, true);
            check_all_alone(w, entry, i + 1 == ps_value_count(v));
        }
        ps_walk_leave(w, mark);
    }
}

void ps_check_retry(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const required[] = {"ErrorEquals", NULL};
    (void)f;
    check_list(w, v, retrier_fields, sizeof retrier_fields / sizeof retrier_fields[0], required);
}

void ps_check_catch(ps_walk *w, const ps_value *v, const ps_field *f)
{
    static const char *const required[] = {"ErrorEquals", "Next", NULL};
    (void)f;
    check_list(w, v, catcher_fields, sizeof catcher_fields / sizeof catcher_fields[0], required);
}
