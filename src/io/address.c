/* address.c -- special-purpose networks, and the exceptions from them. */
#include "io/address.h"

#include <arpa/inet.h>
#include <strings.h>

typedef struct network {
    uint8_t bytes[16];
    uint8_t bits;
} network;

static const network private4[] = {
    {{0}, 8},         {{10}, 8},       {{100, 64}, 10},      {{127}, 8},
    {{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24},    {{192, 0, 2}, 24},
    {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
    {{224}, 4},       {{240}, 4},
};

static const network private6[] = {
    {{0}, 128},                           /* unspecified */
    {{[15] = 1}, 128},                    /* loopback */
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* local translation */
    {{0x01, 0x00}, 64},                   /* discard */
    {{0x20, 0x01, 0x00}, 23},             /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* documentation */
    {{0x3f, 0xff, 0x00}, 20},             /* documentation */
    {{0x5f, 0x00}, 16},                   /* segment routing */
    {{0xfc}, 7},                          /* unique local */
    {{0xfe, 0x80}, 10},                   /* link-local */
    {{0xfe, 0xc0}, 10},                   /* site-local */
    {{0xff}, 8},                          /* multicast */
};

/* Networks of IPv6 whose addresses stand for an IPv4 address, which starts at byte `at`. */
static const struct {
    network net;
    uint8_t at;
} carriers[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96}, 12}, /* mapped */
    {{{[8] = 0xff, [9] = 0xff}, 96}, 12},   /* translated */
    {{{0}, 96}, 12},                        /* compatible */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},   /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},                /* 6to4 */
};

static bool is_within(const uint8_t *bytes, const uint8_t *net, unsigned bits)
{
    size_t whole = bits / 8;
    if (memcmp(bytes, net, whole) != 0) {
        return false;
    }
    unsigned rest = bits % 8;
    return rest == 0 || (bytes[whole] ^ net[whole]) >> (8 - rest) == 0;
}

static bool is_within_any(const uint8_t *bytes, const network *nets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_within(bytes, nets[i].bytes, nets[i].bits)) {
            return true;
        }
    }
    return false;
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

bool ps_address_is_private(const ps_address *a)
{
    if (a->len == 4) {
        return is_within_any(a->bytes, private4, COUNT(private4));
    }
    if (a->len != 16 || is_within_any(a->bytes, private6, COUNT(private6))) {
        return true;
    }
    for (size_t i = 0; i < COUNT(carriers); i++) {
        if (is_within(a->bytes, carriers[i].net.bytes, carriers[i].net.bits)) {
            return is_within_any(a->bytes + carriers[i].at, private4, COUNT(private4));
        }
    }
    return false;
}

bool ps_address_parse(ps_str text, ps_address *out)
{
    char copy[64];
    if (text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']') {
        text = (ps_str){text.p + 1, text.len - 2};
    }
    /* inet_aton would take what stands after a blank for a comment. */
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.p, ' ', text.len)) {
        return false;
    }
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    char *zone = strchr(copy, '%');
    if (zone) {
        *zone = '\0';
    }
    struct in_addr v4;
    if (inet_aton(copy, &v4)) {
        memcpy(out->bytes, &v4, 4);
        out->len = 4;
        return true;
    }
    out->len = 16;
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

static bool read_number(ps_str text, unsigned most, unsigned *n)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i > 5) {
            return false;
        }
        value = value * 10 + (unsigned)(text.p[i] - '0');
    }
    *n = value;
    return text.len > 0 && value <= most;
}

/* Cuts ":port" off, where it is one and not the end of an IPv6 address. */
static bool cut_port(ps_str *entry, unsigned *port)
{
    const char *colon = memchr(entry->p, ':', entry->len);
    if (entry->p[0] == '[') {
        const char *end = memchr(entry->p, ']', entry->len);
        colon = end && end + 1 < entry->p + entry->len && end[1] == ':' ? end + 1 : NULL;
    } else if (colon && memchr(colon + 1, ':', entry->len - (size_t)(colon + 1 - entry->p))) {
        colon = NULL;
    }
    if (!colon) {
        return false;
    }
    ps_str digits = {colon + 1, entry->len - (size_t)(colon + 1 - entry->p)};
    if (!read_number(digits, 65535, port)) {
        return false;
    }
    entry->len = (size_t)(colon - entry->p);
    return true;
}

static bool entry_covers(ps_str entry, const ps_address *a, unsigned port, ps_str host)
{
    unsigned wanted, bits;
    if (entry.len == 0 || (cut_port(&entry, &wanted) && wanted != port)) {
        return false;
    }
    if (entry.len == host.len && strncasecmp(entry.p, host.p, host.len) == 0) {
        return true;
    }
    ps_str base = entry, digits = {0};
    const char *slash = memchr(entry.p, '/', entry.len);
    if (slash) {
        base.len = (size_t)(slash - entry.p);
        digits = (ps_str){slash + 1, entry.len - base.len - 1};
    }
    ps_address net;
    if (!ps_address_parse(base, &net) || net.len != a->len) {
        return false;
    }
    bits = (unsigned)net.len * 8;
    if (slash && !read_number(digits, bits, &bits)) {
        return false;
    }
    return is_within(a->bytes, net.bytes, bits);
}

bool ps_address_is_allowed(const ps_address *a, unsigned port, ps_str host, ps_str allow)
{
    size_t at = 0;
    while (at < allow.len) {
        const char *comma = memchr(allow.p + at, ',', allow.len - at);
        size_t end = comma ? (size_t)(comma - allow.p) : allow.len;
        ps_str entry = {allow.p + at, end - at};
        while (entry.len && entry.p[0] == ' ') {
            entry.p++;
            entry.len--;
        }
        while (entry.len && entry.p[entry.len - 1] == ' ') {
            entry.len--;
        }
        if (entry_covers(entry, a, port, host)) {
            return true;
        }
        at = end + 1;
    }
    return false;
}
