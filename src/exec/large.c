/* large.c -- values that leave an execution's texts as blobs. */
#include "exec/record.h"

#include "base/mem.h"
#include "exec/snapshot.h"

static ps_blobs *new_blobs(void)
{
    ps_blobs *b = ps_alloc(sizeof *b);
    *b = (ps_blobs){0};
    return b;
}

void ps_exec_blobs(ps_exec *x, size_t bytes)
{
    if (!x->blobs) {
        x->blobs = new_blobs();
    }
    x->blobs->limit = bytes;
}

ps_blob_list ps_exec_fresh_blobs(const ps_exec *x)
{
    return x->blobs ? (ps_blob_list){x->blobs->fresh, x->blobs->fresh_count} : (ps_blob_list){0};
}

void ps_exec_blobs_taken(ps_exec *x)
{
    if (x->blobs) {
        ps_blobs_taken(x->blobs);
    }
}

void ps_blobs_given(ps_unpacker *u, const ps_blob_list *list)
{
    if (list && list->count) {
        u->given = *list;
        u->blobs = new_blobs();
    }
}

void ps_blobs_keep_take(ps_exec *x, ps_blobs *learnt)
{
    if (x) {
        x->blobs = learnt;
    } else if (learnt) {
        ps_blobs_free(learnt);
        ps_free(learnt);
    }
}

bool ps_record_needs(ps_str text, const uint8_t **hashes, size_t *count)
{
    ps_str snapshot = PS_STR(PS_SNAPSHOT_MAGIC);
    ps_str body;
    *hashes = NULL;
    *count = 0;
    /* Formats below 128 are one byte; the third of snapshots knew no blobs. */
    if (ps_str_starts(text, snapshot) && text.len > snapshot.len && text.p[snapshot.len] < 4) {
        return true;
    }
    bool ours = ps_str_starts(text, snapshot) || ps_str_starts(text, PS_STR(PS_RECORD_MAGIC)) ||
                ps_str_starts(text, PS_STR(PS_BIRTH_MAGIC));
    return ours && ps_blobs_needed(text, &body, hashes, count);
}
