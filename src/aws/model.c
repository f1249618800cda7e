/* model.c -- looking things up in a model; its memory. */
#include "aws/model_layout.h"
#include "base/mem.h"

#include <stdint.h>

enum { BLOCK = 32768 };

typedef struct ps_model_block {
    struct ps_model_block *next;
    size_t used, size;
    max_align_t bytes[];
} ps_model_block;

void *ps_model_alloc(ps_model *m, size_t count, size_t size)
{
    size_t align = size % _Alignof(max_align_t) == 0 ? _Alignof(max_align_t) : 8;
    if (size == 1) {
        align = 1;
    }
    ps_model_block *b = m->blocks;
    size_t at = b ? (b->used + align - 1) / align * align : 0;
    if (!b || count > (b->size - (at < b->size ? at : b->size)) / size) {
        size_t need = count > SIZE_MAX / 2 / size ? SIZE_MAX / 2 : count * size;
        size_t room = need > BLOCK ? need : BLOCK;
        b = ps_alloc_zeroed(1, sizeof *b + room);
        b->size = room;
        b->next = m->blocks;
        m->blocks = b;
        at = 0;
    }
    b->used = at + count * size;
    return (char *)b->bytes + at;
}

void ps_model_free(ps_model *m)
{
    if (!m) {
        return;
    }
    while (m->blocks) {
        ps_model_block *next = m->blocks->next;
        ps_free(m->blocks);
        m->blocks = next;
    }
    ps_value_unref(m->paginators);
    ps_value_unref(m->waiters);
    ps_free(m);
}

const ps_operation *ps_model_operation(const ps_model *m, ps_str name)
{
    size_t low = 0, high = m->operation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ps_str_compare(name, m->operations[middle].name);
        if (order == 0) {
            return &m->operations[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const ps_shape *ps_model_exception(const ps_model *m, ps_str code)
{
    size_t low = 0, high = m->exception_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ps_str_compare(code, ps_shape_error_code(m->exceptions[middle]));
        if (order == 0) {
            return m->exceptions[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    /* Services that have a code of the query protocol say the shape's name elsewhere. */
    for (size_t i = 0; i < m->exception_count; i++) {
        if (ps_str_equal(code, m->exceptions[i]->name)) {
            return m->exceptions[i];
        }
    }
    return NULL;
}

ps_str ps_shape_error_code(const ps_shape *exception)
{
    return exception->error_code.len ? exception->error_code : exception->name;
}

const ps_member *ps_shape_member(const ps_shape *s, ps_str name)
{
    size_t low = 0, high = s->kind == PS_SHAPE_STRUCTURE ? s->member_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ps_str_compare(name, s->members[middle].name);
        if (order == 0) {
            return &s->members[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const ps_member *ps_shape_wire_member(const ps_shape *s, ps_str wire_name)
{
    if (!s->by_wire) {
        return ps_shape_member(s, wire_name);
    }
    size_t low = 0, high = s->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ps_str_compare(wire_name, s->by_wire[middle]->wire_name);
        if (order == 0) {
            return s->by_wire[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

ps_time_format ps_member_time_format(const ps_member *m)
{
    return m->time_format != PS_TIME_DEFAULT ? m->time_format : m->shape->time_format;
}
