/* unpack.c -- one window of output, filled and handed on; several gzip members or zstd frames in a
 * row are one text. */
#include "items/unpack.h"

#include "base/mem.h"

#ifdef PS_WITH_ZLIB
#include <zlib.h>
#endif
#ifdef PS_WITH_ZSTD
#include <zstd.h>
#endif

#define WINDOW 65536

struct ps_item_unpack {
    ps_packing packing;
    uint64_t left; /* unpacked bytes still allowed */
    bool open;     /* within a member or frame */
    bool stopped;
#ifdef PS_WITH_ZLIB
    z_stream zlib;
    bool zlib_begun;
#endif
#ifdef PS_WITH_ZSTD
    ZSTD_DStream *zstd;
#endif
    char window[WINDOW];
};

ps_packing ps_item_packing(ps_str key)
{
    if (ps_str_ends(key, PS_STR(".gz"))) {
        return PS_PACKED_GZIP;
    }
    return ps_str_ends(key, PS_STR(".zst")) || ps_str_ends(key, PS_STR(".zstd")) ? PS_PACKED_ZSTD
                                                                                 : PS_PACKED_NOT;
}

static ps_status start(ps_item_unpack *u, ps_error *err)
{
    switch (u->packing) {
    case PS_PACKED_GZIP:
#ifdef PS_WITH_ZLIB
        u->zlib_begun = inflateInit2(&u->zlib, 15 + 16) == Z_OK; /* 16: gzip, not zlib's own form */
        return u->zlib_begun ? PS_OK : ps_fail(err, PS_ELIMIT, 0, "gzip: cannot begin");
#else
        return ps_fail(err, PS_EUNSUPPORTED, 0, "gzip: built without zlib");
#endif
    case PS_PACKED_ZSTD:
#ifdef PS_WITH_ZSTD
        u->zstd = ZSTD_createDStream();
        return u->zstd ? PS_OK : ps_fail(err, PS_ELIMIT, 0, "zstd: cannot begin");
#else
        return ps_fail(err, PS_EUNSUPPORTED, 0, "zstd: built without libzstd");
#endif
    default:
        return PS_OK;
    }
}

ps_item_unpack *ps_item_unpack_new(ps_packing packing, uint64_t max_bytes, ps_error *err)
{
    ps_item_unpack *u = ps_alloc_zeroed(1, sizeof *u);
    u->packing = packing;
    u->left = max_bytes;
    if (start(u, err) != PS_OK) {
        ps_item_unpack_free(u);
        return NULL;
    }
    return u;
}

void ps_item_unpack_free(ps_item_unpack *u)
{
    if (!u) {
        return;
    }
#ifdef PS_WITH_ZLIB
    if (u->zlib_begun) {
        inflateEnd(&u->zlib);
    }
#endif
#ifdef PS_WITH_ZSTD
    ZSTD_freeDStream(u->zstd);
#endif
    ps_free(u);
}

/* Hands on what was unpacked. */
static ps_status hand_on(ps_item_unpack *u, ps_str bytes, ps_item_unpacked *take, void *arg,
                         ps_error *err)
{
    if (bytes.len > u->left) {
        return ps_fail(err, PS_ELIMIT, 0, "a file unpacks to more bytes than allowed");
    }
    u->left -= bytes.len;
    u->stopped = bytes.len && !take(arg, bytes);
    return PS_OK;
}

#if defined PS_WITH_ZLIB || defined PS_WITH_ZSTD
/* A call that neither took nor gave anything says nothing of where the text stands. */
static void note_progress(ps_item_unpack *u, size_t bytes, bool at_end)
{
    u->open = at_end ? false : u->open || bytes > 0;
}
#endif

#ifdef PS_WITH_ZLIB
/* Unpacks a part of `*rest` into the window. */
static ps_status inflate_some(ps_item_unpack *u, ps_str *rest, size_t *got, ps_error *err)
{
    uInt most = rest->len < UINT32_MAX / 2 ? (uInt)rest->len : UINT32_MAX / 2;
    u->zlib.next_in = (Bytef *)(uintptr_t)rest->p;
    u->zlib.avail_in = most;
    u->zlib.next_out = (Bytef *)u->window;
    u->zlib.avail_out = WINDOW;
    int code = inflate(&u->zlib, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
        inflateReset(&u->zlib);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return ps_fail(err, PS_EINPUT, 0, "gzip: %s", u->zlib.msg ? u->zlib.msg : "damaged");
    }
    size_t used = most - u->zlib.avail_in;
    *got = WINDOW - u->zlib.avail_out;
    note_progress(u, used + *got, code == Z_STREAM_END);
    *rest = (ps_str){rest->p + used, rest->len - used};
    return PS_OK;
}
#endif

#ifdef PS_WITH_ZSTD
static ps_status zstd_some(ps_item_unpack *u, ps_str *rest, size_t *got, ps_error *err)
{
    ZSTD_inBuffer in = {rest->p, rest->len, 0};
    ZSTD_outBuffer out = {u->window, WINDOW, 0};
    size_t code = ZSTD_decompressStream(u->zstd, &out, &in);
    if (ZSTD_isError(code)) {
        return ps_fail(err, PS_EINPUT, 0, "zstd: %s", ZSTD_getErrorName(code));
    }
    note_progress(u, in.pos + out.pos, code == 0);
    *rest = (ps_str){rest->p + in.pos, rest->len - in.pos};
    *got = out.pos;
    return PS_OK;
}
#endif

static ps_status unpack_some(ps_item_unpack *u, ps_str *rest, size_t *got, ps_error *err)
{
#ifdef PS_WITH_ZLIB
    if (u->packing == PS_PACKED_GZIP) {
        return inflate_some(u, rest, got, err);
    }
#endif
#ifdef PS_WITH_ZSTD
    if (u->packing == PS_PACKED_ZSTD) {
        return zstd_some(u, rest, got, err);
    }
#endif
    (void)rest;
    (void)got;
    return ps_fail(err, PS_EUNSUPPORTED, (size_t)u->packing, "unknown packing");
}

ps_status ps_item_unpack_feed(ps_item_unpack *u, ps_str chunk, ps_item_unpacked *take, void *arg,
                              ps_error *err)
{
    if (u->packing == PS_PACKED_NOT) {
        return u->stopped ? PS_OK : hand_on(u, chunk, take, arg, err);
    }
    /* a full window may leave more inside, although all input is used */
    for (size_t got = 0; (chunk.len || got == WINDOW) && !u->stopped;) {
        if (unpack_some(u, &chunk, &got, err) != PS_OK ||
            hand_on(u, (ps_str){u->window, got}, take, arg, err) != PS_OK) {
            return err->code;
        }
    }
    return PS_OK;
}

ps_status ps_item_unpack_end(ps_item_unpack *u, ps_error *err)
{
    bool cut = u->open && !u->stopped;
    return cut ? ps_fail(err, PS_EINPUT, 0, "a compressed file is cut short") : PS_OK;
}
