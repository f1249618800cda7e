/* unpack_test.c -- "hello\n" packed, whole and byte by byte, twice in a row, cut short, damaged. */
#include "base/buf.h"
#include "check.h"
#include "items/unpack.h"

/* gzip and zstd of "hello\n", without names or times */
static const unsigned char gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                     0xff, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 0x02, 0x00,
                                     0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00};
static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x06, 0x31, 0x00,
                                     0x00, 'h',  'e',  'l',  'l',  'o',  '\n'};

/* gzip of 65536 zeros: just what one window holds */
static const unsigned char zeros[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00,
    0x00, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x6a, 0xeb, 0x8e, 0x97, 0xd7, 0x00, 0x00, 0x01, 0x00};

static bool keep(void *arg, ps_str bytes)
{
    ps_buf_add(arg, bytes);
    return true;
}

static ps_status unpack(ps_packing packing, ps_str packed, size_t step, uint64_t max, ps_buf *out,
                        ps_error *err)
{
    ps_item_unpack *u = ps_item_unpack_new(packing, max, err);
    ps_status status = u ? PS_OK : err->code;
    for (size_t at = 0; at < packed.len && status == PS_OK; at += step) {
        size_t len = packed.len - at < step ? packed.len - at : step;
        status = ps_item_unpack_feed(u, (ps_str){packed.p + at, len}, keep, out, err);
    }
    if (status == PS_OK) {
        status = ps_item_unpack_end(u, err);
    }
    ps_item_unpack_free(u);
    return status;
}

static void unpacks(ps_packing packing, const unsigned char *bytes, size_t len)
{
    ps_error err = {0};
    ps_buf out = {0};
    ps_buf twice = {0};
    ps_str packed = {(const char *)bytes, len};
    ps_buf_add(&twice, packed);
    ps_buf_add(&twice, packed);
    ps_status status = unpack(packing, packed, len, 100, &out, &err);
    if (status != PS_EUNSUPPORTED) {
        CHECK(status == PS_OK);
        CHECK_STR(ps_buf_str(&out), "hello\n");
        ps_buf_clear(&out);
        CHECK(unpack(packing, ps_buf_str(&twice), 1, 100, &out, &err) == PS_OK);
        CHECK_STR(ps_buf_str(&out), "hello\nhello\n");
        CHECK(unpack(packing, ps_buf_str(&twice), 7, 8, &out, &err) == PS_ELIMIT);
        packed.len -= 3;
        CHECK(unpack(packing, packed, len, 100, &out, &err) == PS_EINPUT);
        CHECK(unpack(packing, PS_STR("no such format"), len, 100, &out, &err) == PS_EINPUT);
    }
    ps_buf_free(&out);
    ps_buf_free(&twice);
}

static void ends_with_a_full_window(void)
{
    ps_error err = {0};
    ps_buf out = {0};
    ps_str packed = {(const char *)zeros, sizeof zeros};
    ps_status status = unpack(PS_PACKED_GZIP, packed, packed.len, 65536, &out, &err);
    CHECK(status == PS_EUNSUPPORTED || (status == PS_OK && out.len == 65536));
    ps_buf_free(&out);
}

int main(void)
{
    ps_error err = {0};
    ps_buf out = {0};
    CHECK(ps_item_packing(PS_STR("a/b.csv.gz")) == PS_PACKED_GZIP);
    CHECK(ps_item_packing(PS_STR("a.zst")) == PS_PACKED_ZSTD);
    CHECK(ps_item_packing(PS_STR("a.zstd")) == PS_PACKED_ZSTD);
    CHECK(ps_item_packing(PS_STR("gz")) == PS_PACKED_NOT);
    CHECK(unpack(PS_PACKED_NOT, PS_STR("plain"), 2, 100, &out, &err) == PS_OK);
    CHECK_STR(ps_buf_str(&out), "plain");
    ps_buf_free(&out);
    unpacks(PS_PACKED_GZIP, gzip, sizeof gzip);
    unpacks(PS_PACKED_ZSTD, zstd, sizeof zstd);
    ends_with_a_full_window();
    return check_report();
}
