/* fn_encode.c -- $base64encode $base64decode, over bytes that are the characters' codes as in
 * Node's 'binary'; $encodeUrl $encodeUrlComponent $decodeUrl $decodeUrlComponent, as JavaScript's
 * encodeURI and its kin. */
#include "jsonata/text.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

static bool missing(const ps_jx *args)
{
    return ps_jx_is(args[0], PS_JX_UNDEFINED);
}

/* -- base 64 ------------------------------------------------------------------------------------
 */

/* The low bytes of the UTF-16 units of `s`. */
static ps_str low_bytes(ps_jx_run *run, ps_str s)
{
    char *bytes = ps_jx_alloc(run, s.len);
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = ps_utf8_next(s, &at);
        if (c >= 0x10000) {
            bytes[len++] = (char)((c - 0x10000) >> 10 & 0xff);
        }
        bytes[len++] = (char)(c & 0xff); /* of a pair's second half too */
    }
    return (ps_str){bytes, len};
}

ps_jx ps_jx_base64encode(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_jx_burn(run, s.len / 8 + 1);
    ps_buf *out = ps_jx_scratch(run);
    ps_base64_encode(low_bytes(run, s), out);
    return ps_jx_text(run, out);
}

/* What is of neither alphabet is skipped; a '=' ends it, as in Node. Of characters beyond Latin-1
 * Node sees the low byte only. */
ps_jx ps_jx_base64decode(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_jx_burn(run, s.len / 8 + 1);
    ps_str bytes = low_bytes(run, s);
    char *to = ps_jx_alloc(run, bytes.len * 2); /* each byte is at most two of UTF-8 */
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < bytes.len && bytes.p[i] != '='; i++) {
        int six = ps_base64_sextet(bytes.p[i]);
        if (six < 0) {
            continue;
        }
        bits = (bits << 6 | (uint32_t)six) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            len += ps_utf8_put(bits >> held & 0xff, to + len);
        }
    }
    return ps_jx_slice((ps_str){to, len});
}

/* -- URLs ---------------------------------------------------------------------------------------
 */

#define MARKS "-_.!~*'()"
#define RESERVED ";/?:@&=+$,#"

static bool among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

_Noreturn static void fault(ps_jx_run *run, const ps_jx_call *call, ps_jx value, const char *name)
{
    ps_jx_fields fields = {.value = value, .function_name = ps_str_from(name)};
    ps_jx_throw(run, "D3140", call->at, &fields);
}

/* Half a character outside the BMP, which only an escape in a literal can make. */
static bool has_half(ps_str s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        if ((unsigned char)s.p[i] == 0xed && (unsigned char)s.p[i + 1] >= 0xa0) {
            return true;
        }
    }
    return false;
}

static ps_jx encode(ps_jx_run *run, const ps_jx_call *call, const ps_jx *args, const char *keep,
                    const char *name)
{
    static const char digits[] = "0123456789ABCDEF";
    if (missing(args)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    if (has_half(s)) {
        fault(run, call, args[0], name);
    }
    ps_jx_burn(run, s.len / 8 + 1);
    size_t len = 0;
    size_t most = s.len <= SIZE_MAX / 3 ? s.len * 3 : SIZE_MAX;
    char *to = ps_jx_alloc(run, most);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || among(c, MARKS) || among(c, keep)) {
            to[len++] = c;
        } else {
            to[len++] = '%';
            to[len++] = digits[(unsigned char)c >> 4];
            to[len++] = digits[(unsigned char)c & 15];
        }
    }
    return ps_jx_slice((ps_str){to, len});
}

ps_jx ps_jx_encode_url_component(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    return encode(run, call, args, "", "encodeUrlComponent");
}

ps_jx ps_jx_encode_url(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    return encode(run, call, args, RESERVED, "encodeUrl");
}

/* The byte that %XX at `i` stands for; -1: none. */
static int byte_at(ps_str s, size_t i)
{
    if (s.len - i < 3 || s.p[i] != '%') {
        return -1;
    }
    int high = ps_hex_digit(s.p[i + 1]);
    int low = ps_hex_digit(s.p[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes the character whose first byte is written at `i`; its length, 0: malformed. */
static size_t character_at(ps_str s, size_t i, char to[4])
{
    int first = byte_at(s, i);
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (size_t k = 0; k < len; k++) {
        int byte = i + 3 * k <= s.len ? byte_at(s, i + 3 * k) : -1;
        if (byte < 0) {
            return 0;
        }
        to[k] = (char)byte;
    }
    return ps_utf8_check((ps_str){to, len}) == len ? len : 0;
}

static ps_jx decode(ps_jx_run *run, const ps_jx_call *call, const ps_jx *args, const char *keep,
                    const char *name)
{
    if (missing(args)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_jx_burn(run, s.len / 8 + 1);
    char *to = ps_jx_alloc(run, s.len + 4);
    size_t len = 0;
    for (size_t i = 0; i < s.len;) {
        if (s.p[i] != '%') {
            to[len++] = s.p[i++];
            continue;
        }
        size_t bytes = character_at(s, i, to + len);
        if (bytes == 0) {
            fault(run, call, args[0], name);
        }
        if (bytes == 1 && among(to[len], keep)) {
            memcpy(to + len, s.p + i, 3);
            len += 3;
        } else {
            len += bytes;
        }
        i += 3 * bytes;
    }
    return ps_jx_slice((ps_str){to, len});
}

ps_jx ps_jx_decode_url_component(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    return decode(run, call, args, "", "decodeUrlComponent");
}

ps_jx ps_jx_decode_url(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    return decode(run, call, args, RESERVED, "decodeUrl");
}
