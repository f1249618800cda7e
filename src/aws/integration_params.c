/* integration_params.c -- a Task's arguments -> parameters of the service's operation. */
#include "aws/integration.h"
#include "value/json.h"

/* Where a value stands, for the words of an error. */
typedef struct place {
    const struct place *up;
    ps_str name;
} place;

static void print_place(const place *at, ps_buf *out)
{
    if (at) {
        print_place(at->up, out);
        if (out->len > 0) {
            ps_buf_add_char(out, '.');
        }
        ps_buf_add(out, at->name);
    }
}

static ps_value *refuse(const place *at, const char *what, ps_error *err)
{
    ps_buf path = {0};
    print_place(at, &path);
    ps_fail(err, PS_EINPUT, 0, "%.*s: %s", (int)(path.len > 100 ? 100 : path.len),
            path.p ? path.p : "", what);
    ps_buf_free(&path);
    return NULL;
}

static ps_value *convert(const ps_shape *shape, const ps_value *v, const place *at, size_t depth,
                         ps_error *err);

static char swapped(char c)
{
    return c >= 'A' && c <= 'Z'   ? (char)(c - 'A' + 'a')
           : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A')
                                  : c;
}

/* The member that definitions call `name`: "TaskArn" for "taskArn", "EqualsValue" for "equals". */
static const ps_member *member_named(const ps_shape *s, ps_str name)
{
    if (ps_str_equal(name, PS_STR("EqualsValue"))) {
        name = PS_STR("Equals");
    }
    const ps_member *m = ps_shape_member(s, name);
    if (!m && name.len > 0) {
        ps_buf other = {0};
        ps_buf_add_char(&other, swapped(name.p[0]));
        ps_buf_add(&other, (ps_str){name.p + 1, name.len - 1});
        m = ps_shape_member(s, ps_buf_str(&other));
        ps_buf_free(&other);
    }
    return m;
}

static ps_value *convert_structure(const ps_shape *shape, const ps_value *v, const place *at,
                                   size_t depth, ps_error *err)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return refuse(at, "an object is wanted", err);
    }
    ps_value *out = ps_object(ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        place here = {at, ps_value_str(ps_object_key_at(v, i))};
        const ps_member *m = member_named(shape, here.name);
        if (!m) {
            ps_value_unref(out);
            return refuse(&here, "the service has no such parameter", err);
        }
        const ps_value *given = ps_object_value_at(v, i);
        if (ps_value_kind(given) == PS_NULL && m->shape->kind != PS_SHAPE_DOCUMENT) {
            continue;
        }
        ps_value *made = convert(m->shape, given, &here, depth + 1, err);
        if (!made) {
            ps_value_unref(out);
            return NULL;
        }
        ps_object_put_take(out, m->name, made);
    }
    return out;
}

static ps_value *convert_list(const ps_shape *shape, const ps_value *v, const place *at,
                              size_t depth, ps_error *err)
{
    if (ps_value_kind(v) != PS_ARRAY) {
        return refuse(at, "a list is wanted", err);
    }
    ps_value *out = ps_array(ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *given = ps_array_at(v, i);
        ps_value *made = ps_value_kind(given) == PS_NULL
                             ? ps_null()
                             : convert(shape->members[0].shape, given, at, depth + 1, err);
        if (!made) {
            ps_value_unref(out);
            return NULL;
        }
        ps_array_add_take(out, made);
    }
    return out;
}

static ps_value *convert_map(const ps_shape *shape, const ps_value *v, const place *at,
                             size_t depth, ps_error *err)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return refuse(at, "an object is wanted", err);
    }
    ps_value *out = ps_object(ps_value_count(v));
    for (size_t i = 0; i < ps_value_count(v); i++) {
        const ps_value *key = ps_object_key_at(v, i), *given = ps_object_value_at(v, i);
        place here = {at, ps_value_str(key)};
        ps_value *made = ps_value_kind(given) == PS_NULL
                             ? ps_null()
                             : convert(shape->members[1].shape, given, &here, depth + 1, err);
        if (!made) {
            ps_value_unref(out);
            return NULL;
        }
        ps_object_set_take(out, ps_value_ref(key), made);
    }
    return out;
}

/* Text where a number or truth value is wanted is taken for one, as Java's reader takes it. */
static ps_value *scalar_of_text(const ps_shape *shape, const ps_value *v)
{
    ps_str text = ps_value_str(v);
    if (shape->kind == PS_SHAPE_BOOLEAN) {
        return ps_str_equal(text, PS_STR("true"))    ? ps_bool(true)
               : ps_str_equal(text, PS_STR("false")) ? ps_bool(false)
                                                     : ps_value_ref(v);
    }
    return ps_number_valid(text) ? ps_number(text) : ps_value_ref(v);
}

static ps_value *convert(const ps_shape *shape, const ps_value *v, const place *at, size_t depth,
                         ps_error *err)
{
    if (depth > PS_MAX_DEPTH) {
        return refuse(at, "nested too deeply", err);
    }
    bool text = ps_value_kind(v) == PS_STRING;
    switch (shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return convert_structure(shape, v, at, depth, err);
    case PS_SHAPE_LIST:
        return convert_list(shape, v, at, depth, err);
    case PS_SHAPE_MAP:
        return convert_map(shape, v, at, depth, err);
    case PS_SHAPE_STRING:
    case PS_SHAPE_BLOB:
        return text ? ps_value_ref(v) : ps_json_string(v);
    case PS_SHAPE_BOOLEAN:
    case PS_SHAPE_INTEGER:
    case PS_SHAPE_LONG:
    case PS_SHAPE_FLOAT:
    case PS_SHAPE_DOUBLE:
        return text ? scalar_of_text(shape, v) : ps_value_ref(v);
    case PS_SHAPE_TIMESTAMP:
    case PS_SHAPE_DOCUMENT:
        break;
    }
    return ps_value_ref(v);
}

/* -- what Step Functions adds by itself ------------------------------------------------------- */

static bool calls(const ps_integration_call *call, ps_str service, ps_str verb)
{
    return ps_str_equal(call->service, service) && ps_str_equal(call->verb, verb);
}

/* An execution always has an input; one that nobody named gets a name that repeats. */
static void add_input(const ps_integration_call *call, ps_value *params)
{
    if (!ps_object_get(params, PS_STR("input"))) {
        ps_object_put_take(params, PS_STR("input"), ps_string(PS_STR("{}")));
    }
    if (call->name.len > 0 && !ps_object_get(params, PS_STR("name"))) {
        ps_object_put_take(params, PS_STR("name"), ps_string(call->name));
    }
}

/* The shapes say so; but a model may be an operator's own. */
static bool is_a(const ps_value *v, ps_kind kind)
{
    return v && ps_value_kind(v) == kind;
}

/* Each event tells which execution sent it. */
static void add_resources(const ps_integration_call *call, ps_value *params)
{
    const ps_value *entries = ps_object_get(params, PS_STR("Entries"));
    if (!is_a(entries, PS_ARRAY) || !call->execution_arn || !call->machine_arn) {
        return;
    }
    ps_value *marked = ps_array(ps_value_count(entries));
    for (size_t i = 0; i < ps_value_count(entries); i++) {
        const ps_value *entry = ps_array_at(entries, i);
        if (ps_value_kind(entry) != PS_OBJECT) {
            ps_array_add_take(marked, ps_value_ref(entry));
            continue;
        }
        const ps_value *given = ps_object_get(entry, PS_STR("Resources"));
        ps_value *resources = is_a(given, PS_ARRAY) ? ps_array_copy(given) : ps_array(2);
        ps_array_add_take(resources, ps_value_ref(call->machine_arn));
        ps_array_add_take(resources, ps_value_ref(call->execution_arn));
        ps_value *copy = ps_object_copy(entry);
        ps_object_put_take(copy, PS_STR("Resources"), resources);
        ps_array_add_take(marked, copy);
    }
    ps_object_put_take(params, PS_STR("Entries"), marked);
}

/* The container of a job that is waited for can tell who started it. */
static void add_environment(ps_value *params)
{
    const ps_value *overrides = ps_object_get(params, PS_STR("containerOverrides"));
    ps_value *changed = is_a(overrides, PS_OBJECT) ? ps_object_copy(overrides) : ps_object(1);
    const ps_value *environment = ps_object_get(changed, PS_STR("environment"));
    ps_value *longer = is_a(environment, PS_ARRAY) ? ps_array_copy(environment) : ps_array(1);
    ps_value *pair = ps_object(2);
    ps_object_put_take(pair, PS_STR("name"), ps_string(PS_STR("MANAGED_BY_AWS")));
    ps_object_put_take(pair, PS_STR("value"), ps_string(PS_STR("STARTED_BY_STEP_FUNCTIONS")));
    ps_array_add_take(longer, pair);
    ps_object_put_take(changed, PS_STR("environment"), longer);
    ps_object_put_take(params, PS_STR("containerOverrides"), changed);
}

ps_value *ps_integration_params(const ps_integration_call *call, const ps_operation *op,
                                const ps_value *arguments, ps_error *err)
{
    static const ps_shape nothing = {.kind = PS_SHAPE_STRUCTURE};
    place at = {NULL, PS_STR("Parameters")};
    ps_value *params =
        convert_structure(op->input ? op->input->shape : &nothing, arguments, &at, 0, err);
    if (!params) {
        return NULL;
    }
    if (calls(call, PS_STR("states"), PS_STR("startExecution"))) {
        add_input(call, params);
    } else if (calls(call, PS_STR("events"), PS_STR("putEvents"))) {
        add_resources(call, params);
    } else if (calls(call, PS_STR("batch"), PS_STR("submitJob")) && call->sync) {
        add_environment(params);
    }
    return params;
}
