/* sigv4_asymmetric.c -- SigV4a: the key derived from a secret, and ECDSA by OpenSSL. */
#include "aws/sigv4_asymmetric.h"

#include "base/hash.h"
#include "base/mem.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY takes a private key alone; EVP wants its point, too  \
                                     */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>

/* The order of P-256 less 2: what a candidate must not exceed, so that one more is a key. */
static const uint8_t largest[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x4F};

/* NIST SP 800-108 in counter mode, one block; candidates beyond the order are passed over. */
static void derive(const ps_keys *keys, uint8_t key[32])
{
    ps_buf secret = {0}, input = {0};
    ps_buf_reserve(&secret, 5 + keys->secret.len);
    ps_buf_add(&secret, PS_STR("AWS4A"));
    ps_buf_add(&secret, keys->secret);
    ps_buf_add(&input, PS_STR("\0\0\0\1" PS_SIGV4A "\0"));
    ps_buf_add(&input, keys->id);
    size_t counter = input.len;
    ps_buf_add(&input, PS_STR("\1\0\0\1\0"));
    for (;;) {
        ps_hash_hmac(ps_buf_str(&secret), ps_buf_str(&input), key);
        if (memcmp(key, largest, sizeof largest) <= 0) {
            break;
        }
        input.p[counter]++;
    }
    for (size_t i = 32; i-- > 0 && ++key[i] == 0;) {
    }
    ps_wipe(secret.p, secret.len);
    ps_buf_free(&secret);
    ps_buf_free(&input);
}

void ps_sigv4a_sign(const ps_keys *keys, ps_str text, char hex[145])
{
    uint8_t key[32], digest[32], signature[72];
    unsigned int len = 0;
    derive(keys, key);
    ps_hash_sha256(text, digest);
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = BN_bin2bn(key, sizeof key, NULL);
    /* Fails only for want of memory or of randomness: nothing to go on with. */
    if (!ec || !number || EC_KEY_set_private_key(ec, number) != 1 ||
        ECDSA_sign(0, digest, sizeof digest, signature, &len, ec) != 1) {
        abort();
    }
    BN_clear_free(number);
    EC_KEY_free(ec);
    ps_wipe(key, sizeof key);
    ps_hash_hex(signature, len, hex);
    hex[2 * (size_t)len] = '\0';
}
