/* integration_result.c -- a service's answer -> the result of a Task. */
#include "aws/integration.h"
#include "base/base64.h"
#include "base/mem.h"
#include "base/timetext.h"
#include "base/utf8.h"
#include "value/json.h"

#include <math.h>

static ps_value *spell(const ps_shape *shape, const ps_value *v, ps_sdk sdk, size_t depth);

/* Bytes as text; in base 64 where they are none. */
static ps_value *spell_bytes(const ps_value *v)
{
    ps_str bytes = ps_value_str(v);
    if (ps_utf8_check(bytes) == bytes.len) {
        return ps_value_ref(v);
    }
    ps_buf text = {0};
    ps_base64_encode(bytes, &text);
    ps_value *out = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return out;
}

/* Java's two ways with an instant: Date as milliseconds, Instant as text without needless zeros. */
static ps_value *spell_time(const ps_value *v, ps_sdk sdk)
{
    double seconds = ps_value_is_number(v) ? ps_value_double(v) : NAN;
    if (!(fabs(seconds) < 9e12)) {
        return ps_value_ref(v);
    }
    int64_t ms = (int64_t)floor(seconds * 1000 + 0.5);
    if (sdk == PS_SDK_V1) {
        return ps_int(ms);
    }
    const ps_str zeros = PS_STR(".000Z");
    ps_buf text = {0};
    ps_time_print(ms, &text);
    if (ps_str_ends(ps_buf_str(&text), zeros)) {
        text.len -= zeros.len;
        ps_buf_add_char(&text, 'Z');
    }
    ps_value *out = ps_string(ps_buf_str(&text));
    ps_buf_free(&text);
    return out;
}

static void spell_member(const ps_member *m, const ps_value *v, ps_sdk sdk, size_t depth,
                         ps_value *out)
{
    const ps_value *given = ps_object_get(v, m->name);
    ps_value *made = NULL;
    if (given) {
        made = spell(m->shape, given, sdk, depth);
    } else if (sdk == PS_SDK_V2 && m->location == PS_LOCATION_HEADERS) {
        made = ps_object(0); /* headers with a prefix: none is an empty map, not nothing */
    }
    if (made) {
        ps_buf name = {0};
        ps_pascal_name(m->name, &name);
        ps_object_put_take(out, ps_buf_str(&name), made);
        ps_buf_free(&name);
    }
}

/* Members in the order of their names, a streamed body behind them all. */
static ps_value *spell_structure(const ps_shape *shape, const ps_value *v, ps_sdk sdk, size_t depth)
{
    ps_value *out = ps_object(ps_value_count(v));
    const ps_member *body = NULL;
    for (size_t i = 0; i < shape->member_count; i++) {
        const ps_member *m = &shape->members[i];
        if (m->streaming || m->shape->streaming) {
            body = m;
        } else {
            spell_member(m, v, sdk, depth, out);
        }
    }
    if (body) {
        spell_member(body, v, sdk, depth, out);
    }
    return out;
}

static ps_value *spell(const ps_shape *shape, const ps_value *v, ps_sdk sdk, size_t depth)
{
    ps_kind kind = ps_value_kind(v);
    if (depth > PS_MAX_DEPTH || kind == PS_NULL) {
        return ps_null();
    }
    if (shape->kind == PS_SHAPE_STRUCTURE && kind == PS_OBJECT) {
        return spell_structure(shape, v, sdk, depth + 1);
    }
    if (shape->kind == PS_SHAPE_LIST && kind == PS_ARRAY) {
        ps_value *out = ps_array(ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_array_add_take(out,
                              spell(shape->members[0].shape, ps_array_at(v, i), sdk, depth + 1));
        }
        return out;
    }
    if (shape->kind == PS_SHAPE_MAP && kind == PS_OBJECT) {
        ps_value *out = ps_object(ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_object_set_take(
                out, ps_value_ref(ps_object_key_at(v, i)),
                spell(shape->members[1].shape, ps_object_value_at(v, i), sdk, depth + 1));
        }
        return out;
    }
    if (shape->kind == PS_SHAPE_TIMESTAMP) {
        return spell_time(v, sdk);
    }
    return shape->kind == PS_SHAPE_BLOB && kind == PS_STRING ? spell_bytes(v) : ps_value_ref(v);
}

ps_value *ps_integration_spell(const ps_shape *shape, const ps_value *v, ps_sdk sdk)
{
    return spell(shape, v, sdk, 0);
}

/* -- what surrounds a result --------------------------------------------------------------------
 */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare_names(ps_str a, ps_str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (small(a.p[i]) != small(b.p[i])) {
            return small(a.p[i]) < small(b.p[i]) ? -1 : 1;
        }
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* String.hashCode() of Java, spread as HashMap spreads it; names of headers are ASCII. */
static uint32_t java_hash(ps_str s)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < s.len; i++) {
        hash = 31 * hash + (unsigned char)s.p[i];
    }
    return hash ^ (hash >> 16);
}

enum { MOST_HASHED = 200 };

/* The members of `object`, MOST_HASHED at most, in the order in which Java's HashMap has them: by
 * buckets. */
static ps_value *hashed_take(ps_value *object)
{
    size_t count = ps_value_count(object), buckets = 16;
    uint32_t hashes[MOST_HASHED];
    for (size_t i = 0; i < count; i++) {
        hashes[i] = java_hash(ps_value_str(ps_object_key_at(object, i)));
    }
    while (count > buckets / 4 * 3) {
        buckets *= 2;
    }
    ps_value *out = ps_object(count);
    for (size_t bucket = 0; bucket < buckets; bucket++) {
        for (size_t i = 0; i < count; i++) {
            if ((hashes[i] & (buckets - 1)) == bucket) {
                ps_object_set_take(out, ps_value_ref(ps_object_key_at(object, i)),
                                   ps_value_ref(ps_object_value_at(object, i)));
            }
        }
    }
    ps_value_unref(object);
    return out;
}

/* Every value of every header; more of them than a server sends stay in the order they came in. */
static ps_value *all_headers(const ps_headers *h)
{
    ps_value *out = ps_object(h->count);
    for (size_t i = 0; i < h->count; i++) {
        ps_str name = ps_headers_name(h, i);
        const ps_value *before = ps_object_get(out, name);
        ps_value *list = before ? ps_array_copy(before) : ps_array(1);
        ps_array_add_take(list, ps_integration_text(ps_headers_value(h, i)));
        ps_object_put_take(out, name, list);
    }
    return h->count <= MOST_HASHED ? hashed_take(out) : out;
}

/* One value of each, sorted by name. */
static ps_value *sorted_headers(const ps_headers *h)
{
    size_t *order = ps_alloc_zeroed(h->count + 1, sizeof *order);
    for (size_t i = 0; i < h->count; i++) {
        size_t at = i;
        while (at > 0 &&
               compare_names(ps_headers_name(h, order[at - 1]), ps_headers_name(h, i)) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    ps_value *out = ps_object(h->count);
    for (size_t i = 0; i < h->count; i++) {
        ps_object_put_take(out, ps_headers_name(h, order[i]),
                           ps_integration_text(ps_headers_value(h, order[i])));
    }
    ps_free(order);
    return out;
}

static ps_value *http_metadata(const ps_headers *headers, int status)
{
    ps_value *out = ps_object(3);
    ps_object_put_take(out, PS_STR("AllHttpHeaders"), all_headers(headers));
    ps_object_put_take(out, PS_STR("HttpHeaders"), sorted_headers(headers));
    ps_object_put_take(out, PS_STR("HttpStatusCode"), ps_int(status));
    return out;
}

/* The same object with its members in the order of their names. */
static ps_value *sorted_take(ps_value *object)
{
    size_t count = ps_value_count(object);
    ps_value *out = ps_object(count);
    size_t *order = ps_alloc_zeroed(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        ps_str name = ps_value_str(ps_object_key_at(object, i));
        while (at > 0 &&
               ps_str_compare(ps_value_str(ps_object_key_at(object, order[at - 1])), name) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    for (size_t i = 0; i < count; i++) {
        ps_object_set_take(out, ps_value_ref(ps_object_key_at(object, order[i])),
                           ps_value_ref(ps_object_value_at(object, order[i])));
    }
    ps_free(order);
    ps_value_unref(object);
    return out;
}

/* A member that holds JSON as text becomes what it stands for. */
static void parse_member(ps_value *object, ps_str name)
{
    const ps_value *text = ps_object_get(object, name);
    ps_error err;
    ps_value *parsed = text && ps_value_kind(text) == PS_STRING
                           ? ps_json_parse(ps_value_str(text), &ps_json_payload, &err)
                           : NULL;
    if (parsed) {
        ps_object_put_take(object, name, parsed);
    }
}

static bool calls(const ps_integration_call *call, ps_str service, ps_str verb)
{
    return ps_str_equal(call->service, service) && ps_str_equal(call->verb, verb);
}

ps_value *ps_integration_result(const ps_integration_call *call, const ps_operation *op,
                                const ps_value *arguments, const ps_value *result,
                                const ps_reply *reply)
{
    const ps_integration_service *service = ps_integration_service_find(call->service);
    ps_sdk sdk = service ? service->sdk : PS_SDK_V2;
    ps_value *out =
        op->output ? ps_integration_spell(op->output->shape, result, sdk) : ps_object(2);
    if (calls(call, PS_STR("lambda"), PS_STR("invoke"))) {
        parse_member(out, PS_STR("Payload"));
    } else if (calls(call, PS_STR("bedrock"), PS_STR("invokeModel"))) {
        parse_member(out, PS_STR("Body"));
    } else if (call->parsed) {
        parse_member(out, PS_STR("Input"));
        parse_member(out, PS_STR("Output"));
    }
    if (calls(call, PS_STR("glue"), PS_STR("startJobRun"))) {
        const ps_value *job = ps_object_get(arguments, PS_STR("JobName"));
        if (job) {
            ps_object_put_take(out, PS_STR("JobName"), ps_value_ref(job));
        }
        out = sorted_take(out);
    }
    if (service && service->metadata && reply) {
        ps_headers headers = {0};
        ps_headers_parse(&headers, reply->headers);
        ps_value *id = ps_object(1);
        ps_object_put_take(id, PS_STR("RequestId"),
                           ps_integration_text(ps_reply_request_id(&headers)));
        ps_object_put_take(out, PS_STR("SdkHttpMetadata"), http_metadata(&headers, reply->status));
        ps_object_put_take(out, PS_STR("SdkResponseMetadata"), id);
        ps_headers_free(&headers);
        out = sorted_take(out);
    }
    return out;
}
