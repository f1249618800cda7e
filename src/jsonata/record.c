/* record.c -- objects, made here or borrowed: members in their order, found by a hash once there
 * are more than a few. */
#include "base/hash.h"
#include "jsonata/eval.h"

/* Members from which a record carries an index. */
enum { INDEXED = 9 };

size_t ps_jx_member_count(ps_jx object)
{
    return object.borrowed ? ps_value_count(object.value) : object.record->count;
}

ps_str ps_jx_key_at(ps_jx object, size_t i)
{
    return object.borrowed ? ps_value_str(ps_object_key_at(object.value, i))
                           : object.record->p[i].key;
}

ps_jx ps_jx_key_value_at(ps_jx object, size_t i)
{
    if (object.borrowed) {
        return ps_jx_borrow(ps_object_key_at(object.value, i));
    }
    const ps_jx_member *m = &object.record->p[i];
    return m->shared_key ? ps_jx_borrow(m->shared_key) : ps_jx_slice(m->key);
}

ps_jx ps_jx_value_at(ps_jx object, size_t i)
{
    return object.borrowed ? ps_jx_borrow(ps_object_value_at(object.value, i))
                           : object.record->p[i].value;
}

/* -- records ---------------------------------------------------------------------------------- */

ps_jx_record *ps_jx_record_new(ps_jx_run *run, size_t capacity)
{
    ps_jx_record *r = ps_jx_alloc(run, sizeof *r);
    *r = (ps_jx_record){.capacity = capacity};
    if (capacity) {
        bool fits = capacity < UINT32_MAX;
        r->p = ps_jx_alloc(run, fits ? capacity * sizeof(ps_jx_member) : SIZE_MAX);
    }
    return r;
}

/* The place in the index of `key`, or the empty one (0) where it would go. */
static uint32_t *probe(const ps_jx_record *r, ps_str key)
{
    for (size_t i = (size_t)ps_hash_table(key) & r->mask;; i = (i + 1) & r->mask) {
        uint32_t number = r->index[i];
        if (number == 0 || ps_str_equal(r->p[number - 1].key, key)) {
            return &r->index[i];
        }
    }
}

/* An index at most half full, with room for as many members as there is room for. */
static void reindex(ps_jx_run *run, ps_jx_record *r)
{
    size_t size = 32;
    while (size / 2 < r->capacity) {
        size *= 2;
    }
    r->index = ps_jx_alloc(run, size * sizeof *r->index);
    memset(r->index, 0, size * sizeof *r->index);
    r->mask = size - 1;
    for (size_t i = 0; i < r->count; i++) {
        *probe(r, r->p[i].key) = (uint32_t)(i + 1);
    }
}

static ps_jx_member *find(const ps_jx_record *r, ps_str key)
{
    if (r->index) {
        uint32_t number = *probe(r, key);
        return number ? &r->p[number - 1] : NULL;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (ps_str_equal(r->p[i].key, key)) {
            return &r->p[i];
        }
    }
    return NULL;
}

ps_jx ps_jx_get(ps_jx object, ps_str key)
{
    if (object.borrowed) {
        return ps_jx_borrow(ps_object_get(object.value, key));
    }
    const ps_jx_member *m = find(object.record, key);
    return m ? m->value : PS_JX_NOTHING;
}

static void reserve(ps_jx_run *run, ps_jx_record *r)
{
    size_t capacity = r->capacity ? r->capacity * 2 : 4;
    size_t old = r->capacity * sizeof(ps_jx_member), size = capacity * sizeof(ps_jx_member);
    if (capacity >= UINT32_MAX) {
        size = SIZE_MAX; /* the index numbers members in 32 bits */
    }
    if (!old || size == SIZE_MAX || !ps_jx_extend(run, r->p, old, size - old)) {
        ps_jx_member *p = ps_jx_alloc(run, size);
        if (r->count) {
            memcpy(p, r->p, r->count * sizeof *p);
        }
        r->p = p;
    }
    r->capacity = capacity;
    if (capacity >= INDEXED) {
        r->index = NULL;
    }
}

ps_jx *ps_jx_place(ps_jx_run *run, ps_jx_record *record, ps_str key, ps_value *shared_key)
{
    ps_jx_burn(run, key.len / 32 + (record->index ? 3 : 0));
    ps_jx_member *m = find(record, key);
    if (m) {
        return &m->value;
    }
    if (record->count == record->capacity) {
        reserve(run, record);
    }
    size_t i = record->count++;
    record->p[i] = (ps_jx_member){key, shared_key, PS_JX_NOTHING};
    if (record->index) {
        *probe(record, key) = (uint32_t)(i + 1);
    } else if (record->count >= INDEXED) {
        reindex(run, record);
    }
    return &record->p[i].value;
}

void ps_jx_set(ps_jx_run *run, ps_jx_record *record, ps_str key, ps_jx v)
{
    *ps_jx_place(run, record, key, NULL) = v;
}

void ps_jx_remove(ps_jx_run *run, ps_jx_record *record, ps_str key)
{
    ps_jx_burn(run, key.len / 32 + 1);
    ps_jx_member *m = find(record, key);
    if (m) {
        m->value = PS_JX_NOTHING;
    }
}

void ps_jx_compact(ps_jx_run *run, ps_jx_record *record)
{
    size_t kept = 0;
    ps_jx_burn(run, record->count / 4);
    for (size_t i = 0; i < record->count; i++) {
        if (record->p[i].value.kind != PS_JX_UNDEFINED) {
            record->p[kept++] = record->p[i];
        }
    }
    if (kept != record->count) {
        record->count = kept;
        record->index = NULL;
        if (kept >= INDEXED) {
            reindex(run, record);
        }
    }
}

ps_jx ps_jx_object(ps_jx_record *record)
{
    return (ps_jx){.kind = PS_JX_OBJECT, .record = record};
}
