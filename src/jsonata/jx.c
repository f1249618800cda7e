/* jx.c -- the values an expression computes with: scalars, strings, lists. */
#include "jsonata/jx.h"

#include "base/mem.h"
#include "jsonata/eval.h"

ps_jx ps_jx_bool(bool b)
{
    return (ps_jx){.kind = PS_JX_BOOL, .b = b};
}

ps_jx ps_jx_number(double n)
{
    return (ps_jx){.kind = PS_JX_NUMBER, .n = n};
}

ps_jx ps_jx_slice(ps_str s)
{
    return (ps_jx){.kind = PS_JX_STRING, .len = (uint32_t)s.len, .p = s.p};
}

ps_jx ps_jx_string(ps_jx_run *run, ps_str s)
{
    if (s.len == 0) {
        return ps_jx_slice(PS_STR(""));
    }
    char *p = ps_jx_alloc(run, s.len);
    memcpy(p, s.p, s.len);
    return ps_jx_slice((ps_str){p, s.len});
}

ps_jx ps_jx_borrow(const ps_value *v)
{
    if (!v) {
        return PS_JX_NOTHING;
    }
    static const uint8_t kinds[] = {
        [PS_NULL] = PS_JX_NULL,     [PS_BOOL] = PS_JX_BOOL,      [PS_INT] = PS_JX_NUMBER,
        [PS_DOUBLE] = PS_JX_NUMBER, [PS_DECIMAL] = PS_JX_NUMBER, [PS_STRING] = PS_JX_STRING,
        [PS_ARRAY] = PS_JX_ARRAY,   [PS_OBJECT] = PS_JX_OBJECT,
    };
    ps_kind kind = ps_value_kind(v);
    if (kind == PS_BOOL) {
        return ps_jx_bool(ps_value_bool(v));
    }
    return (ps_jx){.kind = kinds[kind], .borrowed = kind != PS_NULL, .value = v};
}

double ps_jx_double(ps_jx number)
{
    return number.borrowed ? ps_value_double(number.value) : number.n;
}

ps_str ps_jx_str(ps_jx string)
{
    return string.borrowed ? ps_value_str(string.value) : (ps_str){string.p, string.len};
}

/* -- arrays ----------------------------------------------------------------------------------- */

size_t ps_jx_count(ps_jx array)
{
    return array.borrowed ? ps_value_count(array.value) : array.list->count;
}

ps_jx ps_jx_at(ps_jx array, size_t i)
{
    return array.borrowed ? ps_jx_borrow(ps_array_at(array.value, i)) : array.list->p[i];
}

unsigned ps_jx_flags(ps_jx array)
{
    return array.kind == PS_JX_ARRAY && !array.borrowed ? array.list->flags : 0;
}

/* The elements of `count` places; sizes that overflow are beyond any bounds. */
static size_t places(size_t count)
{
    return count > SIZE_MAX / 2 / sizeof(ps_jx) ? SIZE_MAX : count * sizeof(ps_jx);
}

ps_jx_list *ps_jx_list_new(ps_jx_run *run, size_t capacity, unsigned flags)
{
    ps_jx_list *list = ps_jx_alloc(run, sizeof *list);
    *list = (ps_jx_list){.capacity = capacity, .flags = flags};
    if (capacity) {
        list->p = ps_jx_alloc(run, places(capacity));
    }
    return list;
}

static void reserve(ps_jx_run *run, ps_jx_list *list)
{
    size_t old = list->capacity, capacity = old ? old * 2 : 4;
    if (old && ps_jx_extend(run, list->p, old * sizeof(ps_jx), (capacity - old) * sizeof(ps_jx))) {
        list->capacity = capacity;
        return;
    }
    ps_jx *p = ps_jx_alloc(run, places(capacity));
    if (list->count) {
        memcpy(p, list->p, list->count * sizeof(ps_jx));
    }
    list->p = p;
    list->capacity = capacity;
}

void ps_jx_add(ps_jx_run *run, ps_jx_list *list, ps_jx v)
{
    if (list->count == list->capacity) {
        reserve(run, list);
    }
    list->p[list->count++] = v;
}

ps_jx ps_jx_array(ps_jx_list *list)
{
    return (ps_jx){.kind = PS_JX_ARRAY, .list = list};
}

ps_jx ps_jx_sequence(ps_jx_list *list)
{
    if (list->count == 0) {
        return PS_JX_NOTHING;
    }
    if (list->count == 1 && !(list->flags & PS_JX_KEEP_SINGLETON)) {
        return list->p[0];
    }
    return ps_jx_array(list);
}

void ps_jx_append(ps_jx_run *run, ps_jx_list *list, ps_jx v)
{
    if (v.kind == PS_JX_UNDEFINED) {
        return;
    }
    if (v.kind != PS_JX_ARRAY) {
        ps_jx_add(run, list, v);
        return;
    }
    size_t count = ps_jx_count(v);
    ps_jx_burn(run, count);
    for (size_t i = 0; i < count; i++) {
        ps_jx_add(run, list, ps_jx_at(v, i));
    }
}

ps_jx ps_jx_as_array(ps_jx_run *run, ps_jx v)
{
    if (v.kind == PS_JX_ARRAY) {
        return v;
    }
    ps_jx_list *list = ps_jx_list_new(run, v.kind != PS_JX_UNDEFINED, 0);
    if (v.kind != PS_JX_UNDEFINED) {
        ps_jx_add(run, list, v);
    }
    return ps_jx_array(list);
}
