/* protocol_scalar.c -- scalars as text, for path, query, headers, forms and XML. */
#include "aws/protocol_layout.h"
#include "base/base64.h"
#include "base/utf8.h"
#include "value/json.h"

ps_value *ps_text_value(ps_str bytes)
{
    size_t bad = ps_utf8_check(bytes);
    if (bad == bytes.len) {
        return ps_string(bytes);
    }
    ps_buf out = {0};
    while (bytes.len) {
        ps_buf_add(&out, (ps_str){bytes.p, bad});
        if (bad == bytes.len) {
            break;
        }
        ps_buf_add(&out, PS_STR("\xEF\xBF\xBD"));
        bytes = (ps_str){bytes.p + bad + 1, bytes.len - bad - 1};
        bad = ps_utf8_check(bytes);
    }
    ps_value *v = ps_string(ps_buf_str(&out));
    ps_buf_free(&out);
    return v;
}

/* A string is JSON text already. */
static void write_json_text(const ps_value *v, ps_buf *out)
{
    ps_buf text = {0};
    if (ps_value_kind(v) == PS_STRING) {
        ps_buf_add(&text, ps_value_str(v));
    } else {
        ps_json_print(v, &text);
    }
    ps_base64_encode(ps_buf_str(&text), out);
    ps_buf_free(&text);
}

void ps_scalar_write(const ps_member *m, const ps_value *v, ps_time_format time_default,
                     ps_buf *out)
{
    if (m->json_text) {
        write_json_text(v, out);
        return;
    }
    if (m->shape->kind == PS_SHAPE_TIMESTAMP) {
        ps_time_format format = ps_member_time_format(m);
        ps_time_write(v, format == PS_TIME_DEFAULT ? time_default : format, out);
        return;
    }
    int64_t n;
    switch (ps_value_kind(v)) {
    case PS_BOOL:
        ps_buf_add(out, ps_value_bool(v) ? PS_STR("true") : PS_STR("false"));
        break;
    case PS_STRING:
        if (m->shape->kind == PS_SHAPE_BLOB) {
            ps_base64_encode(ps_value_str(v), out);
        } else {
            ps_buf_add(out, ps_value_str(v));
        }
        break;
    case PS_INT:
    case PS_DOUBLE:
    case PS_DECIMAL:
        if (m->shape->kind <= PS_SHAPE_LONG && ps_value_int(v, &n)) {
            ps_buf_addf(out, "%lld", (long long)n);
        } else {
            ps_number_print(v, out);
        }
        break;
    default:
        ps_json_print(v, out);
        break;
    }
}

static ps_value *fail_text(const ps_member *m, ps_str text, const char *wanted, ps_error *err)
{
    if (m->shape->sensitive) {
        text = PS_STR("(not shown)");
    }
    ps_fail(err, PS_EINPUT, 0, "%.*s: expected %s, the service sent '%.*s'",
            m->name.len < 60 ? (int)m->name.len : 60, m->name.p, wanted,
            text.len < 40 ? (int)text.len : 40, text.p);
    return NULL;
}

ps_value *ps_blob_read(ps_str text, ps_error *err)
{
    ps_buf bytes = {0};
    ps_value *v = NULL;
    if (ps_base64_decode(text, &bytes, err) == PS_OK) {
        v = ps_string(ps_buf_str(&bytes));
    }
    ps_buf_free(&bytes);
    return v;
}

static bool is_word(ps_str text, const char *word)
{
    return ps_header_name_equal(text, ps_str_from(word));
}

bool ps_is_odd_float(ps_str text)
{
    return ps_str_equal(text, PS_STR("NaN")) || ps_str_equal(text, PS_STR("Infinity")) ||
           ps_str_equal(text, PS_STR("-Infinity"));
}

/* An object or a list comes as one; a scalar, and what is no JSON, as the text it is. */
static ps_value *read_json_text(ps_str text)
{
    ps_error ignored;
    ps_value *decoded = ps_blob_read(text, &ignored);
    ps_str json = decoded ? ps_value_str(decoded) : text;
    ps_value *v = ps_json_parse(json, &ps_json_payload, &ignored);
    if (!v || (ps_value_kind(v) != PS_OBJECT && ps_value_kind(v) != PS_ARRAY)) {
        ps_value_set_take(&v, ps_text_value(json));
    }
    ps_value_unref(decoded);
    return v;
}

ps_value *ps_scalar_read(const ps_member *m, ps_str text, ps_error *err)
{
    ps_value *v = NULL;
    int64_t n;
    switch (m->shape->kind) {
    case PS_SHAPE_BOOLEAN:
        if (!is_word(text, "true") && !is_word(text, "false")) {
            return fail_text(m, text, "true or false", err);
        }
        return ps_bool(is_word(text, "true"));
    case PS_SHAPE_INTEGER:
    case PS_SHAPE_LONG:
        if (!ps_number_valid(text)) {
            return fail_text(m, text, "an integer", err);
        }
        v = ps_number(text);
        if (ps_value_kind(v) != PS_INT && ps_value_int(v, &n)) {
            ps_value_set_take(&v, ps_int(n));
        }
        return v;
    case PS_SHAPE_FLOAT:
    case PS_SHAPE_DOUBLE:
        if (ps_number_valid(text)) {
            return ps_number(text);
        }
        return ps_is_odd_float(text) ? ps_string(text) : fail_text(m, text, "a number", err);
    case PS_SHAPE_TIMESTAMP:
        v = ps_time_read(text);
        return v ? v : fail_text(m, text, "an instant", err);
    case PS_SHAPE_BLOB:
        v = ps_blob_read(text, err);
        return v ? v : fail_text(m, text, "base 64", err);
    default:
        break;
    }
    return m->json_text ? read_json_text(text) : ps_text_value(text);
}
