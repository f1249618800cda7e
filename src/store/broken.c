/* broken.c -- keys some of whose units have failed, and how many of those answers are not taken: an
 * open-addressed table. A store that goes away fails thousands of them at once. */
#include "base/mem.h"
#include "store/layout.h"

static size_t home(const ps_broken_keys *b, uint64_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & (b->capacity - 1);
}

/* Where it is, or where it would be. */
static ps_broken *find(const ps_broken_keys *b, uint64_t key)
{
    size_t i = home(b, key);
    while (b->slots[i].answers && b->slots[i].key != key) {
        i = (i + 1) & (b->capacity - 1);
    }
    return &b->slots[i];
}

static void grow(ps_broken_keys *b)
{
    ps_broken_keys old = *b;
    b->capacity = old.capacity ? old.capacity * 2 : 8;
    b->slots = ps_alloc_zeroed(b->capacity, sizeof *b->slots);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].answers) {
            *find(b, old.slots[i].key) = old.slots[i];
        }
    }
    ps_free(old.slots);
}

bool ps_broken_has(const ps_broken_keys *b, uint64_t key)
{
    return b->count && find(b, key)->answers;
}

void ps_broken_add(ps_broken_keys *b, uint64_t key)
{
    if ((b->count + 1) * 2 > b->capacity) {
        grow(b);
    }
    ps_broken *slot = find(b, key);
    b->count += slot->answers == 0;
    slot->key = key;
    slot->answers++;
}

void ps_broken_take(ps_broken_keys *b, uint64_t key)
{
    ps_broken *slot = find(b, key);
    PS_ASSERT(slot->answers);
    if (--slot->answers) {
        return;
    }
    b->count--;
    /* Those that probed past the hole are put back into it, so that no tombstones are needed. */
    size_t mask = b->capacity - 1;
    size_t hole = (size_t)(slot - b->slots);
    for (size_t i = (hole + 1) & mask; b->slots[i].answers; i = (i + 1) & mask) {
        if (((i - home(b, b->slots[i].key)) & mask) >= ((i - hole) & mask)) {
            b->slots[hole] = b->slots[i];
            b->slots[i].answers = 0;
            hole = i;
        }
    }
}
