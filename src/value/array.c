/* array.c -- arrays: filling, copying, reading. */
#include "base/error.h"
#include "base/mem.h"
#include "value/value_layout.h"

/* Room that an array made without a hint has in its own allocation. */
enum { OWN_ITEMS = 4 };

static ps_list *list_new(size_t capacity)
{
    bool fits = capacity <= (SIZE_MAX - sizeof(ps_list)) / sizeof(ps_value *);
    ps_list *list = ps_alloc(fits ? sizeof *list + capacity * sizeof(ps_value *) : SIZE_MAX);
    list->head = (ps_value){.refs = 1, .kind = PS_ARRAY, .depth = 1, .bytes = 2};
    list->capacity = capacity;
    list->items = list->own;
    return list;
}

ps_value *ps_array(size_t capacity)
{
    return &list_new(capacity < OWN_ITEMS ? OWN_ITEMS : capacity)->head;
}

static void reserve(ps_list *list)
{
    size_t capacity = ps_grow(list->capacity, list->head.count + 1);
    if (list->items == list->own) {
        list->items = ps_realloc(NULL, capacity, sizeof(ps_value *));
        memcpy(list->items, list->own, list->head.count * sizeof(ps_value *));
    } else {
        list->items = ps_realloc(list->items, capacity, sizeof(ps_value *));
    }
    list->capacity = capacity;
}

static void deepen(ps_value *array, const ps_value *v)
{
    if (v->depth >= array->depth) {
        array->depth = v->depth == UINT16_MAX ? UINT16_MAX : (uint16_t)(v->depth + 1);
    }
}

void ps_array_add_take(ps_value *array, ps_value *v)
{
    ps_list *list = ps_as_list(array);
    PS_ASSERT(array->kind == PS_ARRAY && array->refs == 1);
    if (array->count == list->capacity) {
        reserve(list);
    }
    size_t bytes = ps_add_saturating(ps_value_bytes(v), array->count != 0);
    array->bytes = ps_add_saturating(array->bytes, bytes);
    deepen(array, v);
    list->items[array->count++] = v;
}

ps_value *ps_array_from_take(ps_value *const *items, size_t count)
{
    ps_list *list = list_new(count);
    size_t bytes = count ? count + 1 : 2;
    for (size_t i = 0; i < count; i++) {
        list->items[i] = items[i];
        bytes = ps_add_saturating(bytes, ps_value_bytes(items[i]));
        deepen(&list->head, items[i]);
    }
    list->head.count = count;
    list->head.bytes = bytes;
    return &list->head;
}

ps_value *ps_array_copy(const ps_value *array)
{
    PS_ASSERT(array->kind == PS_ARRAY);
    ps_list *copy = list_new(array->count);
    for (size_t i = 0; i < array->count; i++) {
        copy->items[i] = ps_value_ref(ps_as_list(array)->items[i]);
    }
    copy->head.count = array->count;
    copy->head.bytes = array->bytes;
    copy->head.depth = array->depth;
    return &copy->head;
}

static void resum(ps_value *array)
{
    size_t bytes = array->count ? array->count + 1 : 2;
    for (size_t i = 0; i < array->count; i++) {
        bytes = ps_add_saturating(bytes, ps_value_bytes(ps_as_list(array)->items[i]));
    }
    array->bytes = bytes;
}

/* The deepest element was replaced: is another as deep? Seldom needs to look far. */
static void remeasure(ps_value *array)
{
    uint16_t before = array->depth;
    array->depth = 1;
    for (size_t i = array->count; i > 0 && array->depth < before; i--) {
        deepen(array, ps_as_list(array)->items[i - 1]);
    }
}

void ps_array_replace_take(ps_value *array, size_t i, ps_value *v)
{
    PS_ASSERT(array->kind == PS_ARRAY && array->refs == 1 && i < array->count);
    ps_value *old = ps_as_list(array)->items[i];
    ps_as_list(array)->items[i] = v;
    if (array->bytes == SIZE_MAX) {
        resum(array);
    } else {
        array->bytes = ps_add_saturating(array->bytes - ps_value_bytes(old), ps_value_bytes(v));
    }
    if (old->depth > v->depth && old->depth + 1 >= array->depth) {
        remeasure(array);
    } else {
        deepen(array, v);
    }
    ps_value_unref(old);
}

const ps_value *ps_array_at(const ps_value *array, size_t i)
{
    PS_ASSERT(array->kind == PS_ARRAY && i < array->count);
    return ps_as_list(array)->items[i];
}
