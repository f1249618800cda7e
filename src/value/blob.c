/* blob.c -- large values, kept once. */
#include "value/blob.h"

#include "base/hash.h"
#include "base/mem.h"
#include "value/pack.h"

static bool is_free(const uint8_t hash[PS_BLOB_HASH])
{
    static const uint8_t none[PS_BLOB_HASH];
    return memcmp(hash, none, sizeof none) == 0;
}

static size_t slot_of(const ps_blobs *b, const uint8_t hash[PS_BLOB_HASH])
{
    uint64_t start = 0;
    memcpy(&start, hash, sizeof start);
    size_t i = (size_t)start & (b->known_capacity - 1);
    while (!is_free(b->known[i]) && memcmp(b->known[i], hash, PS_BLOB_HASH) != 0) {
        i = (i + 1) & (b->known_capacity - 1);
    }
    return i;
}

/* False: known before. */
static bool note(ps_blobs *b, const uint8_t hash[PS_BLOB_HASH])
{
    if ((b->known_count + 1) * 2 > b->known_capacity) {
        ps_blobs old = *b;
        b->known_capacity = old.known_capacity ? old.known_capacity * 2 : 16;
        b->known = ps_alloc_zeroed(b->known_capacity, sizeof *b->known);
        for (size_t i = 0; i < old.known_capacity; i++) {
            if (!is_free(old.known[i])) {
                memcpy(b->known[slot_of(b, old.known[i])], old.known[i], PS_BLOB_HASH);
            }
        }
        ps_free(old.known);
    }
    size_t i = slot_of(b, hash);
    if (!is_free(b->known[i])) {
        return false;
    }
    memcpy(b->known[i], hash, PS_BLOB_HASH);
    b->known_count++;
    return true;
}

static void remember(ps_blobs *b, const ps_value *v, const uint8_t hash[PS_BLOB_HASH])
{
    size_t i = b->recent_at++ % PS_BLOBS_RECENT;
    ps_value_set_take(&b->recent[i].v, ps_value_ref(v));
    memcpy(b->recent[i].hash, hash, PS_BLOB_HASH);
}

void ps_blobs_free(ps_blobs *b)
{
    ps_blobs_taken(b);
    for (size_t i = 0; i < PS_BLOBS_RECENT; i++) {
        ps_value_unref(b->recent[i].v);
    }
    ps_free(b->fresh);
    ps_free(b->known);
    *b = (ps_blobs){0};
}

void ps_blobs_hash(ps_blobs *b, const ps_value *v, uint8_t hash[PS_BLOB_HASH])
{
    for (size_t i = 0; i < PS_BLOBS_RECENT; i++) {
        if (b->recent[i].v == v) {
            memcpy(hash, b->recent[i].hash, PS_BLOB_HASH);
            return;
        }
    }
    ps_buf bytes = {0};
    ps_packer p = {.out = &bytes};
    ps_pack_value(&p, v);
    ps_packer_free(&p);
    ps_hash_sha256(ps_buf_str(&bytes), hash);
    remember(b, v, hash);
    if (!note(b, hash)) {
        ps_buf_free(&bytes);
        return;
    }
    if (b->fresh_count == b->fresh_capacity) {
        b->fresh_capacity = ps_grow(b->fresh_capacity, b->fresh_count + 1);
        b->fresh = ps_realloc(b->fresh, b->fresh_capacity, sizeof *b->fresh);
    }
    ps_blob *fresh = &b->fresh[b->fresh_count++];
    memcpy(fresh->hash, hash, PS_BLOB_HASH);
    fresh->bytes = ps_buf_str(&bytes); /* not freed: it is the blob's now */
}

void ps_blobs_learn(ps_blobs *b, const ps_value *v, const uint8_t hash[PS_BLOB_HASH])
{
    note(b, hash);
    remember(b, v, hash);
}

void ps_blobs_taken(ps_blobs *b)
{
    for (size_t i = 0; i < b->fresh_count; i++) {
        ps_free((char *)b->fresh[i].bytes.p);
    }
    b->fresh_count = 0;
}

bool ps_blobs_needed(ps_str text, ps_str *body, const uint8_t **hashes, size_t *count)
{
    *body = text;
    *hashes = NULL;
    *count = 0;
    if (text.len < 4) {
        return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        n |= (size_t)(unsigned char)text.p[text.len - 4 + i] << (8 * i);
    }
    size_t left = text.len - 4;
    if (n > left / PS_BLOB_HASH) {
        return false;
    }
    body->len = left - n * PS_BLOB_HASH;
    *hashes = (const uint8_t *)text.p + body->len;
    *count = n;
    return true;
}
