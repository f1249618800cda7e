/* fn_aws.c -- what Step Functions adds to JSONata: $partition $range $hash $uuid $parse, and
 * $random with a seed. Odd arguments give undefined or an error as AWS was seen to answer. */
#include "jsonata/eval.h"

#include "base/hash.h"
#include "value/json.h"

#include <math.h>

/* One draw of the keyed stream is an HMAC. */
#define DRAW_STEPS 50
/* Digests and JSON are read several times slower than plain bytes. */
#define SLOW_BYTES_A_STEP 8
/* How much room a byte of JSON may come to need as a value: "[0,0,0" is the worst. */
#define ROOM_A_BYTE 16

static _Noreturn void refuse_argument(ps_jx_run *run, const ps_jx_call *call, int64_t index)
{
    ps_jx_throw(run, "T0410", call->at, &(ps_jx_fields){.token = call->name, .index = index});
}

static _Noreturn void refuse(ps_jx_run *run, const ps_jx_call *call, ps_str message)
{
    ps_jx_throw(run, "D3137", call->at, &(ps_jx_fields){.token = call->name, .message = message});
}

/* Undefined where the call gave fewer. */
static ps_jx argument(const ps_jx *args, size_t count, size_t i)
{
    return i < count ? args[i] : PS_JX_NOTHING;
}

static void refuse_surplus(ps_jx_run *run, const ps_jx_call *call, const ps_jx *args, size_t count,
                           size_t most)
{
    if (!ps_jx_is(argument(args, count, most), PS_JX_UNDEFINED)) {
        refuse_argument(run, call, (int64_t)most + 1);
    }
}

/* The number without its fraction: -1.7 is -1. */
static double whole_number(ps_jx_run *run, const ps_jx_call *call, ps_jx v, int64_t index)
{
    if (!ps_jx_is(v, PS_JX_NUMBER)) {
        refuse_argument(run, call, index);
    }
    return trunc(ps_jx_double(v));
}

static ps_jx fn_partition(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    ps_jx array = argument(args, count, 0);
    ps_jx size = argument(args, count, 1);
    refuse_surplus(run, call, args, count, 2);
    if (ps_jx_is(array, PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    if (!ps_jx_is(array, PS_JX_ARRAY)) {
        ps_jx_throw(
            run, "T0412", call->at,
            &(ps_jx_fields){.token = call->name,
                            .index = 1,
                            .message = PS_STR("Argument 1 of function \"partition\" must be "
                                              "an array of undefined")});
    }
    size_t n = ps_jx_count(array);
    double chunk = ps_jx_is(size, PS_JX_UNDEFINED) ? (double)n : whole_number(run, call, size, 2);
    if (n > 0 && chunk < 0) {
        refuse(run, call, PS_STR("Second argument must be zero or greater"));
    }
    if (n == 0 || chunk < 1) {
        return PS_JX_NOTHING;
    }
    size_t width = chunk < (double)n ? (size_t)chunk : n;
    ps_jx_burn(run, n / 4 + n / width);
    ps_jx_list *chunks = ps_jx_list_new(run, (n + width - 1) / width, 0);
    for (size_t i = 0; i < n; i += width) {
        size_t end = n - i < width ? n : i + width;
        ps_jx_list *list = ps_jx_list_new(run, end - i, 0);
        for (size_t k = i; k < end; k++) {
            ps_jx_add(run, list, ps_jx_at(array, k));
        }
        ps_jx_add(run, chunks, ps_jx_array(list));
    }
    return ps_jx_array(chunks);
}

static ps_jx fn_range(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    ps_jx by = argument(args, count, 2);
    refuse_surplus(run, call, args, count, 3);
    double start = whole_number(run, call, argument(args, count, 0), 1);
    double end = whole_number(run, call, argument(args, count, 1), 2);
    if (ps_jx_is(by, PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    double step = whole_number(run, call, by, 3);
    if (!(step < 0 || step > 0) || (step > 0 && start > end) || (step < 0 && start < end)) {
        return PS_JX_NOTHING;
    }
    double total = floor((end - start) / step) + 1;
    if (!(total <= (double)run->bounds.range)) {
        ps_jx_too_large(run); /* as AWS tells it */
    }
    if (total < 2) {
        return ps_jx_number(start);
    }
    size_t n = (size_t)total;
    ps_jx_burn(run, n / 4);
    ps_jx_list *list = ps_jx_list_new(run, n, 0);
    for (size_t i = 0; i < n; i++) {
        ps_jx_add(run, list, ps_jx_number(start + (double)i * step));
    }
    return ps_jx_array(list);
}

static ps_jx fn_hash(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    static const struct {
        ps_str name;
        ps_digest digest;
    } algorithms[] = {
        {{"MD5", 3}, PS_DIGEST_MD5},        {{"SHA-1", 5}, PS_DIGEST_SHA1},
        {{"SHA-256", 7}, PS_DIGEST_SHA256}, {{"SHA-384", 7}, PS_DIGEST_SHA384},
        {{"SHA-512", 7}, PS_DIGEST_SHA512},
    };
    ps_jx text = argument(args, count, 0);
    ps_jx name = argument(args, count, 1);
    refuse_surplus(run, call, args, count, 2);
    if (!ps_jx_is(text, PS_JX_STRING)) {
        refuse_argument(run, call, 1);
    }
    if (ps_jx_is(name, PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    if (!ps_jx_is(name, PS_JX_STRING)) {
        refuse_argument(run, call, 2);
    }
    ps_str wanted = ps_jx_str(name);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (ps_str_equal(wanted, algorithms[i].name)) {
            uint8_t digest[64];
            ps_str bytes = ps_jx_str(text);
            ps_jx_burn(run, DRAW_STEPS + bytes.len / SLOW_BYTES_A_STEP);
            size_t len = ps_hash_digest(algorithms[i].digest, bytes, digest);
            char *hex = ps_jx_alloc(run, 2 * len);
            ps_hash_hex(digest, len, hex);
            return ps_jx_slice((ps_str){hex, 2 * len});
        }
    }
    ps_buf *words = ps_jx_scratch(run);
    ps_buf_add(words, PS_STR("Hash algorithm '"));
    ps_buf_add(words, wanted);
    ps_buf_add(words, PS_STR("' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"));
    refuse(run, call, ps_buf_str(words));
}

/* java.util.Random, which AWS draws from: the next `bits` of its 48-bit congruential sequence. */
static uint64_t java_next(uint64_t *seed, unsigned bits)
{
    *seed = (*seed * 0x5DEECE66Du + 0xB) & ((UINT64_C(1) << 48) - 1);
    return *seed >> (48 - bits);
}

static ps_jx fn_random(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    ps_jx given = argument(args, count, 0);
    refuse_surplus(run, call, args, count, 1);
    if (ps_jx_is(given, PS_JX_UNDEFINED)) {
        ps_jx_burn(run, DRAW_STEPS);
        return ps_jx_number(ps_rand_unit(run->env->rand));
    }
    double wanted = whole_number(run, call, given, 1);
    int64_t whole = wanted >= 0x1p63 ? INT64_MAX : wanted < -0x1p63 ? INT64_MIN : (int64_t)wanted;
    uint64_t seed = ((uint64_t)whole ^ 0x5DEECE66Du) & ((UINT64_C(1) << 48) - 1);
    uint64_t high = java_next(&seed, 26) << 27;
    return ps_jx_number((double)(high + java_next(&seed, 27)) * 0x1p-53);
}

static ps_jx fn_uuid(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    refuse_surplus(run, call, args, count, 0);
    ps_jx_burn(run, DRAW_STEPS);
    char *text = ps_jx_alloc(run, 36);
    ps_rand_uuid(run->env->rand, text);
    return ps_jx_slice((ps_str){text, 36});
}

/* Whether a number in `v` is written otherwise than it would be printed: 1.0, -0, 1e2. */
static bool has_odd_number(const ps_value *v)
{
    ps_kind kind = ps_value_kind(v);
    if (kind != PS_ARRAY && kind != PS_OBJECT) {
        return kind == PS_DOUBLE || kind == PS_DECIMAL;
    }
    for (size_t i = 0, n = ps_value_count(v); i < n; i++) {
        if (has_odd_number(kind == PS_ARRAY ? ps_array_at(v, i) : ps_object_value_at(v, i))) {
            return true;
        }
    }
    return false;
}

/* `v` with its numbers as JSONata would have computed them. No deeper than PS_MAX_DEPTH. */
static ps_jx with_plain_numbers(ps_jx_run *run, const ps_jx_call *call, const ps_value *v)
{
    ps_kind kind = ps_value_kind(v);
    size_t n = kind == PS_ARRAY || kind == PS_OBJECT ? ps_value_count(v) : 0;
    ps_jx_burn(run, 1 + n / 4);
    if (kind == PS_DOUBLE || kind == PS_DECIMAL) {
        double number = ps_value_double(v);
        if (!isfinite(number)) {
            refuse(run, call, PS_STR("Invalid JSON"));
        }
        return ps_jx_number(number + 0.0); /* -0 is 0 */
    }
    if (kind == PS_ARRAY) {
        ps_jx_list *list = ps_jx_list_new(run, n, 0);
        for (size_t i = 0; i < n; i++) {
            ps_jx_add(run, list, with_plain_numbers(run, call, ps_array_at(v, i)));
        }
        return ps_jx_array(list);
    }
    if (kind == PS_OBJECT) {
        ps_jx_record *record = ps_jx_record_new(run, n);
        for (size_t i = 0; i < n; i++) {
            ps_jx_set(run, record, ps_value_str(ps_object_key_at(v, i)),
                      with_plain_numbers(run, call, ps_object_value_at(v, i)));
        }
        return ps_jx_object(record);
    }
    return ps_jx_borrow(v);
}

static ps_jx fn_parse(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    ps_jx text = argument(args, count, 0);
    refuse_surplus(run, call, args, count, 1);
    if (ps_jx_is(text, PS_JX_UNDEFINED)) {
        return PS_JX_NOTHING;
    }
    if (!ps_jx_is(text, PS_JX_STRING)) {
        refuse_argument(run, call, 1);
    }
    ps_str json = ps_jx_str(text);
    ps_jx_burn(run, json.len / SLOW_BYTES_A_STEP);
    ps_jx_count_bytes(run, json.len * ROOM_A_BYTE);
    ps_error err = {0};
    ps_value *parsed = ps_json_parse(json, NULL, &err);
    if (!parsed) {
        refuse(run, call, PS_STR("Invalid JSON"));
    }
    const ps_value *kept = ps_jx_keep_value(run, parsed);
    return has_odd_number(kept) ? with_plain_numbers(run, call, kept) : ps_jx_borrow(kept);
}

const ps_jx_native ps_jx_aws_functions[] = {
    {"partition", NULL, fn_partition, 2},
    {"range", NULL, fn_range, 3},
    {"hash", NULL, fn_hash, 2},
    {"random", NULL, fn_random, 1},
    {"uuid", NULL, fn_uuid, 0},
    {"parse", NULL, fn_parse, 1},
    {NULL, NULL, NULL, 0},
};
