#include "aws/checksum.h"
#include "check.h"

#include <stdlib.h>

static void check_sum(const char *algorithm, ps_str body, const char *want)
{
    ps_buf sum = {0};
    CHECK(ps_checksum_write(ps_str_from(algorithm), body, &sum));
    CHECK_STR(ps_buf_str(&sum), want);
    ps_buf_free(&sum);
}

/* Bit by bit, as the definition has it. */
static uint32_t slow_crc32(ps_str bytes)
{
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        c ^= (uint8_t)bytes.p[i];
        for (int bit = 0; bit < 8; bit++) {
            c = c & 1 ? c >> 1 ^ UINT32_C(0xEDB88320) : c >> 1;
        }
    }
    return ~c;
}

int main(void)
{
    check_sum("CRC32", PS_STR("123456789"), "y/Q5Jg==");
    check_sum("CRC32C", PS_STR("123456789"), "4waSgw==");
    check_sum("MD5", PS_STR(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
    check_sum("SHA1", PS_STR("abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    check_sum("CRC32", PS_STR(""), "AAAAAA==");
    ps_buf none = {0};
    CHECK(!ps_checksum_write(PS_STR("crc32"), PS_STR("x"), &none) && none.len == 0);
    char bytes[5000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (char)(random >> 24);
    }
    for (size_t len = 4090; len <= sizeof bytes; len += 13) {
        CHECK(ps_crc32((ps_str){bytes, len}) == slow_crc32((ps_str){bytes, len}));
    }
    return check_report();
}
