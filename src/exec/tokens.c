/* tokens.c -- outstanding tokens: an open-addressed table keyed by the token's number. */
#include "base/mem.h"
#include "exec/layout.h"

/* Tokens count up. By their low bits thousands of them would stand in one unbroken row, and
 * removing one walks to the row's end; multiplied they spread, and rows stay short. */
static size_t home(const ps_tokens *t, uint64_t token)
{
    return (size_t)(token * 0x9E3779B97F4A7C15u >> 32) & (t->capacity - 1);
}

static void grow(ps_tokens *t)
{
    ps_tokens old = *t;
    t->capacity = old.capacity ? old.capacity * 2 : 8;
    t->slots = ps_alloc_zeroed(t->capacity, sizeof *t->slots);
    t->count = 0;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].token) {
            *ps_tokens_add(t, old.slots[i].token) = old.slots[i];
        }
    }
    ps_free(old.slots);
}

ps_pending *ps_tokens_add(ps_tokens *t, uint64_t token)
{
    if ((t->count + 1) * 4 > t->capacity * 3) {
        grow(t);
    }
    size_t i = home(t, token);
    while (t->slots[i].token) {
        i = (i + 1) & (t->capacity - 1);
    }
    t->slots[i] = (ps_pending){.token = token};
    t->count++;
    return &t->slots[i];
}

ps_pending *ps_tokens_get(const ps_tokens *t, uint64_t token)
{
    if (!t->capacity || !token) {
        return NULL;
    }
    for (size_t i = home(t, token); t->slots[i].token; i = (i + 1) & (t->capacity - 1)) {
        if (t->slots[i].token == token) {
            return &t->slots[i];
        }
    }
    return NULL;
}

void ps_tokens_remove(ps_tokens *t, uint64_t token)
{
    ps_pending *slot = ps_tokens_get(t, token);
    if (!slot) {
        return;
    }
    ps_value_unref(slot->name);
    ps_value_unref(slot->input);
    size_t mask = t->capacity - 1;
    size_t hole = (size_t)(slot - t->slots);
    /* Shift back whoever probed past the hole, so that no tombstones are needed. */
    for (size_t i = (hole + 1) & mask; t->slots[i].token; i = (i + 1) & mask) {
        if (((i - home(t, t->slots[i].token)) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (ps_pending){0};
    t->count--;
}
