/* object.c -- objects: members in their order, and a hash index over the larger ones. */
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "value/value_layout.h"

enum { OWN_MEMBERS = 4, ABSENT = 0 };

/* Open addressing, at most half full. A slot names the member's number + 1, so that zeroed memory
 * is an empty table; the upper half of the hash saves most looks at keys. */
typedef struct slot {
    uint32_t hash;
    uint32_t number;
} slot;

struct ps_index {
    size_t mask;
    slot slots[];
};

static ps_str key_str(const ps_value *key)
{
    return (ps_str){ps_as_text(key)->p, key->len};
}

/* -- index ------------------------------------------------------------------------------------ */

/* The slot of `key`, or the empty one where it would go. */
static slot *probe(const ps_map *map, ps_str key, uint64_t hash)
{
    ps_index *index = map->index;
    for (size_t i = hash & index->mask;; i = (i + 1) & index->mask) {
        slot *s = &index->slots[i];
        if (s->number == ABSENT || (s->hash == (uint32_t)(hash >> 32) &&
                                    ps_str_equal(key_str(map->members[s->number - 1].key), key))) {
            return s;
        }
    }
}

static void index_alloc(ps_map *map, size_t members)
{
    size_t slots = 32;
    while (slots / 2 < members) {
        slots *= 2;
    }
    ps_free(map->index);
    map->index = ps_alloc_zeroed(1, sizeof(ps_index) + slots * sizeof(slot));
    map->index->mask = slots - 1;
}

/* Enters member `i`; false where its key is there already, with `*first` that member's number. */
static bool index_add(ps_map *map, size_t i, size_t *first)
{
    const ps_value *key = map->members[i].key;
    uint64_t hash = ps_text_hash(key);
    slot *s = probe(map, key_str(key), hash);
    if (s->number != ABSENT) {
        *first = s->number - 1;
        return false;
    }
    *s = (slot){(uint32_t)(hash >> 32), (uint32_t)(i + 1)};
    return true;
}

/* Indexes all members, whose keys are known to differ. */
static void reindex(ps_map *map)
{
    size_t count = map->head.count, first;
    if (count < PS_OBJECT_INDEXED) {
        ps_free(map->index);
        map->index = NULL;
        return;
    }
    index_alloc(map, map->capacity);
    for (size_t i = 0; i < count; i++) {
        index_add(map, i, &first);
    }
}

/* Most keys of one length differ in their first byte already. */
static bool is_key(const ps_value *own, ps_str key)
{
    const char *p = ps_as_text(own)->p;
    return own->len == key.len &&
           (p == key.p || key.len == 0 || (p[0] == key.p[0] && memcmp(p, key.p, key.len) == 0));
}

static bool find(const ps_map *map, ps_str key, size_t *i)
{
    if (map->index) {
        const slot *s = probe(map, key, ps_hash_table(key));
        *i = (size_t)s->number - 1;
        return s->number != ABSENT;
    }
    for (size_t k = 0; k < map->head.count; k++) {
        if (is_key(map->members[k].key, key)) {
            *i = k;
            return true;
        }
    }
    return false;
}

/* -- sizes ------------------------------------------------------------------------------------ */

static size_t member_bytes(const ps_member *m)
{
    return ps_add_saturating(ps_add_saturating(m->key->bytes, 1), ps_value_bytes(m->value));
}

static void deepen(ps_map *map, const ps_value *v)
{
    if (v->depth >= map->head.depth) {
        map->head.depth = v->depth == UINT16_MAX ? UINT16_MAX : (uint16_t)(v->depth + 1);
    }
}

/* Sums sizes and depths anew, where they cannot be told from what changed. */
static void remeasure(ps_map *map)
{
    size_t count = map->head.count;
    map->head.bytes = count ? count + 1 : 2;
    map->head.depth = 1;
    for (size_t i = 0; i < count; i++) {
        map->head.bytes = ps_add_saturating(map->head.bytes, member_bytes(&map->members[i]));
        deepen(map, map->members[i].value);
    }
}

/* -- making ----------------------------------------------------------------------------------- */

static ps_map *map_new(size_t capacity)
{
    /* Slots number members in 32 bits: more of them are as good as no memory for them. */
    bool fits = capacity < UINT32_MAX;
    ps_map *map = ps_alloc(fits ? sizeof *map + capacity * sizeof(ps_member) : SIZE_MAX);
    map->head = (ps_value){.refs = 1, .kind = PS_OBJECT, .depth = 1, .bytes = 2};
    map->capacity = capacity;
    map->members = map->own;
    map->index = NULL;
    return map;
}

ps_value *ps_object(size_t capacity)
{
    return &map_new(capacity < OWN_MEMBERS ? OWN_MEMBERS : capacity)->head;
}

static void reserve(ps_map *map)
{
    size_t count = map->head.count, capacity = ps_grow(map->capacity, count + 1);
    if (capacity >= UINT32_MAX) {
        capacity = SIZE_MAX; /* as in map_new */
    }
    if (map->members == map->own) {
        map->members = ps_realloc(NULL, capacity, sizeof(ps_member));
        memcpy(map->members, map->own, count * sizeof(ps_member));
    } else {
        map->members = ps_realloc(map->members, capacity, sizeof(ps_member));
    }
    map->capacity = capacity;
}

static void append(ps_map *map, ps_value *key, ps_value *v)
{
    size_t i = map->head.count, first;
    if (i == map->capacity) {
        reserve(map);
    }
    map->members[i] = (ps_member){key, v};
    size_t bytes = ps_add_saturating(member_bytes(&map->members[i]), i != 0);
    map->head.bytes = ps_add_saturating(map->head.bytes, bytes);
    deepen(map, v);
    map->head.count = i + 1;
    if (map->index && map->index->mask / 2 >= i) {
        index_add(map, i, &first);
    } else {
        reindex(map);
    }
}

static void replace(ps_map *map, size_t i, ps_value *v)
{
    ps_value *old = map->members[i].value;
    map->members[i].value = v;
    if (map->head.bytes == SIZE_MAX ||
        (old->depth > v->depth && old->depth + 1 >= map->head.depth)) {
        remeasure(map);
    } else {
        map->head.bytes =
            ps_add_saturating(map->head.bytes - ps_value_bytes(old), ps_value_bytes(v));
        deepen(map, v);
    }
    ps_value_unref(old);
}

void ps_object_set_take(ps_value *object, ps_value *key, ps_value *v)
{
    ps_map *map = ps_as_map(object);
    size_t i;
    PS_ASSERT(object->kind == PS_OBJECT && object->refs == 1 && key->kind == PS_STRING);
    if (find(map, key_str(key), &i)) {
        ps_value_unref(key);
        replace(map, i, v);
    } else {
        append(map, key, v);
    }
}

void ps_object_put_take(ps_value *object, ps_str key, ps_value *v)
{
    ps_map *map = ps_as_map(object);
    size_t i;
    PS_ASSERT(object->kind == PS_OBJECT && object->refs == 1);
    if (find(map, key, &i)) {
        replace(map, i, v);
    } else {
        append(map, ps_string(key), v);
    }
}

/* The number of the first member before `i` with the same key. */
static bool seen_before(const ps_map *map, size_t i, size_t *first)
{
    const ps_value *key = map->members[i].key;
    for (size_t k = 0; k < i; k++) {
        const ps_value *other = map->members[k].key;
        if (other == key || ps_str_equal(key_str(other), key_str(key))) {
            *first = k;
            return true;
        }
    }
    return false;
}

ps_value *ps_object_from_take(ps_value *const *pairs, size_t count, bool merge, size_t *twice)
{
    ps_map *map = map_new(count);
    bool indexed = count >= PS_OBJECT_INDEXED;
    size_t kept = 0, first, bytes = count ? count + 1 : 2;
    if (indexed) {
        index_alloc(map, count);
    }
    for (size_t i = 0; i < count; i++) {
        map->members[kept] = (ps_member){pairs[2 * i], pairs[2 * i + 1]};
        if (indexed ? index_add(map, kept, &first) : !seen_before(map, kept, &first)) {
            bytes = ps_add_saturating(bytes, member_bytes(&map->members[kept]));
            deepen(map, pairs[2 * i + 1]);
            kept++;
        } else if (merge) {
            ps_value_unref(map->members[kept].key);
            ps_value_set_take(&map->members[first].value, map->members[kept].value);
        } else {
            *twice = i;
            ps_free(map->index);
            ps_free(map);
            return NULL;
        }
    }
    map->head.count = kept;
    map->head.bytes = bytes;
    if (kept != count) {
        remeasure(map);
        reindex(map);
    }
    return &map->head;
}

ps_value *ps_object_copy(const ps_value *object)
{
    const ps_map *map = ps_as_map(object);
    PS_ASSERT(object->kind == PS_OBJECT);
    /* A copy is made to be changed, by one more member as a rule. */
    ps_map *copy = map_new(object->count + 1);
    for (size_t i = 0; i < object->count; i++) {
        copy->members[i].key = ps_value_ref(map->members[i].key);
        copy->members[i].value = ps_value_ref(map->members[i].value);
    }
    copy->head.count = object->count;
    copy->head.bytes = object->bytes;
    copy->head.depth = object->depth;
    if (map->index) {
        size_t size = sizeof(ps_index) + (map->index->mask + 1) * sizeof(slot);
        copy->index = ps_alloc(size);
        memcpy(copy->index, map->index, size);
    }
    return &copy->head;
}

void ps_object_remove(ps_value *object, ps_str key)
{
    ps_map *map = ps_as_map(object);
    size_t i;
    PS_ASSERT(object->kind == PS_OBJECT && object->refs == 1);
    if (!find(map, key, &i)) {
        return;
    }
    ps_member gone = map->members[i];
    object->count--;
    memmove(&map->members[i], &map->members[i + 1], (object->count - i) * sizeof gone);
    remeasure(map);
    reindex(map);
    ps_value_unref(gone.key);
    ps_value_unref(gone.value);
}

/* -- reading ---------------------------------------------------------------------------------- */

const ps_value *ps_object_get(const ps_value *object, ps_str key)
{
    size_t i;
    PS_ASSERT(object->kind == PS_OBJECT);
    return find(ps_as_map(object), key, &i) ? ps_as_map(object)->members[i].value : NULL;
}

const ps_value *ps_object_key_at(const ps_value *object, size_t i)
{
    PS_ASSERT(object->kind == PS_OBJECT && i < object->count);
    return ps_as_map(object)->members[i].key;
}

const ps_value *ps_object_value_at(const ps_value *object, size_t i)
{
    PS_ASSERT(object->kind == PS_OBJECT && i < object->count);
    return ps_as_map(object)->members[i].value;
}
