/* model_shape.c -- the shapes of a model's file.
 *
 * A reference is a number: below PS_FIRST_SHAPE a scalar, above it the file's nth shape. A member
 * is a reference, negative (-1 - reference) when required, or [reference, place, {facts}]; place is
 * one character for the location and the name on the wire, which is missing when it is the member's
 * own. A structure is [{facts}, name, member, name, member ...]. */
#include "aws/model_layout.h"

#include <stdlib.h>

/* SCALAR of lua/passo/aws/compile.lua is the same list. */
static const ps_shape scalars[PS_FIRST_SHAPE] = {
    {.kind = PS_SHAPE_STRING},
    {.kind = PS_SHAPE_BOOLEAN},
    {.kind = PS_SHAPE_INTEGER},
    {.kind = PS_SHAPE_LONG},
    {.kind = PS_SHAPE_FLOAT},
    {.kind = PS_SHAPE_DOUBLE},
    {.kind = PS_SHAPE_TIMESTAMP},
    {.kind = PS_SHAPE_BLOB},
    {.kind = PS_SHAPE_DOCUMENT},
    {.kind = PS_SHAPE_TIMESTAMP, .time_format = PS_TIME_ISO8601},
    {.kind = PS_SHAPE_TIMESTAMP, .time_format = PS_TIME_UNIX},
    {.kind = PS_SHAPE_TIMESTAMP, .time_format = PS_TIME_RFC822},
    {.kind = PS_SHAPE_BLOB, .streaming = true},
    {.kind = PS_SHAPE_STRING, .sensitive = true},
    {.kind = PS_SHAPE_BLOB, .sensitive = true},
    {.kind = PS_SHAPE_DOCUMENT}, /* not used */
};

const ps_shape *ps_model_shape(const ps_model_reader *r, int reference)
{
    if (reference < 0) {
        return NULL;
    }
    if (reference < PS_FIRST_SHAPE) {
        return &scalars[reference];
    }
    size_t i = (size_t)reference - PS_FIRST_SHAPE;
    return i < r->shape_count ? &r->shapes[i] : NULL;
}

static ps_status fail_shape(ps_model_reader *r, const ps_shape *s)
{
    return ps_fail(r->err, PS_EINPUT, 0, "shape %zu of the model is not as it must be",
                   (size_t)(s - r->shapes) + PS_FIRST_SHAPE);
}

static void read_place(ps_member *m, ps_str place)
{
    static const struct {
        char sign;
        ps_location location;
    } signs[] = {{'=', PS_LOCATION_BODY}, {'@', PS_LOCATION_HEADER}, {'#', PS_LOCATION_HEADERS},
                 {'{', PS_LOCATION_URI},  {'?', PS_LOCATION_QUERY},  {'%', PS_LOCATION_STATUS}};
    if (place.len == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (place.p[0] == signs[i].sign) {
            m->location = signs[i].location;
        }
    }
    ps_str wire = {place.p + 1, place.len - 1};
    if (wire.len || m->location == PS_LOCATION_HEADERS) {
        m->wire_name = wire;
    }
    m->named = wire.len > 0;
}

static void read_member_facts(ps_model_reader *r, ps_member *m, const cJSON *facts)
{
    int format = ps_model_int(ps_model_get(facts, "t"), 0);
    m->time_format =
        format > 0 && format <= PS_TIME_RFC822 ? (ps_time_format)format : PS_TIME_DEFAULT;
    m->flattened = ps_model_flag(facts, "f");
    m->attribute = ps_model_flag(facts, "a");
    m->streaming = m->streaming || ps_model_flag(facts, "s");
    bool text = m->shape->kind == PS_SHAPE_STRING;
    m->idempotency = text && ps_model_flag(facts, "i");
    m->host_label = ps_model_flag(facts, "h");
    bool rest = r->m->protocol == PS_PROTOCOL_REST_JSON || r->m->protocol == PS_PROTOCOL_REST_XML;
    m->json_text = text && rest && m->location == PS_LOCATION_HEADER && ps_model_flag(facts, "j");
    m->event_header = ps_model_int(ps_model_get(facts, "e"), 0) == 1;
    m->event_payload = ps_model_int(ps_model_get(facts, "e"), 0) == 2;
    m->query_name = ps_model_text(r, ps_model_get(facts, "q"));
    m->xml_namespace = ps_model_text(r, ps_model_get(facts, "xn"));
    m->xml_prefix = ps_model_text(r, ps_model_get(facts, "xp"));
}

static bool read_member(ps_model_reader *r, ps_member *m, ps_str name, const cJSON *item)
{
    const cJSON *parts = cJSON_IsArray(item) ? item->child : NULL;
    const cJSON *number = parts ? parts : item;
    if (!cJSON_IsNumber(number)) {
        return false;
    }
    int reference = number->valueint;
    m->required = reference < 0;
    m->shape = ps_model_shape(r, reference < 0 ? -1 - reference : reference);
    m->name = name;
    m->wire_name = name;
    if (!m->shape) {
        return false;
    }
    m->streaming = m->shape->streaming;
    m->query_name = m->xml_namespace = m->xml_prefix = PS_STR("");
    if (parts && parts->next) {
        read_place(m, ps_model_text(r, parts->next));
        if (parts->next->next) {
            read_member_facts(r, m, parts->next->next);
        }
    }
    return true;
}

static void read_structure_facts(ps_model_reader *r, ps_shape *s, const cJSON *facts)
{
    s->name = ps_model_text(r, ps_model_get(facts, "n"));
    s->wire_name = ps_model_text(r, ps_model_get(facts, "w"));
    s->xml_namespace = ps_model_text(r, ps_model_get(facts, "xn"));
    s->xml_prefix = ps_model_text(r, ps_model_get(facts, "xp"));
    s->error_code = ps_model_text(r, ps_model_get(facts, "c"));
    s->error_status = ps_model_int(ps_model_get(facts, "s"), 0);
    s->exception = ps_model_flag(facts, "x");
    s->is_union = ps_model_flag(facts, "u");
    s->event_stream = ps_model_flag(facts, "e");
    s->sensitive = ps_model_flag(facts, "v");
    int retry = ps_model_int(ps_model_get(facts, "r"), 0);
    s->retryable = retry > 0;
    s->throttling = retry > 1;
}

static int by_wire_name(const void *a, const void *b)
{
    return ps_str_compare((*(const ps_member *const *)a)->wire_name,
                          (*(const ps_member *const *)b)->wire_name);
}

static void sort_by_wire(ps_model_reader *r, ps_shape *s)
{
    bool same = true;
    for (size_t i = 0; i < s->member_count && same; i++) {
        same = ps_str_equal(s->members[i].name, s->members[i].wire_name);
    }
    if (same) {
        return;
    }
    s->by_wire = ps_model_alloc(r->m, s->member_count, sizeof *s->by_wire);
    for (size_t i = 0; i < s->member_count; i++) {
        s->by_wire[i] = &s->members[i];
    }
    qsort(s->by_wire, s->member_count, sizeof *s->by_wire, by_wire_name);
}

static ps_status read_structure(ps_model_reader *r, ps_shape *s, const cJSON *list)
{
    const cJSON *item = list->child;
    const cJSON *facts = cJSON_IsObject(item) ? item : NULL;
    if (facts) {
        read_structure_facts(r, s, facts);
        item = item->next;
    }
    size_t count = 0;
    for (const cJSON *at = item; at; at = at->next) {
        count++;
    }
    s->kind = PS_SHAPE_STRUCTURE;
    s->member_count = count / 2;
    s->members = ps_model_alloc(r->m, s->member_count ? s->member_count : 1, sizeof *s->members);
    for (size_t i = 0; i < s->member_count; i++, item = item->next->next) {
        ps_str name = ps_model_text(r, item);
        bool sorted = i == 0 || ps_str_compare(s->members[i - 1].name, name) < 0;
        if (!cJSON_IsString(item) || !sorted || !read_member(r, &s->members[i], name, item->next)) {
            return fail_shape(r, s);
        }
        s->members[i].event_stream = s->members[i].shape->event_stream;
    }
    sort_by_wire(r, s);
    const cJSON *payload = ps_model_get(facts, "p");
    if (payload) {
        s->payload = ps_shape_member(s, ps_model_text(r, payload));
    }
    return count % 2 || (payload && !s->payload) ? fail_shape(r, s) : PS_OK;
}

static ps_status read_container(ps_model_reader *r, ps_shape *s, const cJSON *facts)
{
    const cJSON *element = ps_model_get(facts, "l");
    s->kind = element ? PS_SHAPE_LIST : PS_SHAPE_MAP;
    s->member_count = element ? 1 : 2;
    s->members = ps_model_alloc(r->m, s->member_count, sizeof *s->members);
    s->wire_name = ps_model_text(r, ps_model_get(facts, "w"));
    s->xml_namespace = ps_model_text(r, ps_model_get(facts, "xn"));
    s->xml_prefix = ps_model_text(r, ps_model_get(facts, "xp"));
    s->flattened = ps_model_flag(facts, "f");
    s->sparse = ps_model_flag(facts, "sp");
    s->sensitive = ps_model_flag(facts, "y");
    bool good = element ? read_member(r, &s->members[0], PS_STR(""), element)
                        : read_member(r, &s->members[0], PS_STR(""), ps_model_get(facts, "k")) &&
                              read_member(r, &s->members[1], PS_STR(""), ps_model_get(facts, "v"));
    bool text_keys = element || (good && s->members[0].shape->kind == PS_SHAPE_STRING);
    return good && text_keys ? PS_OK : fail_shape(r, s);
}

/* A member knows of its shape whether it is a stream of events, so those must be known first. */
static void find_event_streams(ps_model_reader *r, const cJSON *list)
{
    ps_shape *s = r->shapes;
    for (const cJSON *item = list->child; item; item = item->next, s++) {
        if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
            s->event_stream = ps_model_flag(item->child, "e");
        }
    }
}

/* What writers and readers rely on, and what is known only when all shapes are: several headers
 * are a map. */
static ps_status check_places(ps_model_reader *r)
{
    for (size_t i = 0; i < r->shape_count; i++) {
        const ps_shape *s = &r->shapes[i];
        for (size_t k = 0; s->kind == PS_SHAPE_STRUCTURE && k < s->member_count; k++) {
            const ps_member *m = &s->members[k];
            if (m->location == PS_LOCATION_HEADERS && m->shape->kind != PS_SHAPE_MAP) {
                return fail_shape(r, s);
            }
        }
    }
    return PS_OK;
}

ps_status ps_model_read_shapes(ps_model_reader *r, const cJSON *list)
{
    find_event_streams(r, list);
    ps_shape *s = r->shapes;
    ps_status status = PS_OK;
    for (const cJSON *item = list->child; item && status == PS_OK; item = item->next, s++) {
        s->name = s->wire_name = s->xml_namespace = s->xml_prefix = s->error_code = PS_STR("");
        if (cJSON_IsArray(item)) {
            status = read_structure(r, s, item);
        } else if (cJSON_IsObject(item)) {
            status = read_container(r, s, item);
        } else {
            status = fail_shape(r, s);
        }
    }
    return status == PS_OK ? check_places(r) : status;
}
