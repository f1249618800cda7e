/* letter_case.c -- upper and lower case of whole texts. */
#include "jsonata/letter_case.h"

#include "base/utf8.h"
#include "jsonata/letter_case_table.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

typedef struct mapping {
    const letter_shift *shifts;
    size_t shift_count;
    const letter_several *several;
    size_t several_count;
} mapping;

static uint32_t shifted(const mapping *m, uint32_t c)
{
    size_t low = 0;
    size_t high = m->shift_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const letter_shift *shift = &m->shifts[middle];
        if (c > shift->last) {
            low = middle + 1;
        } else if (c < shift->first) {
            high = middle;
        } else {
            bool moves = (c - shift->first) % (uint32_t)shift->step == 0;
            return moves ? (uint32_t)((int32_t)c + shift->delta) : c;
        }
    }
    return c;
}

static const char *several(const mapping *m, uint32_t c)
{
    size_t low = 0;
    size_t high = m->several_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->several[middle].letter < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < m->several_count && m->several[low].letter == c ? m->several[low].to : NULL;
}

static void put(const mapping *m, uint32_t c, ps_buf *out)
{
    const char *to = several(m, c);
    if (to) {
        ps_buf_add(out, ps_str_from(to));
    } else {
        out->len += ps_utf8_put(shifted(m, c), ps_buf_reserve(out, 4));
    }
}

/* Runs of ASCII, of which letters from `first` to `first` + 25 change their case, are done at
 * once; returns the offset of what follows. */
static size_t put_ascii(ps_str s, size_t at, char first, ps_buf *out)
{
    size_t from = at;
    while (at < s.len && (unsigned char)s.p[at] < 0x80) {
        at++;
    }
    char *to = ps_buf_reserve(out, at - from);
    for (size_t i = from; i < at; i++) {
        bool letter = s.p[i] >= first && s.p[i] <= first + 25;
        to[i - from] = (char)(letter ? s.p[i] ^ 0x20 : s.p[i]);
    }
    out->len += at - from;
    return at;
}

void ps_letter_upper(ps_str s, ps_buf *out)
{
    static const mapping upper = {upper_shifts, COUNT(upper_shifts), upper_several,
                                  COUNT(upper_several)};
    for (size_t at = put_ascii(s, 0, 'a', out); at < s.len; at = put_ascii(s, at, 'a', out)) {
        put(&upper, ps_utf8_next(s, &at), out);
    }
}

/* -- lower case ---------------------------------------------------------------------------------
 */

#define SIGMA 0x3a3
#define FINAL_SIGMA 0x3c2

static bool among(const letter_range *ranges, size_t count, uint32_t c)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && ranges[low].first <= c;
}

/* Whether the next that counts from `at` on is a letter with case. */
static bool letter_follows(ps_str s, size_t at)
{
    while (at < s.len) {
        uint32_t c = ps_utf8_next(s, &at);
        if (!among(ignorable, COUNT(ignorable), c)) {
            return among(cased, COUNT(cased), c);
        }
    }
    return false;
}

void ps_letter_lower(ps_str s, ps_buf *out)
{
    static const mapping lower = {lower_shifts, COUNT(lower_shifts), lower_several,
                                  COUNT(lower_several)};
    bool behind_letter = false; /* the last that counts before `at` has case */
    size_t known = 0;           /* up to where behind_letter has looked */
    for (size_t at = put_ascii(s, 0, 'A', out); at < s.len; at = put_ascii(s, at, 'A', out)) {
        size_t here = at;
        uint32_t c = ps_utf8_next(s, &at);
        if (c != SIGMA) {
            put(&lower, c, out);
            continue;
        }
        while (known < here) {
            uint32_t before = ps_utf8_next(s, &known);
            if (!among(ignorable, COUNT(ignorable), before)) {
                behind_letter = among(cased, COUNT(cased), before);
            }
        }
        bool final = behind_letter && !letter_follows(s, at);
        out->len += ps_utf8_put(final ? FINAL_SIGMA : SIGMA + 0x20, ps_buf_reserve(out, 4));
    }
}
