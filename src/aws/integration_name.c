/* integration_name.c -- names as the AWS SDK for Java makes them out of a model's.
 *
 * Version 2 takes a name apart where its case changes and writes each word with one capital. */
#include "aws/integration.h"
#include "base/utf8.h"

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return upper(c) || lower(c);
}

static char capital(char c)
{
    return lower(c) ? (char)(c - 'a' + 'A') : c;
}

static char small(char c)
{
    return upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* Whether a version ("V2", "v2") begins at `i`, behind two characters or more of the other case. */
static bool version_at(ps_str s, size_t i)
{
    if (i < 2 || i + 1 >= s.len || !digit(s.p[i + 1])) {
        return false;
    }
    return (s.p[i] == 'V' && !upper(s.p[i - 1]) && !upper(s.p[i - 2])) ||
           (s.p[i] == 'v' && !lower(s.p[i - 1]) && !lower(s.p[i - 2]));
}

/* Whether a word begins at `i` > 0, both sides of which are letters or digits. */
static bool word_at(ps_str s, size_t i)
{
    char before = s.p[i - 1], c = s.p[i], next = i + 1 < s.len ? s.p[i + 1] : 0;
    if (version_at(s, i)) {
        return true;
    }
    if (digit(before) && letter(c)) {
        return true;
    }
    if (lower(before) && upper(c) && (letter(next) || digit(next))) {
        return true;
    }
    return upper(before) && upper(c) && lower(next);
}

void ps_java_name(ps_str text, ps_buf *out)
{
    bool first = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (!letter(c) && !digit(c)) {
            first = true;
            continue;
        }
        first = first || word_at(text, i);
        ps_buf_add_char(out, first ? capital(c) : small(c));
        first = false;
    }
}

void ps_java_service(ps_str service_id, ps_buf *out)
{
    const ps_str suffix = PS_STR(" Service");
    if (ps_str_ends(service_id, suffix)) {
        service_id.len -= suffix.len;
    }
    /* the one service whose guide entry does not follow the rule */
    if (ps_str_equal(service_id, PS_STR("MemoryDB"))) {
        ps_buf_add(out, service_id);
        return;
    }
    ps_java_name(service_id, out);
}

void ps_java_exception(ps_str code, ps_sdk sdk, ps_buf *out)
{
    const ps_str fault = PS_STR("Fault"), suffix = PS_STR("Exception");
    bool has = ps_str_ends(code, suffix);
    if (ps_str_ends(code, fault)) {
        code.len -= fault.len;
    }
    if (sdk == PS_SDK_V2) {
        ps_java_name(code, out);
    } else {
        for (size_t i = 0; i < code.len; i++) {
            if (letter(code.p[i]) || digit(code.p[i])) {
                ps_buf_add_char(out, code.p[i]);
            }
        }
    }
    if (!has) {
        ps_buf_add(out, suffix);
    }
}

void ps_pascal_name(ps_str member, ps_buf *out)
{
    if (member.len == 0) {
        return;
    }
    ps_buf_add_char(out, capital(member.p[0]));
    ps_buf_add(out, (ps_str){member.p + 1, member.len - 1});
    if (ps_str_equal(ps_buf_str(out), PS_STR("Equals"))) {
        ps_buf_add(out, PS_STR("Value"));
    }
}

ps_value *ps_integration_text(ps_str bytes)
{
    size_t good = ps_utf8_check(bytes);
    if (good == bytes.len) {
        return ps_string(bytes);
    }
    ps_buf text = {0};
    while (good < bytes.len) {
        ps_buf_add(&text, (ps_str){bytes.p, good});
        ps_buf_add(&text, PS_STR("\xEF\xBF\xBD"));
        bytes = (ps_str){bytes.p + good + 1, bytes.len - good - 1};
        good = ps_utf8_check(bytes);
    }
    ps_buf_add(&text, bytes);
    ps_value *v = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}
