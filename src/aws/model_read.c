/* model_read.c -- a model from the text of its file: the service's facts and its operations.
 *
 * cJSON's tree is walked once: its lookups in long lists are linear, and it holds eight times the
 * text. */
#include "aws/model_layout.h"
#include "aws/request.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>

/* Patterns are searched through at each call. */
enum { FORMAT = 1, LONGEST_PATTERN = 2048 };

ps_str ps_model_text(ps_model_reader *r, const cJSON *item)
{
    if (!cJSON_IsString(item) || !item->valuestring[0]) {
        return PS_STR("");
    }
    size_t len = strlen(item->valuestring);
    char *copy = ps_model_alloc(r->m, len, 1);
    memcpy(copy, item->valuestring, len);
    return (ps_str){copy, len};
}

const cJSON *ps_model_get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

int ps_model_int(const cJSON *item, int otherwise)
{
    return cJSON_IsNumber(item) ? item->valueint : otherwise;
}

bool ps_model_flag(const cJSON *object, const char *key)
{
    return ps_model_int(ps_model_get(object, key), 0) != 0;
}

static size_t count_of(const cJSON *list)
{
    size_t count = 0;
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next) {
        count++;
    }
    return count;
}

/* -- the service ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    ps_protocol protocol;
} protocols[] = {{"json", PS_PROTOCOL_JSON},         {"query", PS_PROTOCOL_QUERY},
                 {"ec2", PS_PROTOCOL_EC2},           {"rest-json", PS_PROTOCOL_REST_JSON},
                 {"rest-xml", PS_PROTOCOL_REST_XML}, {"smithy-rpc-v2-cbor", PS_PROTOCOL_CBOR}};

static ps_status read_service(ps_model_reader *r, const cJSON *facts)
{
    ps_model *m = r->m;
    m->service_id = ps_model_text(r, ps_model_get(facts, "id"));
    m->endpoint_prefix = ps_model_text(r, ps_model_get(facts, "endpoint"));
    m->signing_name = ps_model_text(r, ps_model_get(facts, "signing"));
    if (m->signing_name.len == 0) {
        m->signing_name = m->endpoint_prefix;
    }
    m->json_version = ps_model_text(r, ps_model_get(facts, "json"));
    m->target_prefix = ps_model_text(r, ps_model_get(facts, "target"));
    m->api_version = ps_model_text(r, ps_model_get(facts, "version"));
    m->xml_namespace = ps_model_text(r, ps_model_get(facts, "xmlns"));
    m->global_endpoint = ps_model_text(r, ps_model_get(facts, "global"));
    m->signature = ps_model_text(r, ps_model_get(facts, "signature"));
    m->query_compatible = ps_model_flag(facts, "query_errors");
    m->is_s3 = ps_str_equal(m->service_id, PS_STR("S3"));
    ps_str protocol = ps_model_text(r, ps_model_get(facts, "protocol"));
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (ps_str_equal(protocol, ps_str_from(protocols[i].name))) {
            m->protocol = protocols[i].protocol;
            return PS_OK;
        }
    }
    return ps_fail(r->err, PS_EINPUT, 0, "the model's protocol '%.*s' is not known",
                   protocol.len < 40 ? (int)protocol.len : 40, protocol.p);
}

/* -- operations -------------------------------------------------------------------------------- */

typedef struct error_list {
    const ps_shape **shapes;
    size_t count;
} error_list;

static error_list *read_error_lists(ps_model_reader *r, const cJSON *lists)
{
    error_list *out = ps_model_alloc(r->m, count_of(lists) + 1, sizeof *out), *at = out;
    for (const cJSON *list = lists->child; list; list = list->next, at++) {
        at->count = count_of(list);
        at->shapes = ps_model_alloc(r->m, at->count + 1, sizeof *at->shapes);
        const cJSON *item = at->count ? list->child : NULL;
        for (size_t i = 0; i < at->count; i++, item = item->next) {
            at->shapes[i] = ps_model_shape(r, ps_model_int(item, -1));
            if (!at->shapes[i] || !at->shapes[i]->exception) {
                return NULL;
            }
        }
    }
    return out;
}

/* "POST /path"; empty: "POST /". */
static bool read_http(ps_model_reader *r, ps_operation *op, const cJSON *item)
{
    ps_str http = ps_model_text(r, item);
    if (http.len == 0) {
        http = PS_STR("POST /");
    }
    const char *space = memchr(http.p, ' ', http.len);
    if (!space) {
        return false;
    }
    size_t len = (size_t)(space - http.p);
    op->method = ps_request_method((ps_str){http.p, len});
    op->uri = (ps_str){space + 1, http.len - len - 1};
    return op->method.len > 0 && op->uri.len <= LONGEST_PATTERN;
}

/* False: the reference means no structure. */
static bool read_end(ps_model_reader *r, const ps_member **end, const cJSON *item)
{
    int reference = ps_model_int(item, -1);
    if (reference < 0) {
        return true;
    }
    ps_member *m = ps_model_alloc(r->m, 1, sizeof *m);
    m->name = m->wire_name = m->query_name = m->xml_namespace = m->xml_prefix = PS_STR("");
    m->shape = ps_model_shape(r, reference);
    *end = m;
    return m->shape && m->shape->kind == PS_SHAPE_STRUCTURE;
}

/* The input's member of that name, if it is a text. */
static const ps_member *text_member(const ps_shape *input, ps_str name)
{
    const ps_member *m = ps_shape_member(input, name);
    return m && m->shape->kind == PS_SHAPE_STRING ? m : NULL;
}

static void read_operation_facts(ps_model_reader *r, ps_operation *op, const cJSON *facts)
{
    op->host_prefix = ps_model_text(r, ps_model_get(facts, "h"));
    op->result_wrapper = ps_model_text(r, ps_model_get(facts, "w"));
    ps_str auth = ps_model_text(r, ps_model_get(facts, "a"));
    op->anonymous = ps_str_equal(auth, PS_STR("none"));
    op->bearer = ps_str_equal(auth, PS_STR("bearer"));
    op->unsigned_body = ps_str_equal(auth, PS_STR("unsigned"));
    op->checksum_required = ps_model_flag(facts, "c");
    op->gzip = ps_model_flag(facts, "z");
    if (!op->input) {
        return;
    }
    const ps_shape *input = op->input->shape;
    op->checksum_algorithm = text_member(input, ps_model_text(r, ps_model_get(facts, "ca")));
    op->checksum_mode = text_member(input, ps_model_text(r, ps_model_get(facts, "cv")));
    ps_member *m = (ps_member *)(uintptr_t)op->input;
    m->wire_name = ps_model_text(r, ps_model_get(facts, "r"));
    m->named = m->wire_name.len > 0;
    m->xml_namespace = ps_model_text(r, ps_model_get(facts, "xn"));
    m->xml_prefix = ps_model_text(r, ps_model_get(facts, "xp"));
}

/* [name, http, input, output, error list, {facts}] */
static bool read_operation(ps_model_reader *r, ps_operation *op, const cJSON *item,
                           const error_list *lists, size_t list_count)
{
    const cJSON *part[6] = {0};
    size_t count = 0;
    for (const cJSON *at = cJSON_IsArray(item) ? item->child : NULL; at && count < 6;
         at = at->next) {
        part[count++] = at;
    }
    if (count < 5) {
        return false;
    }
    op->model = r->m;
    op->name = ps_model_text(r, part[0]);
    int list = ps_model_int(part[4], -1);
    if (op->name.len == 0 || list < 0 || (size_t)list >= list_count || !read_http(r, op, part[1]) ||
        !read_end(r, &op->input, part[2]) || !read_end(r, &op->output, part[3])) {
        return false;
    }
    op->errors = lists[list].shapes;
    op->error_count = lists[list].count;
    read_operation_facts(r, op, part[5]);
    return op->host_prefix.len <= LONGEST_PATTERN;
}

static ps_status read_operations(ps_model_reader *r, const cJSON *list, const cJSON *errors)
{
    size_t list_count = count_of(errors);
    const error_list *lists = read_error_lists(r, errors);
    if (!lists) {
        return ps_fail(r->err, PS_EINPUT, 0, "an operation's error is no exception of the model");
    }
    ps_model *m = r->m;
    m->operation_count = count_of(list);
    m->operations = ps_model_alloc(m, m->operation_count + 1, sizeof *m->operations);
    ps_operation *op = m->operations;
    for (const cJSON *item = list->child; item; item = item->next, op++) {
        bool good = read_operation(r, op, item, lists, list_count);
        if (!good || (op != m->operations && ps_str_compare(op[-1].name, op->name) >= 0)) {
            return ps_fail(r->err, PS_EINPUT, 0, "operation %zu of the model is not as it must be",
                           (size_t)(op - m->operations));
        }
    }
    return PS_OK;
}

static int by_code(const void *a, const void *b)
{
    return ps_str_compare(ps_shape_error_code(*(const ps_shape *const *)a),
                          ps_shape_error_code(*(const ps_shape *const *)b));
}

static void list_exceptions(ps_model_reader *r)
{
    ps_model *m = r->m;
    size_t count = 0;
    for (size_t i = 0; i < r->shape_count; i++) {
        count += r->shapes[i].exception;
    }
    m->exceptions = ps_model_alloc(m, count + 1, sizeof *m->exceptions);
    for (size_t i = 0; i < r->shape_count; i++) {
        if (r->shapes[i].exception) {
            m->exceptions[m->exception_count++] = &r->shapes[i];
        }
    }
    qsort(m->exceptions, count, sizeof *m->exceptions, by_code);
}

/* -- pages and waiting ------------------------------------------------------------------------- */

/* cJSON limits the depth of what it reads, and with it this recursion. */
static ps_value *to_value(const cJSON *item)
{
    ps_value *v = NULL;
    if (cJSON_IsArray(item)) {
        v = ps_array(0);
        for (const cJSON *at = item->child; at; at = at->next) {
            ps_array_add_take(v, to_value(at));
        }
    } else if (cJSON_IsObject(item)) {
        v = ps_object(0);
        for (const cJSON *at = item->child; at; at = at->next) {
            ps_object_put_take(v, ps_str_from(at->string), to_value(at));
        }
    } else if (cJSON_IsString(item)) {
        v = ps_string(ps_str_from(item->valuestring));
    } else if (cJSON_IsNumber(item)) {
        v = ps_int(item->valueint);
    } else if (cJSON_IsBool(item)) {
        v = ps_bool(cJSON_IsTrue(item));
    }
    return v ? v : ps_null();
}

/* -- the file ---------------------------------------------------------------------------------- */

static ps_status read_tree(ps_model_reader *r, const cJSON *tree)
{
    const cJSON *shapes = ps_model_get(tree, "shapes");
    const cJSON *errors = ps_model_get(tree, "errors");
    const cJSON *operations = ps_model_get(tree, "operations");
    int format = ps_model_int(ps_model_get(tree, "passo"), 0);
    if (!cJSON_IsArray(shapes) || !cJSON_IsArray(errors) || !cJSON_IsArray(operations)) {
        format = 0;
    }
    if (format != FORMAT) {
        return ps_fail(r->err, PS_EINPUT, 0,
                       format ? "a service model of format %d; this passo reads format %d"
                              : "not a service model of passo",
                       format, (int)FORMAT);
    }
    r->shape_count = count_of(shapes);
    r->shapes = ps_model_alloc(r->m, r->shape_count + 1, sizeof *r->shapes);
    ps_status status = read_service(r, ps_model_get(tree, "service"));
    if (status == PS_OK) {
        status = ps_model_read_shapes(r, shapes);
    }
    if (status == PS_OK) {
        status = read_operations(r, operations, errors);
    }
    if (status != PS_OK) {
        return status;
    }
    list_exceptions(r);
    r->m->paginators = to_value(ps_model_get(tree, "paginators"));
    r->m->waiters = to_value(ps_model_get(tree, "waiters"));
    return PS_OK;
}

ps_model *ps_model_new(ps_str text, ps_error *err)
{
    if (ps_utf8_check(text) != text.len) {
        ps_fail(err, PS_EINPUT, 0, "not a service model of passo: no UTF-8");
        return NULL;
    }
    /* cJSON wants to see the NUL behind the text where nothing may follow the document. */
    char *copy = ps_alloc(text.len + 1);
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    cJSON *tree = cJSON_ParseWithLengthOpts(copy, text.len + 1, NULL, true);
    ps_free(copy);
    if (!tree) {
        ps_fail(err, PS_EINPUT, 0, "not a service model of passo: no JSON");
        return NULL;
    }
    ps_model *m = ps_alloc_zeroed(1, sizeof *m);
    ps_model_reader r = {.m = m, .err = err};
    ps_status status = read_tree(&r, tree);
    cJSON_Delete(tree);
    if (status != PS_OK) {
        ps_model_free(m);
        return NULL;
    }
    return m;
}
