/* again.c -- outstanding commands are handed out again: whoever performed them is gone. */
#include "exec/layout.h"

#include "base/mem.h"

#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool ps_exec_waits(const ps_exec *x, const ps_queued *q)
{
    const ps_pending *p = ps_tokens_get(&x->tokens, q->token);
    return q->cancel || (p && !p->polled);
}

void ps_exec_again(ps_exec *x)
{
    ps_queued *queue = x->queue;
    size_t from = x->queue_at;
    size_t to = x->queue_count;
    x->queue = NULL;
    x->queue_at = x->queue_count = x->queue_capacity = 0;
    uint64_t *polled = ps_alloc_zeroed(x->tokens.count, sizeof *polled);
    size_t count = 0;
    for (size_t i = 0; i < x->tokens.capacity; i++) {
        if (x->tokens.slots[i].token && x->tokens.slots[i].polled) {
            polled[count++] = x->tokens.slots[i].token;
        }
    }
    if (count) {
        qsort(polled, count, sizeof *polled, by_number);
    }
    for (size_t i = 0; i < count; i++) {
        ps_exec_enqueue(x, polled[i], false);
    }
    for (size_t i = from; i < to; i++) {
        if (ps_exec_waits(x, &queue[i])) {
            ps_exec_enqueue(x, queue[i].token, queue[i].cancel);
        }
    }
    ps_free(polled);
    ps_free(queue);
}
