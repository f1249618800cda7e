/* params.c -- parameters against the shape of an operation's input. */
#include "aws/protocol_layout.h"

/* Where a value stands; one link lives on the stack of each step down. */
typedef struct place {
    const struct place *up; /* NULL: the input itself */
    ps_str name;
    size_t index; /* 1 for a list's first item, as Lua counts; 0: `name` */
    bool lenient; /* of the input itself: required members may be missing */
} place;

static ps_status check_value(ps_error *err, const ps_member *m, const ps_value *v, const place *at);

/* -- words ---------------------------------------------------------------------------------------
 */

static void print_place(const place *at, ps_buf *out)
{
    const place *steps[12] = {0};
    size_t count = 0;
    for (; at && at->up; at = at->up) {
        if (count == sizeof steps / sizeof steps[0]) {
            ps_buf_add(out, PS_STR("..."));
            break;
        }
        steps[count++] = at;
    }
    while (count--) {
        const place *step = steps[count];
        if (step->index) {
            ps_buf_addf(out, "[%zu]", step->index);
        } else {
            if (out->len) {
                ps_buf_add_char(out, '.');
            }
            ps_buf_add(out, (ps_str){step->name.p, step->name.len < 60 ? step->name.len : 60});
        }
    }
}

static ps_status fail_at(ps_error *err, const place *at, ps_str words)
{
    ps_buf path = {0};
    print_place(at, &path);
    if (path.len == 0) {
        ps_buf_add(&path, PS_STR("parameters"));
    }
    bool cut = path.len > 90;
    size_t from = cut ? path.len - 90 : 0;
    ps_fail(err, PS_EINPUT, 0, "%s%.*s: %.*s", cut ? "..." : "", (int)(path.len - from),
            path.p + from, (int)words.len, words.p);
    ps_buf_free(&path);
    return PS_EINPUT;
}

static const char *kind_words(const ps_value *v)
{
    static const char *const words[] = {"null",     "a boolean", "a number", "a number",
                                        "a number", "a string",  "a list",   "an object"};
    return words[ps_value_kind(v)];
}

static ps_status fail_type(ps_error *err, const place *at, const char *wanted, const ps_value *v)
{
    ps_buf words = {0};
    ps_buf_addf(&words, "expected %s, got %s", wanted, kind_words(v));
    ps_status status = fail_at(err, at, ps_buf_str(&words));
    ps_buf_free(&words);
    return status;
}

/* -- names ---------------------------------------------------------------------------------------
 */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Edits from `a` to `b`, without regard to case; more than `most` is told as most + 1. */
static size_t distance(ps_str a, ps_str b, size_t most)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    if (a.len > LONGEST || b.len > LONGEST || a.len > b.len + most || b.len > a.len + most) {
        return most + 1;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (lower(a.p[i - 1]) != lower(b.p[j - 1]));
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[b.len];
}

/* "bucket_name" is meant as "BucketName". */
static ps_str without_underscores(ps_str name, char to[64])
{
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < 64; i++) {
        if (name.p[i] != '_') {
            to[len++] = name.p[i];
        }
    }
    return (ps_str){to, len};
}

/* Among equals the one of the same length: letters are swapped more often than lost. */
static const ps_member *nearest(const ps_shape *shape, ps_str name)
{
    char plain[64];
    name = without_underscores(name, plain);
    const ps_member *best = NULL;
    size_t most = name.len / 3 + 1, least = 2 * most + 2;
    for (size_t i = 0; i < shape->member_count; i++) {
        ps_str known = shape->members[i].name;
        size_t edits = distance(name, known, most);
        size_t score = 2 * edits + (name.len != known.len);
        if (edits <= most && score < least) {
            best = &shape->members[i];
            least = score;
        }
    }
    return best;
}

static ps_status fail_unknown(ps_error *err, const ps_shape *shape, const place *at)
{
    const ps_member *m = nearest(shape, at->name);
    ps_buf words = {0};
    if (m) {
        ps_buf_addf(&words, "there is no such member; did you mean %.*s?", (int)m->name.len,
                    m->name.p);
    } else if (shape->member_count == 0) {
        ps_buf_addf(&words, "there is no such member; there are none");
    } else {
        ps_buf_addf(&words, "there is no such member");
    }
    ps_status status = fail_at(err, at, ps_buf_str(&words));
    ps_buf_free(&words);
    return status;
}

/* -- containers ----------------------------------------------------------------------------------
 */

static bool is_lenient(const place *at)
{
    while (at->up) {
        at = at->up;
    }
    return at->lenient;
}

static ps_status check_required(ps_error *err, const ps_shape *shape, const ps_value *v,
                                const place *at)
{
    if (is_lenient(at)) {
        return PS_OK;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        /* Tokens are put in, and a stream comes from elsewhere. */
        if (!m->required || m->idempotency || m->streaming) {
            continue;
        }
        const ps_value *value = v ? ps_object_get(v, m->name) : NULL;
        if (!value || ps_value_kind(value) == PS_NULL) {
            place here = {at, m->name, 0, false};
            return fail_at(err, &here, PS_STR("is required, and was not given"));
        }
    }
    return PS_OK;
}

static ps_status check_structure(ps_error *err, const ps_shape *shape, const ps_value *v,
                                 const place *at)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return fail_type(err, at, "an object", v);
    }
    size_t set = 0;
    for (size_t i = 0; i < ps_value_count(v); i++) {
        place here = {at, ps_value_str(ps_object_key_at(v, i)), 0, false};
        const ps_value *value = ps_object_value_at(v, i);
        const ps_member *m = ps_shape_member(shape, here.name);
        if (!m) {
            return fail_unknown(err, shape, &here);
        }
        if (ps_value_kind(value) == PS_NULL) {
            continue;
        }
        set++;
        if (check_value(err, m, value, &here) != PS_OK) {
            return PS_EINPUT;
        }
    }
    if (shape->is_union && set != 1) {
        return fail_at(err, at, PS_STR("exactly one member must be given"));
    }
    return check_required(err, shape, v, at);
}

static ps_status check_list(ps_error *err, const ps_shape *shape, const ps_value *v,
                            const place *at)
{
    if (ps_value_kind(v) != PS_ARRAY) {
        return fail_type(err, at, "a list", v);
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        place here = {at, PS_STR(""), i + 1, false};
        const ps_value *item = ps_array_at(v, i);
        if (shape->sparse && ps_value_kind(item) == PS_NULL) {
            continue;
        }
        if (check_value(err, &shape->members[0], item, &here) != PS_OK) {
            return PS_EINPUT;
        }
    }
    return PS_OK;
}

static ps_status check_map(ps_error *err, const ps_shape *shape, const ps_value *v, const place *at)
{
    if (ps_value_kind(v) != PS_OBJECT) {
        return fail_type(err, at, "an object", v);
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        place here = {at, ps_value_str(ps_object_key_at(v, i)), 0, false};
        const ps_value *item = ps_object_value_at(v, i);
        if (shape->sparse && ps_value_kind(item) == PS_NULL) {
            continue;
        }
        if (check_value(err, &shape->members[1], item, &here) != PS_OK) {
            return PS_EINPUT;
        }
    }
    return PS_OK;
}

/* -- scalars -------------------------------------------------------------------------------------
 */

static ps_status check_scalar(ps_error *err, const ps_shape *shape, const ps_value *v,
                              const place *at)
{
    ps_kind kind = ps_value_kind(v);
    int64_t n;
    switch (shape->kind) {
    case PS_SHAPE_STRING:
        return kind == PS_STRING ? PS_OK : fail_type(err, at, "a string", v);
    case PS_SHAPE_BLOB:
        return kind == PS_STRING ? PS_OK : fail_type(err, at, "a string of bytes", v);
    case PS_SHAPE_BOOLEAN:
        return kind == PS_BOOL ? PS_OK : fail_type(err, at, "a boolean", v);
    case PS_SHAPE_INTEGER:
    case PS_SHAPE_LONG:
        if (!ps_value_is_number(v)) {
            return fail_type(err, at, "an integer", v);
        }
        return ps_value_int(v, &n) ? PS_OK : fail_at(err, at, PS_STR("expected an integer"));
    case PS_SHAPE_FLOAT:
    case PS_SHAPE_DOUBLE:
        if (kind == PS_STRING && ps_is_odd_float(ps_value_str(v))) {
            return PS_OK;
        }
        return ps_value_is_number(v) ? PS_OK : fail_type(err, at, "a number", v);
    case PS_SHAPE_TIMESTAMP:
        if (kind != PS_STRING && !ps_value_is_number(v)) {
            return fail_type(err, at, "an instant (seconds since 1970, or ISO 8601 text)", v);
        }
        return ps_time_given(v, &n)
                   ? PS_OK
                   : fail_at(err, at, PS_STR("expected seconds since 1970 or ISO 8601 text"));
    default:
        return PS_OK;
    }
}

static ps_status check_value(ps_error *err, const ps_member *m, const ps_value *v, const place *at)
{
    if (m->json_text) {
        return PS_OK;
    }
    switch (m->shape->kind) {
    case PS_SHAPE_STRUCTURE:
        return check_structure(err, m->shape, v, at);
    case PS_SHAPE_LIST:
        return check_list(err, m->shape, v, at);
    case PS_SHAPE_MAP:
        return check_map(err, m->shape, v, at);
    default:
        return check_scalar(err, m->shape, v, at);
    }
}

static ps_status check(const ps_operation *op, const ps_value *params, bool lenient, ps_error *err)
{
    static const ps_shape nothing = {.kind = PS_SHAPE_STRUCTURE};
    place root = {.lenient = lenient};
    const ps_shape *shape = op->input ? op->input->shape : &nothing;
    if (!params) {
        return check_required(err, shape, NULL, &root);
    }
    return check_structure(err, shape, params, &root);
}

ps_status ps_params_check(const ps_operation *op, const ps_value *params, ps_error *err)
{
    return check(op, params, false, err);
}

ps_status ps_params_check_given(const ps_operation *op, const ps_value *params, ps_error *err)
{
    return check(op, params, true, err);
}
