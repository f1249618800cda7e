/* protocol_s3.c -- S3's peculiarities. */
#include "aws/protocol_s3.h"

#include "base/hex.h"
#include "base/utf8.h"

/* -- encoded listings ---------------------------------------------------------------------------
 */

static const ps_member *encoding_member(const ps_operation *op)
{
    bool listing = op->model->is_s3 && op->input && op->output &&
                   ps_shape_member(op->output->shape, PS_STR("EncodingType"));
    const ps_member *m = listing ? ps_shape_member(op->input->shape, PS_STR("EncodingType")) : NULL;
    return m && m->location == PS_LOCATION_QUERY ? m : NULL;
}

void ps_s3_write(const ps_operation *op, const ps_value *params, ps_request *req)
{
    const ps_member *m = encoding_member(op);
    const ps_value *chosen = params ? ps_object_get(params, PS_STR("EncodingType")) : NULL;
    if (!m || (chosen && ps_value_kind(chosen) != PS_NULL)) {
        return;
    }
    if (req->query.len) {
        ps_buf_add_char(&req->query, '&');
    }
    ps_percent_encode(&req->query, m->wire_name, PS_STR(""));
    ps_buf_add(&req->query, PS_STR("=url"));
}

/* S3 writes a blank as '+'. What would not be text stays as it came. */
static ps_value *decoded(ps_str text)
{
    ps_buf out = {0};
    for (size_t i = 0; i < text.len; i++) {
        int high = text.p[i] == '%' && i + 2 < text.len ? ps_hex_digit(text.p[i + 1]) : -1;
        int low = high >= 0 ? ps_hex_digit(text.p[i + 2]) : -1;
        if (low >= 0) {
            ps_buf_add_char(&out, (char)(high * 16 + low));
            i += 2;
        } else {
            ps_buf_add_char(&out, text.p[i] == '+' ? ' ' : text.p[i]);
        }
    }
    bool is_text = ps_utf8_check(ps_buf_str(&out)) == out.len;
    ps_value *v = ps_string(is_text ? ps_buf_str(&out) : text);
    ps_buf_free(&out);
    return v;
}

static void decode_member(ps_value *object, ps_str name)
{
    const ps_value *text = ps_object_get(object, name);
    if (text && ps_value_kind(text) == PS_STRING) {
        ps_object_put_take(object, name, decoded(ps_value_str(text)));
    }
}

/* A list of structures that each hold an encoded member. */
static void decode_rows(ps_value *result, ps_str list_name, ps_str name)
{
    const ps_value *list = ps_object_get(result, list_name);
    if (!list || ps_value_kind(list) != PS_ARRAY) {
        return;
    }
    ps_value *rows = ps_array(ps_value_count(list));
    for (size_t i = 0; i < ps_value_count(list); i++) {
        const ps_value *given = ps_array_at(list, i);
        bool structure = ps_value_kind(given) == PS_OBJECT;
        ps_value *row = structure ? ps_object_copy(given) : ps_value_ref(given);
        if (structure) {
            decode_member(row, name);
        }
        ps_array_add_take(rows, row);
    }
    ps_object_put_take(result, list_name, rows);
}

ps_value *ps_s3_decode_take(const ps_operation *op, ps_value *result)
{
    static const ps_str texts[] = {{"Delimiter", 9},     {"Marker", 6},      {"NextMarker", 10},
                                   {"Prefix", 6},        {"StartAfter", 10}, {"KeyMarker", 9},
                                   {"NextKeyMarker", 13}};
    static const ps_str rows[] = {
        {"Contents", 8}, {"Versions", 8}, {"DeleteMarkers", 13}, {"Uploads", 7}};
    const ps_value *encoding = ps_object_get(result, PS_STR("EncodingType"));
    if (!encoding_member(op) || !encoding || ps_value_kind(encoding) != PS_STRING ||
        !ps_str_equal(ps_value_str(encoding), PS_STR("url"))) {
        return result;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        decode_member(result, texts[i]);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        decode_rows(result, rows[i], PS_STR("Key"));
    }
    decode_rows(result, PS_STR("CommonPrefixes"), PS_STR("Prefix"));
    return result;
}

/* -- odd replies --------------------------------------------------------------------------------
 */

bool ps_s3_read_root(const ps_operation *op, const ps_xml_node *root, ps_value *result)
{
    const ps_member *m =
        op->model->is_s3 ? ps_shape_wire_member(op->output->shape, root->name) : NULL;
    if (!m || m->shape->kind != PS_SHAPE_STRING || root->child) {
        return false;
    }
    if (root->text.len) {
        ps_object_put_take(result, m->name, ps_string(root->text));
    }
    return true;
}

bool ps_s3_hides_refusal(const ps_operation *op, ps_str body)
{
    static const ps_str names[] = {
        {"CompleteMultipartUpload", 23}, {"CopyObject", 10}, {"UploadPartCopy", 14}};
    bool may = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        may = may || ps_str_equal(op->name, names[i]);
    }
    if (!may || !op->model->is_s3) {
        return false;
    }
    ps_error ignored = {0};
    ps_xml *x = ps_xml_parse(body, &ignored);
    bool refused =
        x ? ps_str_equal(ps_xml_root(x)->name, PS_STR("Error")) : ignored.code != PS_EUNSUPPORTED;
    ps_xml_free(x);
    return refused;
}

static void put_field(ps_refusal *out, ps_str name, ps_str text)
{
    if (text.len == 0) {
        return;
    }
    ps_value *fields = out->fields ? ps_object_copy(out->fields) : ps_object(1);
    ps_object_put_take(fields, name, ps_text_value(text));
    ps_value_set_take(&out->fields, fields);
}

void ps_s3_refusal(const ps_reply *reply, const ps_xml_node *error, ps_refusal *out)
{
    const ps_xml_node *endpoint = ps_xml_child(error, PS_STR("Endpoint"));
    const ps_xml_node *region_node = ps_xml_child(error, PS_STR("Region"));
    ps_headers headers = {0};
    ps_headers_parse(&headers, reply->headers);
    ps_str region = ps_headers_get(&headers, PS_STR("x-amz-bucket-region"));
    if (region.len == 0 && region_node) {
        region = region_node->text;
    }
    put_field(out, PS_STR("region"), region);
    put_field(out, PS_STR("Endpoint"), endpoint ? endpoint->text : PS_STR(""));
    ps_headers_free(&headers);
}
