/* yaml_scalar.c -- the YAML 1.2 core schema, and CloudFormation's short tags. */
#include "value/yaml_scalar.h"

static bool one_of(ps_str text, const char *const *words)
{
    for (; *words; words++) {
        if (ps_str_equal(text, ps_str_from(*words))) {
            return true;
        }
    }
    return false;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "0x1F" and "0o17"; false where it is neither. */
static bool read_based(ps_str text, int64_t *n, bool *fits)
{
    if (text.len < 3 || text.p[0] != '0' || (text.p[1] != 'x' && text.p[1] != 'o')) {
        return false;
    }
    int base = text.p[1] == 'x' ? 16 : 8;
    *n = 0;
    *fits = true;
    for (size_t i = 2; i < text.len; i++) {
        int digit = digit_of(text.p[i]);
        if (digit >= base) {
            return false;
        }
        *fits = *fits && *n <= (INT64_MAX - digit) / base;
        *n = *fits ? *n * base + digit : 0;
    }
    return true;
}

static size_t span_digits(ps_str text, size_t at)
{
    size_t from = at;
    while (at < text.len && text.p[at] >= '0' && text.p[at] <= '9') {
        at++;
    }
    return at - from;
}

/* Writes a decimal number of the core schema as JSON has it: without '+', leading zeros or a bare
 * point. False where it is none. */
static bool read_decimal(ps_str text, ps_buf *json)
{
    size_t at = text.len && (text.p[0] == '-' || text.p[0] == '+');
    if (at && text.p[0] == '-') {
        ps_buf_add_char(json, '-');
    }
    size_t whole = span_digits(text, at), zeros = 0;
    while (zeros + 1 < whole && text.p[at + zeros] == '0') {
        zeros++;
    }
    ps_buf_add(json, whole ? (ps_str){text.p + at + zeros, whole - zeros} : PS_STR("0"));
    at += whole;
    if (at < text.len && text.p[at] == '.') {
        size_t fraction = span_digits(text, at + 1);
        if (whole + fraction == 0) {
            return false;
        }
        if (fraction) {
            ps_buf_add(json, (ps_str){text.p + at, fraction + 1});
        }
        at += fraction + 1;
    } else if (whole == 0) {
        return false;
    }
    if (at < text.len && (text.p[at] == 'e' || text.p[at] == 'E')) {
        size_t sign = at + 1 < text.len && (text.p[at + 1] == '-' || text.p[at + 1] == '+');
        size_t digits = span_digits(text, at + 1 + sign);
        if (digits == 0) {
            return false;
        }
        ps_buf_add(json, (ps_str){text.p + at, 1 + sign + digits});
        at += 1 + sign + digits;
    }
    return at == text.len;
}

static bool not_finite(ps_str text)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
    size_t sign = text.len && (text.p[0] == '-' || text.p[0] == '+');
    return one_of(text, nan) || one_of((ps_str){text.p + sign, text.len - sign}, infinite);
}

ps_status ps_yaml_scalar(ps_str text, size_t at, ps_value **out, ps_error *err)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    int64_t n;
    bool fits;
    if (one_of(text, nulls)) {
        *out = ps_null();
    } else if (one_of(text, trues) || one_of(text, falses)) {
        *out = ps_bool(one_of(text, trues));
    } else if (not_finite(text)) {
        return ps_fail(err, PS_EINPUT, at, "%.*s is no JSON number; quote it to have a string",
                       (int)text.len, text.p);
    } else if (read_based(text, &n, &fits)) {
        if (!fits) {
            return ps_fail(err, PS_EINPUT, at, "%.*s is beyond 64 bits",
                           text.len < 40 ? (int)text.len : 40, text.p);
        }
        *out = ps_int(n);
    } else {
        ps_buf json = {0};
        *out = read_decimal(text, &json) ? ps_number(ps_buf_str(&json)) : ps_string(text);
        ps_buf_free(&json);
    }
    return PS_OK;
}

ps_str ps_yaml_tag_key(ps_str tag)
{
    static const char *const keys[] = {
        "Fn::Base64", "Fn::Cidr",      "Fn::FindInMap",   "Fn::GetAtt", "Fn::GetAZs",
        "Fn::If",     "Fn::Equals",    "Fn::ImportValue", "Fn::Join",   "Fn::Length",
        "Fn::Select", "Fn::Split",     "Fn::Sub",         "Fn::And",    "Fn::Or",
        "Fn::Not",    "Fn::Transform", "Fn::ToJsonString"};
    if (ps_str_equal(tag, PS_STR("!Ref"))) {
        return PS_STR("Ref");
    }
    if (ps_str_equal(tag, PS_STR("!Condition"))) {
        return PS_STR("Condition");
    }
    for (size_t i = 0; tag.len > 1 && i < sizeof keys / sizeof *keys; i++) {
        ps_str key = ps_str_from(keys[i]);
        size_t prefix = sizeof "Fn::" - 1;
        if (ps_str_equal((ps_str){key.p + prefix, key.len - prefix},
                         (ps_str){tag.p + 1, tag.len - 1}) &&
            tag.p[0] == '!') {
            return key;
        }
    }
    return PS_STR("");
}
