/* eventstream.c -- reads event stream messages. */
#include "aws/eventstream.h"

#include "aws/checksum.h"
#include "base/utf8.h"

enum { PRELUDE = 12, CRC = 4, MAX_HEADERS = 128 * 1024, MAX_PAYLOAD = 24 * 1024 * 1024 };

typedef enum header_type {
    TRUE_HEADER,
    FALSE_HEADER,
    BYTE_HEADER,
    SHORT_HEADER,
    INTEGER_HEADER,
    LONG_HEADER,
    BYTES_HEADER,
    STRING_HEADER,
    TIMESTAMP_HEADER,
    UUID_HEADER,
} header_type;

static uint64_t big_endian(const char *p, size_t count)
{
    uint64_t n = 0;
    for (size_t i = 0; i < count; i++) {
        n = n << 8 | (unsigned char)p[i];
    }
    return n;
}

/* Takes `count` bytes off the front. */
static bool take(ps_str *rest, size_t count, ps_str *taken)
{
    if (rest->len < count) {
        return false;
    }
    *taken = (ps_str){rest->p, count};
    *rest = (ps_str){rest->p + count, rest->len - count};
    return true;
}

static bool take_counted(ps_str *rest, size_t length_bytes, ps_str *taken)
{
    ps_str length;
    return take(rest, length_bytes, &length) &&
           take(rest, (size_t)big_endian(length.p, length_bytes), taken);
}

static ps_value *integer_value(ps_str bytes)
{
    uint64_t n = big_endian(bytes.p, bytes.len);
    uint64_t sign = UINT64_C(1) << (8 * bytes.len - 1);
    return ps_int((n & sign) ? -(int64_t)(sign - 1 - (n & (sign - 1))) - 1 : (int64_t)n);
}

static ps_value *instant_value(ps_str bytes)
{
    ps_value *ms = integer_value(bytes);
    int64_t n = 0;
    ps_value_int(ms, &n);
    ps_value_unref(ms);
    return n % 1000 ? ps_double((double)n / 1000) : ps_int(n / 1000);
}

/* NULL where the bytes do not suffice or the type is not known. */
static ps_value *take_value(ps_str *rest, unsigned type)
{
    static const size_t sizes[] = {[BYTE_HEADER] = 1, [SHORT_HEADER] = 2,     [INTEGER_HEADER] = 4,
                                   [LONG_HEADER] = 8, [TIMESTAMP_HEADER] = 8, [UUID_HEADER] = 16};
    ps_str bytes;
    switch (type) {
    case TRUE_HEADER:
    case FALSE_HEADER:
        return ps_bool(type == TRUE_HEADER);
    case BYTES_HEADER:
        return take_counted(rest, 2, &bytes) ? ps_string(bytes) : NULL;
    case STRING_HEADER:
        return take_counted(rest, 2, &bytes) && ps_utf8_check(bytes) == bytes.len ? ps_string(bytes)
                                                                                  : NULL;
    case BYTE_HEADER:
    case SHORT_HEADER:
    case INTEGER_HEADER:
    case LONG_HEADER:
        return take(rest, sizes[type], &bytes) ? integer_value(bytes) : NULL;
    case TIMESTAMP_HEADER:
        return take(rest, sizes[type], &bytes) ? instant_value(bytes) : NULL;
    case UUID_HEADER:
        return take(rest, sizes[type], &bytes) ? ps_string(bytes) : NULL;
    default:
        return NULL;
    }
}

static bool read_headers(ps_str rest, ps_value *headers)
{
    while (rest.len) {
        ps_str name, type;
        if (!take_counted(&rest, 1, &name) || ps_utf8_check(name) != name.len ||
            !take(&rest, 1, &type)) {
            return false;
        }
        ps_value *v = take_value(&rest, (unsigned char)*type.p);
        if (!v) {
            return false;
        }
        ps_object_put_take(headers, name, v);
    }
    return true;
}

void ps_event_message_free(ps_event_message *m)
{
    ps_value_unref(m->headers);
    *m = (ps_event_message){0};
}

ps_status ps_event_message_read(ps_str stream, size_t *at, ps_event_message *m, ps_error *err)
{
    const char *p = stream.p + *at;
    size_t left = stream.len - *at;
    if (left < PRELUDE + CRC) {
        return ps_fail(err, PS_EINPUT, *at, "the stream of events is cut off");
    }
    size_t total = (size_t)big_endian(p, 4), header_bytes = (size_t)big_endian(p + 4, 4);
    if (ps_crc32((ps_str){p, PRELUDE - CRC}) != big_endian(p + PRELUDE - CRC, CRC)) {
        return ps_fail(err, PS_EINPUT, *at, "an event's lengths do not match their checksum");
    }
    if (total < PRELUDE + CRC || header_bytes > total - PRELUDE - CRC ||
        header_bytes > MAX_HEADERS || total - header_bytes > MAX_PAYLOAD) {
        return ps_fail(err, PS_EINPUT, *at, "an event's lengths do not fit together");
    }
    if (total > left) {
        return ps_fail(err, PS_EINPUT, *at, "the stream of events is cut off");
    }
    if (ps_crc32((ps_str){p, total - CRC}) != big_endian(p + total - CRC, CRC)) {
        return ps_fail(err, PS_EINPUT, *at, "an event does not match its checksum");
    }
    *m = (ps_event_message){.headers = ps_object(0)};
    if (!read_headers((ps_str){p + PRELUDE, header_bytes}, m->headers)) {
        ps_event_message_free(m);
        return ps_fail(err, PS_EINPUT, *at, "an event with a header that cannot be read");
    }
    m->payload = (ps_str){p + PRELUDE + header_bytes, total - PRELUDE - CRC - header_bytes};
    *at += total;
    return PS_OK;
}
