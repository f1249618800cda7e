/* parse_map.c -- the fields that only a Map has: what it reads, batches, tolerates and writes. */
#include "asl/parse.h"
#include "base/mem.h"

static ps_status read_input_type(const ps_parser *p, const ps_value *config, ps_reader_input *out)
{
    static const struct {
        ps_str name;
        ps_reader_input input;
    } types[] = {
        {{"JSON", 4}, PS_INPUT_JSON},       {{"JSONL", 5}, PS_INPUT_JSONL},
        {{"CSV", 3}, PS_INPUT_CSV},         {{"MANIFEST", 8}, PS_INPUT_MANIFEST},
        {{"PARQUET", 7}, PS_INPUT_PARQUET},
    };
    const ps_value *type = NULL;
    ps_status status = ps_parse_string(p, config, "InputType", &type);
    if (status != PS_OK || !type) {
        return status;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (ps_str_equal(ps_value_str(type), types[i].name)) {
            *out = types[i].input;
            return PS_OK;
        }
    }
    return ps_parse_wrong(p, "InputType", "one of CSV, JSON, JSONL, MANIFEST, PARQUET");
}

static ps_status read_reader(const ps_parser *p, const ps_value *object, ps_state *s)
{
    const ps_value *v = NULL;
    ps_status status = ps_parse_object(p, object, "ItemReader", &v);
    if (status != PS_OK || !v) {
        return status;
    }
    ps_reader *r = s->reader = ps_alloc_zeroed(1, sizeof *r);
    if ((status = ps_parse_string(p, v, "Resource", &r->resource)) != PS_OK ||
        (status = ps_parse_arguments(p, v, &r->parameters)) != PS_OK ||
        (status = ps_parse_object(p, v, "ReaderConfig", &r->config)) != PS_OK) {
        return status;
    }
    if (!r->resource) {
        return ps_parse_wrong(p, "ItemReader.Resource", "there");
    }
    if (!r->config) {
        return PS_OK;
    }
    if ((status = read_input_type(p, r->config, &r->input)) != PS_OK) {
        return status;
    }
    return ps_parse_count(p, r->config, "MaxItems", &r->max_items);
}

static ps_status read_writer(const ps_parser *p, const ps_value *object, ps_state *s)
{
    const ps_value *v = NULL;
    ps_status status = ps_parse_object(p, object, "ResultWriter", &v);
    if (status != PS_OK || !v) {
        return status;
    }
    ps_writer *w = s->writer = ps_alloc_zeroed(1, sizeof *w);
    if ((status = ps_parse_string(p, v, "Resource", &w->resource)) != PS_OK ||
        (status = ps_parse_arguments(p, v, &w->parameters)) != PS_OK) {
        return status;
    }
    return ps_parse_object(p, v, "WriterConfig", &w->config);
}

static ps_status read_batcher(const ps_parser *p, const ps_value *object, ps_state *s)
{
    const ps_value *v = NULL;
    ps_status status = ps_parse_object(p, object, "ItemBatcher", &v);
    if (status != PS_OK || !v) {
        return status;
    }
    s->has_batcher = true;
    if ((status = ps_parse_count(p, v, "MaxItemsPerBatch", &s->max_items_per_batch)) != PS_OK ||
        (status = ps_parse_count(p, v, "MaxInputBytesPerBatch", &s->max_bytes_per_batch)) !=
            PS_OK) {
        return status;
    }
    return ps_parse_template(p, v, "BatchInput", &s->batch_input);
}

static ps_status read_mode(const ps_parser *p, const ps_value *processor, ps_state *s)
{
    const ps_value *config = NULL, *mode = NULL, *type = NULL;
    ps_status status = ps_parse_object(p, processor, "ProcessorConfig", &config);
    if (status != PS_OK || !config) {
        return status;
    }
    if ((status = ps_parse_string(p, config, "Mode", &mode)) != PS_OK ||
        (status = ps_parse_string(p, config, "ExecutionType", &type)) != PS_OK) {
        return status;
    }
    s->distributed = mode && ps_str_equal(ps_value_str(mode), PS_STR("DISTRIBUTED"));
    s->express_children = type && ps_str_equal(ps_value_str(type), PS_STR("EXPRESS"));
    return PS_OK;
}

ps_status ps_parse_map(const ps_parser *p, const ps_value *object, ps_state *s)
{
    /* the form before 2022: Iterator for ItemProcessor, Parameters for ItemSelector */
    const ps_value *processor = ps_parse_field(object, "ItemProcessor");
    if (!processor) {
        processor = ps_parse_field(object, "Iterator");
    }
    const char *selector = ps_parse_field(object, "ItemSelector") ? "ItemSelector" : "Parameters";
    ps_status status;
    if (processor && ps_value_kind(processor) == PS_OBJECT &&
        (status = read_mode(p, processor, s)) != PS_OK) {
        return status;
    }
    if ((status = ps_parse_path(p, object, "ItemsPath", &s->items_path)) != PS_OK ||
        (status = ps_parse_query(p, object, "Items", &s->items)) != PS_OK ||
        (status = ps_parse_template(p, object, selector, &s->parameters)) != PS_OK ||
        (status = ps_parse_count(p, object, "MaxConcurrency", &s->max_concurrency)) != PS_OK ||
        (status = ps_parse_count(p, object, "ToleratedFailureCount", &s->tolerated_count)) !=
            PS_OK ||
        (status = ps_parse_count(p, object, "ToleratedFailurePercentage",
                                 &s->tolerated_percentage)) != PS_OK ||
        (status = read_reader(p, object, s)) != PS_OK ||
        (status = read_batcher(p, object, s)) != PS_OK ||
        (status = read_writer(p, object, s)) != PS_OK) {
        return status;
    }
    if (s->items_path && ps_path_whole(s->items_path)) {
        ps_path_free(s->items_path);
        s->items_path = NULL;
    }
    return ps_parse_string(p, object, "Label", &s->label);
}
