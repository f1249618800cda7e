/* batch.c -- fills each batch as far as count and bytes allow. */
#include "items/batch.h"

static ps_value *input_take(ps_value *batch, const ps_value *batch_input)
{
    ps_value *input = ps_object(2);
    if (batch_input) {
        ps_object_put_take(input, PS_STR("BatchInput"), ps_value_ref(batch_input));
    }
    ps_object_put_take(input, PS_STR("Items"), batch);
    return input;
}

/* The bytes of an input without items. */
static size_t empty_bytes(const ps_value *batch_input)
{
    ps_value *input = input_take(ps_array(0), batch_input);
    size_t bytes = ps_value_bytes(input);
    ps_value_unref(input);
    return bytes;
}

/* Items that a batch has room for before it grows. */
enum { AT_FIRST = 64 };

ps_value *ps_item_batches(const ps_value *items, size_t max_items, size_t max_bytes,
                          const ps_value *batch_input)
{
    size_t limit = max_bytes ? max_bytes : PS_MAX_BATCH_BYTES;
    size_t frame = empty_bytes(batch_input);
    size_t room = limit > frame ? limit - frame : 0;
    ps_value *batches = ps_array(0);
    ps_value *batch = NULL;
    size_t used = 0;
    for (size_t i = 0; i < ps_value_count(items); i++) {
        const ps_value *item = ps_array_at(items, i);
        size_t bytes = ps_value_bytes(item);
        bool full = batch && ((max_items && ps_value_count(batch) == max_items) || used >= room ||
                              bytes > room - used - 1);
        if (full) {
            ps_array_add_take(batches, input_take(batch, batch_input));
            batch = NULL;
        }
        used = batch ? used + 1 + bytes : bytes; /* 1: the comma */
        /* What was asked for may be more than there is of anything. */
        batch = batch ? batch : ps_array(max_items < AT_FIRST ? max_items : AT_FIRST);
        ps_array_add_take(batch, ps_value_ref(item));
    }
    if (batch) {
        ps_array_add_take(batches, input_take(batch, batch_input));
    }
    return batches;
}
