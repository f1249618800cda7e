/* intrinsic_text.c -- States.Base64Decode, Base64Encode, Hash, JsonMerge, JsonToString,
 * StringToJson. */
#include "base/base64.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "expr/intrinsic_internal.h"
#include "expr/intrinsic_java.h"
#include "value/json.h"

/* The longest text that is encoded, decoded or hashed, in UTF-16 code units, as on AWS. */
#define MAX_TEXT 10000

static bool is_long(ps_str s)
{
    size_t units = 0;
    if (s.len <= MAX_TEXT) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        units += (c & 0xC0) != 0x80;
        units += c >= 0xF0;
    }
    return units > MAX_TEXT;
}

static ps_value *refuse_length(ps_evaluation *e, const ps_call *c)
{
    return ps_intrinsic_refuse(e, c, "the data is longer than %d characters", MAX_TEXT);
}

ps_value *ps_intrinsic_base64_encode(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    ps_buf text = {0};
    ps_str data = ps_value_str(arguments[0]);
    if (is_long(data)) {
        return refuse_length(e, c);
    }
    ps_base64_encode(data, &text);
    ps_value *result = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return result;
}

/* AWS decodes leniently: foreign characters are skipped, the end is the first '=', bits that make
 * no byte are dropped. */
static void decode_leniently(ps_str text, ps_buf *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < text.len && text.p[i] != '='; i++) {
        int six = ps_base64_sextet(text.p[i]);
        if (six < 0) {
            continue;
        }
        bits = bits << 6 | (uint32_t)six;
        have += 6;
        if (have >= 8) {
            have -= 8;
            ps_buf_add_char(out, (char)(bits >> have & 0xFF));
        }
    }
}

/* As Java makes a String of bytes: what is not UTF-8 becomes U+FFFD. */
static ps_value *string_of_bytes(ps_str bytes)
{
    ps_buf text = {0};
    while (bytes.len) {
        size_t good = ps_utf8_check(bytes);
        ps_buf_add(&text, (ps_str){bytes.p, good});
        if (good < bytes.len) {
            ps_buf_add(&text, PS_STR("\xEF\xBF\xBD"));
            good++;
        }
        bytes = (ps_str){bytes.p + good, bytes.len - good};
    }
    ps_value *v = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

ps_value *ps_intrinsic_base64_decode(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    ps_buf bytes = {0};
    ps_str text = ps_value_str(arguments[0]);
    if (is_long(text)) {
        return refuse_length(e, c);
    }
    decode_leniently(text, &bytes);
    ps_value *result = string_of_bytes(ps_buf_str(&bytes));
    ps_buf_free(&bytes);
    return result;
}

static bool find_digest(ps_str name, ps_digest *which)
{
    static const struct {
        ps_str name;
        ps_digest which;
    } digests[] = {
        {{"MD5", 3}, PS_DIGEST_MD5},        {{"SHA-1", 5}, PS_DIGEST_SHA1},
        {{"SHA-256", 7}, PS_DIGEST_SHA256}, {{"SHA-384", 7}, PS_DIGEST_SHA384},
        {{"SHA-512", 7}, PS_DIGEST_SHA512},
    };
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        if (ps_str_equal(digests[i].name, name)) {
            *which = digests[i].which;
            return true;
        }
    }
    return false;
}

ps_value *ps_intrinsic_hash(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    uint8_t digest[64];
    char text[2 * sizeof digest];
    ps_digest which;
    if (!find_digest(ps_value_str(arguments[1]), &which)) {
        return ps_intrinsic_refuse(
            e, c, "the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384 and SHA-512");
    }
    if (ps_value_kind(arguments[0]) == PS_NULL) {
        return ps_intrinsic_refuse(e, c, "argument 1 must not be null");
    }
    if (ps_value_bytes(arguments[0]) > PS_INTRINSIC_MAX_BYTES) {
        return refuse_length(e, c);
    }
    ps_buf data = {0};
    ps_java_print(arguments[0], &data);
    if (is_long(ps_buf_str(&data))) {
        ps_buf_free(&data);
        return refuse_length(e, c);
    }
    size_t len = ps_hash_digest(which, ps_buf_str(&data), digest);
    ps_hash_hex(digest, len, text);
    ps_buf_free(&data);
    return ps_string((ps_str){text, 2 * len});
}

ps_value *ps_intrinsic_json_merge(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    const ps_value *deep = arguments[2];
    if (ps_value_kind(deep) == PS_BOOL && ps_value_bool(deep)) {
        return ps_intrinsic_refuse(e, c,
                                   "the deep merge is not supported; argument 3 must be false");
    }
    ps_value *merged = ps_object_copy(arguments[0]);
    for (size_t i = 0; i < ps_value_count(arguments[1]); i++) {
        ps_object_set_take(merged, ps_value_ref(ps_object_key_at(arguments[1], i)),
                           ps_value_ref(ps_object_value_at(arguments[1], i)));
    }
    return merged;
}

ps_value *ps_intrinsic_json_to_string(ps_evaluation *e, const ps_call *c,
                                      ps_value *const *arguments)
{
    if (ps_value_bytes(arguments[0]) > PS_INTRINSIC_MAX_BYTES) {
        return ps_intrinsic_refuse(e, c, "the result is longer than %zu bytes",
                                   PS_INTRINSIC_MAX_BYTES);
    }
    return ps_json_string(arguments[0]);
}

static bool is_blank(ps_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r') {
            return false;
        }
    }
    return true;
}

ps_value *ps_intrinsic_string_to_json(ps_evaluation *e, const ps_call *c,
                                      ps_value *const *arguments)
{
    ps_str text = ps_value_str(arguments[0]);
    ps_error err = {0};
    int64_t n;
    if (is_blank(text)) {
        return ps_null(); /* as on AWS */
    }
    ps_value *v = ps_json_parse(text, &ps_json_payload, &err);
    if (!v) {
        return ps_intrinsic_refuse(e, c, "%s", err.text);
    }
    /* Java has no negative zero among its integers. */
    if (ps_value_kind(v) == PS_DECIMAL && ps_str_equal(ps_value_str(v), PS_STR("-0")) &&
        ps_value_int(v, &n)) {
        ps_value_set_take(&v, ps_int(n));
    }
    return v;
}
