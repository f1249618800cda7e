/* positions.c -- places by JSON pointer, and lines and columns by offset. */
#include "value/positions.h"

#include "base/hash.h"
#include "base/mem.h"

typedef struct entry {
    size_t text, len; /* the pointer, in `pointers` */
    size_t key_at, value_at;
} entry;

struct ps_positions {
    ps_buf pointers;
    entry *entries;
    size_t count, capacity;
    size_t *slots; /* entry number + 1; 0 is empty; at most half full */
    size_t slot_count;
    size_t *lines; /* the offset each line starts at */
    size_t line_count, line_capacity;
    uint64_t *inner; /* a bit for each byte that continues a code point; NULL where none does */
    size_t text_len;
};

ps_positions *ps_positions_new(void)
{
    return ps_alloc_zeroed(1, sizeof(ps_positions));
}

void ps_positions_free(ps_positions *p)
{
    if (p) {
        ps_buf_free(&p->pointers);
        ps_free(p->entries);
        ps_free(p->slots);
        ps_free(p->lines);
        ps_free(p->inner);
        ps_free(p);
    }
}

static ps_str pointer_of(const ps_positions *p, const entry *e)
{
    return (ps_str){ps_buf_str(&p->pointers).p + e->text, e->len};
}

static size_t *probe(const ps_positions *p, ps_str pointer)
{
    size_t mask = p->slot_count - 1;
    for (size_t i = ps_hash_table(pointer) & mask;; i = (i + 1) & mask) {
        size_t number = p->slots[i];
        if (!number || ps_str_equal(pointer_of(p, &p->entries[number - 1]), pointer)) {
            return &p->slots[i];
        }
    }
}

static void grow(ps_positions *p)
{
    p->capacity = ps_grow(p->capacity, p->count + 1);
    p->entries = ps_realloc(p->entries, p->capacity, sizeof *p->entries);
    ps_free(p->slots);
    p->slot_count = 16;
    while (p->slot_count / 2 < p->capacity) {
        p->slot_count *= 2;
    }
    p->slots = ps_alloc_zeroed(p->slot_count, sizeof *p->slots);
    for (size_t i = 0; i < p->count; i++) {
        *probe(p, pointer_of(p, &p->entries[i])) = i + 1;
    }
}

void ps_positions_add(ps_positions *p, ps_str pointer, size_t key_at, size_t value_at)
{
    if (p->count == p->capacity) {
        grow(p);
    }
    size_t *slot = probe(p, pointer);
    if (!*slot) {
        entry *e = &p->entries[p->count];
        e->text = p->pointers.len;
        e->len = pointer.len;
        ps_buf_add(&p->pointers, pointer);
        *slot = ++p->count;
    }
    p->entries[*slot - 1].key_at = key_at;
    p->entries[*slot - 1].value_at = value_at;
}

static void add_line(ps_positions *p, size_t at)
{
    if (p->line_count == p->line_capacity) {
        p->line_capacity = ps_grow(p->line_capacity, p->line_count + 1);
        p->lines = ps_realloc(p->lines, p->line_capacity, sizeof *p->lines);
    }
    p->lines[p->line_count++] = at;
}

void ps_positions_text(ps_positions *p, ps_str text)
{
    p->line_count = 0;
    ps_free(p->inner);
    p->inner = NULL;
    p->text_len = text.len;
    add_line(p, 0);
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '\n') {
            add_line(p, i + 1);
        } else if (((unsigned char)text.p[i] & 0xC0) == 0x80) {
            if (!p->inner) {
                p->inner = ps_alloc_zeroed(text.len / 64 + 1, sizeof *p->inner);
            }
            p->inner[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
}

/* How many of the bytes from `from` up to `to` continue a code point. */
static size_t count_inner(const ps_positions *p, size_t from, size_t to)
{
    size_t count = 0;
    if (!p->inner) {
        return 0;
    }
    for (size_t word = from / 64; word * 64 < to; word++) {
        uint64_t bits = p->inner[word];
        if (word == from / 64) {
            bits &= UINT64_MAX << (from % 64);
        }
        if (to - word * 64 < 64) {
            bits &= (UINT64_C(1) << (to - word * 64)) - 1;
        }
        count += (size_t)__builtin_popcountll(bits);
    }
    return count;
}

ps_place ps_positions_place(const ps_positions *p, size_t at)
{
    if (p->line_count == 0) {
        return (ps_place){at, 1, at + 1};
    }
    if (at > p->text_len) {
        at = p->text_len;
    }
    size_t low = 0, high = p->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->lines[middle] <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    size_t start = p->lines[low];
    return (ps_place){at, low + 1, at - start - count_inner(p, start, at) + 1};
}

static const entry *nearest(const ps_positions *p, ps_str pointer)
{
    while (p->count) {
        size_t number = *probe(p, pointer);
        if (number) {
            return &p->entries[number - 1];
        }
        if (pointer.len == 0) {
            break;
        }
        do {
            pointer.len--;
        } while (pointer.len && pointer.p[pointer.len] != '/');
    }
    return NULL;
}

bool ps_positions_value(const ps_positions *p, ps_str pointer, ps_place *out)
{
    const entry *e = nearest(p, pointer);
    if (e) {
        *out = ps_positions_place(p, e->value_at);
    }
    return e != NULL;
}

bool ps_positions_key(const ps_positions *p, ps_str pointer, ps_place *out)
{
    const entry *e = nearest(p, pointer);
    if (e) {
        *out = ps_positions_place(p, e->key_at);
    }
    return e != NULL;
}
