/* choice_pattern.c -- the patterns of StringMatches.
 *
 * A pattern is cut into pieces at its stars. The first piece must start the text, the last one end
 * it; each of those between is found at its first place after the one before, by Knuth, Morris and
 * Pratt's search. */
#include "expr/choice_pattern.h"

#include "base/buf.h"
#include "base/mem.h"

typedef struct piece {
    size_t start; /* in `bytes` */
    size_t len;
} piece;

struct ps_pattern {
    ps_buf bytes;    /* of all pieces, unescaped */
    size_t *borders; /* by byte: the length of the longest border of its piece up to there */
    piece *pieces;
    size_t count;
    size_t capacity;
};

static void add_piece(ps_pattern *p, size_t start)
{
    if (p->count == p->capacity) {
        p->capacity = ps_grow(p->capacity, p->count + 1);
        p->pieces = ps_realloc(p->pieces, p->capacity, sizeof *p->pieces);
    }
    p->pieces[p->count++] = (piece){.start = start, .len = p->bytes.len - start};
}

static bool cut(ps_pattern *p, ps_str text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '*') {
            add_piece(p, start);
            start = p->bytes.len;
            continue;
        }
        if (c == '\\') {
            i++;
            if (i == text.len || (text.p[i] != '*' && text.p[i] != '\\')) {
                return false;
            }
            c = text.p[i];
        }
        ps_buf_add_char(&p->bytes, c);
    }
    add_piece(p, start);
    return true;
}

static void find_borders(ps_pattern *p)
{
    p->borders = ps_alloc_zeroed(p->bytes.len, sizeof *p->borders);
    for (size_t k = 0; k < p->count; k++) {
        const char *s = ps_buf_str(&p->bytes).p + p->pieces[k].start;
        size_t *borders = p->borders + p->pieces[k].start;
        size_t border = 0;
        for (size_t i = 1; i < p->pieces[k].len; i++) {
            while (border && s[i] != s[border]) {
                border = borders[border - 1];
            }
            border += s[i] == s[border];
            borders[i] = border;
        }
    }
}

ps_pattern *ps_pattern_new(ps_str text)
{
    ps_pattern *p = ps_alloc(sizeof *p);
    *p = (ps_pattern){0};
    if (!cut(p, text)) {
        ps_pattern_free(p);
        return NULL;
    }
    find_borders(p);
    return p;
}

void ps_pattern_free(ps_pattern *p)
{
    if (p) {
        ps_buf_free(&p->bytes);
        ps_free(p->borders);
        ps_free(p->pieces);
        ps_free(p);
    }
}

static ps_str piece_str(const ps_pattern *p, size_t k)
{
    return (ps_str){ps_buf_str(&p->bytes).p + p->pieces[k].start, p->pieces[k].len};
}

/* The text behind the first place of piece `k`, or false. */
static bool skip_past(const ps_pattern *p, size_t k, ps_str *text)
{
    ps_str s = piece_str(p, k);
    const size_t *borders = p->borders + p->pieces[k].start;
    size_t matched = 0;
    size_t i = 0;
    while (matched < s.len) {
        if (i == text->len) {
            return false;
        }
        while (matched && text->p[i] != s.p[matched]) {
            matched = borders[matched - 1];
        }
        matched += text->p[i] == s.p[matched];
        i++;
    }
    *text = (ps_str){text->p + i, text->len - i};
    return true;
}

bool ps_pattern_matches(const ps_pattern *p, ps_str text)
{
    ps_str first = piece_str(p, 0);
    ps_str last = piece_str(p, p->count - 1);
    if (p->count == 1) {
        return ps_str_equal(first, text);
    }
    if (!ps_str_starts(text, first)) {
        return false;
    }
    text = (ps_str){text.p + first.len, text.len - first.len};
    if (!ps_str_ends(text, last)) {
        return false;
    }
    text.len -= last.len;
    for (size_t k = 1; k + 1 < p->count; k++) {
        if (!skip_past(p, k, &text)) {
            return false;
        }
    }
    return true;
}
