/* distributed.c -- the Distributed Map: items read, selected, batched; each a child execution. */
#include "base/hash.h"
#include "base/mem.h"
#include "exec/redrive.h"
#include "items/batch.h"
#include "items/result_files.h"

/* What stands for the Map state in its runs' ARNs: its Label, or a UUID made of machine and state,
 * the same for all executions. */
static ps_value *label_of(const ps_exec *x, const ps_state *s)
{
    if (s->label) {
        return ps_value_ref(s->label);
    }
    ps_buf named = {0};
    ps_buf_add(&named, ps_value_str(x->machine_arn));
    ps_buf_add(&named, ps_value_str(s->path));
    ps_rand r = {.label = PS_STREAM_MAP_RUN};
    uint8_t digest[64];
    ps_hash_digest(PS_DIGEST_SHA256, ps_buf_str(&named), digest);
    memcpy(r.key, digest, sizeof r.key);
    ps_buf_free(&named);
    char uuid[36];
    ps_rand_uuid(&r, uuid);
    return ps_string((ps_str){uuid, sizeof uuid});
}

/* "arn:aws:states:region:account:mapRun:machine/label:uuid" */
static ps_value *new_run_arn(ps_exec *x, const ps_state *s)
{
    ps_str machine = ps_value_str(x->machine_arn);
    size_t colons = 0;
    size_t head = 0; /* up to and with the fifth colon */
    while (head < machine.len && colons < 5) {
        colons += machine.p[head++] == ':';
    }
    ps_str name = ps_value_str(x->machine_name);
    ps_value *label = label_of(x, s);
    char uuid[36];
    ps_rand stream = ps_exec_stream(x, PS_STREAM_MAP_RUN);
    ps_rand_uuid(&stream, uuid);
    ps_exec_stream_end(x, &stream);
    ps_value *arn = ps_stringf("%.*smapRun:%.*s/%.*s:%.36s", (int)head, machine.p, (int)name.len,
                               name.p, (int)ps_value_str(label).len, ps_value_str(label).p, uuid);
    ps_value_unref(label);
    return arn;
}

static bool computed_percentage(ps_exec *x, ps_frame *f, const ps_template *t, const ps_value *v)
{
    ps_str field = PS_STR("ToleratedFailurePercentage");
    ps_value *number = ps_template_eval(t, v, field, &x->env);
    bool ok = number && ps_value_is_number(number);
    double percentage = ok ? ps_value_double(number) : 0;
    if (number && (!ok || percentage < 0 || percentage > 100)) {
        ps_template_unexpected(t, field, "number between 0 and 100", number, &x->env);
        ok = false;
    }
    ps_value_unref(number);
    if (!ok) {
        ps_flow_fault(x, f);
        return false;
    }
    f->run->tolerated_percentage = percentage;
    return true;
}

/* ToleratedFailurePercentage and its Path form. */
static bool percentage(ps_exec *x, ps_frame *f, const ps_value *v)
{
    const ps_count *c = &f->state->tolerated_percentage;
    ps_run *run = f->run;
    run->has_percentage = c->given;
    run->tolerated_percentage = c->literal;
    if (c->query) {
        return computed_percentage(x, f, c->query, v);
    }
    if (!c->given || !c->path) {
        return true;
    }
    ps_value *found = ps_evaluate_path(x, c->path, v);
    if (!found) {
        ps_flow_fault(x, f);
        return false;
    }
    ps_value *number = ps_evaluate_number(found);
    if (!number) {
        ps_buf quoted = {0};
        ps_evaluate_quote(found, &quoted);
        ps_str path = ps_path_text(c->path);
        ps_flow_fail(x, f, "States.Runtime",
                     "The ToleratedFailurePercentagePath field refers to value \"%.*s\" which is "
                     "not a valid float: %.*s",
                     (int)quoted.len, quoted.p ? quoted.p : "", (int)path.len, path.p);
        ps_buf_free(&quoted);
        ps_value_unref(found);
        return false;
    }
    run->tolerated_percentage = ps_value_double(number);
    ps_value_unref(number);
    ps_value_unref(found);
    if (run->tolerated_percentage < 0 || run->tolerated_percentage > 100) {
        ps_flow_fail(x, f, "States.Runtime",
                     "ToleratedFailurePercentage must be between 0 and 100.");
        return false;
    }
    return true;
}

static bool tolerance(ps_exec *x, ps_frame *f, const ps_value *v)
{
    ps_run *run = f->run;
    run->has_count = f->state->tolerated_count.given;
    if (!ps_evaluate_count(x, &f->state->tolerated_count, v, "ToleratedFailureCountPath",
                           &run->tolerated_count)) {
        ps_flow_fault(x, f);
        return false;
    }
    if (run->has_count && run->tolerated_count < 0) {
        ps_flow_fail(x, f, "States.Runtime", "ToleratedFailureCount cannot be negative.");
        return false;
    }
    return percentage(x, f, v);
}

/* An object's members as rows, so that its keys reach $$.Map.Item.Key. */
static bool is_pairs(const ps_frame *f)
{
    return ps_value_kind(f->items) == PS_OBJECT;
}

/* What a reader or a writer is given: an expression may have made anything of it. NULL: a fault. */
static ps_value *arguments_of(ps_exec *x, const ps_template *t, const ps_value *v, ps_str field)
{
    if (!t) {
        return ps_object(0);
    }
    ps_value *made = ps_template_eval(t, v, field, &x->env);
    if (made && ps_value_kind(made) != PS_OBJECT) {
        ps_template_unexpected(t, field, "object", made, &x->env);
        ps_value_set_take(&made, NULL);
    }
    return made;
}

void ps_distributed_begin_take(ps_exec *x, ps_frame *f, ps_value *effective, ps_value *items)
{
    const ps_state *s = f->state;
    ps_value *reading = NULL;
    int64_t max_items = 0;
    if (s->reader) {
        reading = arguments_of(x, s->reader->parameters, effective, PS_STR("ItemReader/Arguments"));
        if (!reading ||
            !ps_evaluate_count(x, &s->reader->max_items, effective, "MaxItemsPath", &max_items)) {
            ps_value_unref(reading);
            ps_value_unref(effective);
            ps_flow_fault(x, f);
            return;
        }
        if (s->reader->max_items.given && (max_items < 0 || max_items > 100000000)) {
            ps_value_unref(reading);
            ps_value_unref(effective);
            ps_flow_fail(x, f, "States.Runtime",
                         max_items < 0 ? "field MaxItems must be positive"
                                       : "MaxItems cannot be larger than 100000000.");
            return;
        }
    }
    ps_evaluate_end(x);
    ps_value_set_take(&f->answers, NULL);
    ps_frame_event(x, f, PS_EVENT_MAP_STARTED)->n = items ? (int64_t)ps_value_count(items) : 0;
    f->run = ps_alloc(sizeof *f->run);
    *f->run = (ps_run){.max_items = max_items > 0 ? max_items : 0};
    f->effective = effective;
    f->items = items;
    ps_evaluate_begin(x, f);
    if (!tolerance(x, f, effective)) {
        ps_value_unref(reading);
        return;
    }
    f->started = 1;
    f->run->arn = new_run_arn(x, s);
    ps_frame_event(x, f, PS_EVENT_MAP_RUN_STARTED)->v[0] = ps_value_ref(f->run->arn);
    if (reading) {
        f->phase = PS_PHASE_READING;
        f->token = ps_exec_command(x, f, PS_CMD_READ, (size_t)f->run->max_items, NULL, reading);
    } else {
        ps_frame_next(x, f, PS_PHASE_ITEMS);
    }
}

/* The run failed as a whole; Retry and Catch of the Map state decide. */
static void run_failed(ps_exec *x, ps_frame *f, const ps_value *error, const ps_value *cause)
{
    ps_run_stop(x, f);
    ps_children_cut(x, f); /* it may be about to ask for more: several outcomes came at once */
    ps_event *e = ps_frame_event(x, f, PS_EVENT_MAP_RUN_FAILED);
    e->v[0] = ps_value_ref(error);
    e->v[1] = ps_value_ref(cause);
    f->started = f->started ? f->started : 1;
    f->phase = PS_PHASE_CHILDREN;
    ps_flow_failed_take(x, f, ps_value_ref(error), ps_value_ref(cause));
}

static void run_failed_with(ps_exec *x, ps_frame *f, const char *error, const char *cause)
{
    ps_value *e = ps_string(ps_str_from(error));
    ps_value *c = ps_string(ps_str_from(cause));
    run_failed(x, f, e, c);
    ps_value_unref(e);
    ps_value_unref(c);
}

void ps_distributed_rows(ps_exec *x, ps_frame *f, const ps_outcome *o)
{
    f->token = 0;
    if (o->failed) {
        run_failed(x, f, o->error, o->cause);
        return;
    }
    ps_kind kind = ps_value_kind(o->value);
    if (kind != PS_ARRAY && kind != PS_OBJECT) {
        run_failed_with(x, f, "States.ItemReaderFailed",
                        "Attempting to map over non-iterable node.");
        return;
    }
    f->items = ps_value_ref(o->value);
    ps_frame_ready(x, f, PS_PHASE_ITEMS);
}

/* ItemBatcher. NULL: a fault. */
static ps_value *batches(ps_exec *x, ps_frame *f, const ps_value *items)
{
    const ps_state *s = f->state;
    int64_t most_items = 0;
    int64_t most_bytes = 0;
    ps_value *common = NULL;
    if (!ps_evaluate_count(x, &s->max_items_per_batch, f->effective, "MaxItemsPerBatchPath",
                           &most_items) ||
        !ps_evaluate_count(x, &s->max_bytes_per_batch, f->effective, "MaxInputBytesPerBatchPath",
                           &most_bytes) ||
        (s->batch_input &&
         !(common = ps_template_eval(s->batch_input, f->effective, PS_STR("ItemBatcher/BatchInput"),
                                     &x->env)))) {
        return NULL;
    }
    ps_value *all = ps_item_batches(items, most_items > 0 ? (size_t)most_items : 0,
                                    most_bytes > 0 ? (size_t)most_bytes : 0, common);
    ps_value_unref(common);
    return all;
}

static void add_text(ps_buf *b, const ps_value *object, ps_str name)
{
    const ps_value *v = ps_object_get(object, name);
    if (v && ps_value_kind(v) == PS_STRING) {
        ps_buf_add(b, ps_value_str(v));
    }
}

/* What $$.Map.Item.Source tells: where the items come from. The files of a manifest and of a
 * listing that is loaded are not told apart. A new PS_STRING; NULL: a fault. */
static ps_value *source_of(ps_exec *x, const ps_frame *f)
{
    const ps_reader *r = f->state->reader;
    if (!r) {
        return ps_string(PS_STR("STATE_DATA"));
    }
    ps_value *at = arguments_of(x, r->parameters, f->effective, PS_STR("ItemReader/Arguments"));
    if (!at) {
        return NULL;
    }
    ps_buf uri = {0};
    ps_buf_add(&uri, PS_STR("S3://"));
    add_text(&uri, at, PS_STR("Bucket"));
    if (ps_object_get(at, PS_STR("Key"))) {
        ps_buf_add(&uri, PS_STR("/"));
        add_text(&uri, at, PS_STR("Key"));
    }
    ps_value *source = ps_string(ps_buf_str(&uri));
    ps_buf_free(&uri);
    ps_value_unref(at);
    return source;
}

void ps_distributed_items(ps_exec *x, ps_frame *f)
{
    size_t count = ps_value_count(f->items);
    if (f->run->max_items && (uint64_t)f->run->max_items < count) {
        count = (size_t)f->run->max_items;
    }
    ps_evaluate_begin(x, f);
    ps_value *source = NULL;
    if (f->state->parameters) {
        source = source_of(x, f);
        if (!source) {
            ps_flow_fault(x, f);
            return;
        }
    }
    ps_value *selected = ps_array(count);
    for (size_t i = 0; i < count; i++) {
        const ps_value *key = is_pairs(f) ? ps_object_key_at(f->items, i) : NULL;
        const ps_value *item = key ? ps_object_value_at(f->items, i) : ps_array_at(f->items, i);
        ps_value *pair = NULL;
        if (key && !f->state->parameters) {
            pair = ps_object(2);
            ps_object_put_take(pair, PS_STR("Key"), ps_value_ref(key));
            ps_object_put_take(pair, PS_STR("Value"), ps_value_ref(item));
        }
        ps_value *one = pair ? pair : ps_map_select(x, f, key, item, source, i);
        if (!one) {
            ps_value_unref(source);
            ps_value_unref(selected);
            ps_flow_fault(x, f);
            return;
        }
        ps_array_add_take(selected, one);
    }
    ps_value_unref(source);
    if (f->state->has_batcher) {
        ps_value *batched = batches(x, f, selected);
        ps_value_set_take(&selected, batched);
        if (!batched) {
            ps_flow_fault(x, f);
            return;
        }
    }
    ps_evaluate_end(x);
    ps_value_set_take(&f->answers, NULL);
    ps_value_set_take(&f->items, NULL);
    f->run->items = selected;
    f->width = ps_value_count(selected);
    f->started = f->done = 0;
    f->results = ps_alloc_zeroed(f->width, sizeof *f->results);
    f->run->errors = ps_alloc_zeroed(f->width, sizeof *f->run->errors);
    f->run->tokens = ps_alloc_zeroed(f->width, sizeof *f->run->tokens);
    ps_distributed_spawn(x, f);
}

/* What a ResultWriter gets of each child, in the order of the items. */
static ps_value *records(const ps_frame *f)
{
    ps_value *all = ps_array(f->width);
    for (size_t i = 0; i < f->width; i++) {
        const ps_value *problem = f->run->errors[i];
        ps_value *record = ps_object(5);
        ps_object_put_take(record, PS_STR("Index"), ps_int((int64_t)i));
        ps_object_put_take(record, PS_STR("Input"), ps_value_ref(ps_array_at(f->run->items, i)));
        ps_object_put_take(record, PS_STR("Status"),
                           ps_string(problem ? PS_STR("FAILED") : PS_STR("SUCCEEDED")));
        if (problem) {
            const ps_value *error = ps_object_get(problem, PS_STR("Error"));
            const ps_value *cause = ps_object_get(problem, PS_STR("Cause"));
            ps_object_put_take(record, PS_STR("Error"), error ? ps_value_ref(error) : ps_null());
            ps_object_put_take(record, PS_STR("Cause"), cause ? ps_value_ref(cause) : ps_null());
        } else {
            ps_object_put_take(record, PS_STR("Output"), ps_value_ref(f->results[i]));
        }
        ps_array_add_take(all, record);
    }
    return all;
}

/* Where the chain goes on after a run that succeeded is a matter of the profile: see profile.h. */
static void run_succeeded_take(ps_exec *x, ps_frame *f, ps_value *result)
{
    uint64_t run_started = f->previous;
    ps_frame_event(x, f, PS_EVENT_MAP_RUN_SUCCEEDED);
    ps_frame_side_event(x, f, PS_EVENT_MAP_SUCCEEDED);
    if (!x->profile->exit_follows_map_run) {
        f->previous = run_started;
    }
    ps_children_drop_results(f);
    ps_flow_result_take(x, f, result);
}

/* A ResultWriter with nothing but a WriterConfig shapes the state's result itself. */
static void previewed(ps_exec *x, ps_frame *f, const ps_writer *w)
{
    ps_error err;
    ps_item_writer shape = {.config = w->config, .map_run = f->run->arn};
    ps_value *all = records(f);
    ps_value *result = ps_item_writer_preview(&shape, all, &err);
    ps_value_unref(all);
    if (result) {
        run_succeeded_take(x, f, result);
    } else {
        run_failed_with(x, f, "States.ResultWriterFailed", err.text);
    }
}

static void all_done(ps_exec *x, ps_frame *f)
{
    const ps_writer *w = f->state->writer;
    if (w && w->resource) {
        ps_evaluate_begin(x, f);
        ps_value *writing =
            arguments_of(x, w->parameters, f->effective, PS_STR("ResultWriter/Arguments"));
        if (!writing) {
            ps_flow_fault(x, f);
            return;
        }
        ps_evaluate_end(x);
        ps_value_set_take(&f->answers, NULL);
        ps_value_set_take(&f->items, records(f));
        f->phase = PS_PHASE_WRITING;
        f->token = ps_exec_command(x, f, PS_CMD_WRITE, 0, NULL, writing);
        return;
    }
    if (w) {
        previewed(x, f, w);
        return;
    }
    ps_value *all = ps_array(f->width);
    for (size_t i = 0; i < f->width; i++) {
        if (f->results[i]) {
            ps_array_add_take(all, ps_value_ref(f->results[i]));
        }
    }
    run_succeeded_take(x, f, all);
}

void ps_distributed_written(ps_exec *x, ps_frame *f, const ps_outcome *o)
{
    f->token = 0;
    if (o->failed) {
        run_failed(x, f, o->error, o->cause);
        return;
    }
    ps_value *result = ps_object(2);
    ps_object_put_take(result, PS_STR("MapRunArn"), ps_value_ref(f->run->arn));
    ps_object_put_take(result, PS_STR("ResultWriterDetails"), ps_value_ref(o->value));
    run_succeeded_take(x, f, result);
}

static ps_value *new_child_name(ps_exec *x)
{
    char name[36];
    ps_rand stream = ps_exec_stream(x, PS_STREAM_MAP_RUN);
    ps_rand_uuid(&stream, name);
    ps_exec_stream_end(x, &stream);
    return ps_string((ps_str){name, sizeof name});
}

/* The next child to ask for: one that is redriven, under the name it had, else a new one. */
static void ask(ps_exec *x, ps_frame *f)
{
    ps_run *run = f->run;
    size_t index = f->started;
    ps_value *name = NULL;
    if (run->again_count) {
        while (!run->again[run->again_at]) {
            run->again_at++;
        }
        index = run->again_at;
        name = run->again[index];
        run->again[index] = NULL;
        run->again_count--;
    } else {
        f->started++;
    }
    if (!name || !ps_value_str(name).len) {
        ps_value_set_take(&name, new_child_name(x));
    }
    run->tokens[index] = ps_exec_command(x, f, PS_CMD_CHILD, index, name, NULL);
}

void ps_distributed_spawn(ps_exec *x, ps_frame *f)
{
    const ps_run *run = f->run;
    f->phase = PS_PHASE_SPAWN;
    while ((run->again_count || f->started < f->width) &&
           f->started - f->done - run->again_count < f->concurrency) {
        ask(x, f);
    }
    if (f->done == f->width) {
        all_done(x, f); /* may have to ask a Lua function: then this phase runs again */
    } else {
        f->phase = PS_PHASE_CHILDREN;
    }
}

static bool tolerable(const ps_frame *f)
{
    const ps_run *run = f->run;
    if (!run->failed) {
        return true;
    }
    if (!run->has_count && !run->has_percentage) {
        return false;
    }
    return (!run->has_count || run->failed <= (uint64_t)run->tolerated_count) &&
           (!run->has_percentage ||
            (double)run->failed * 100.0 <= run->tolerated_percentage * (double)f->width);
}

void ps_distributed_child(ps_exec *x, ps_frame *f, size_t index, const ps_value *name,
                          const ps_outcome *o)
{
    f->run->tokens[index] = 0;
    f->done++;
    if (o->failed) {
        ps_value *problem = ps_object(3);
        if (o->error) {
            ps_object_put_take(problem, PS_STR("Error"), ps_value_ref(o->error));
        }
        if (o->cause) {
            ps_object_put_take(problem, PS_STR("Cause"), ps_value_ref(o->cause));
        }
        ps_object_put_take(problem, PS_STR(PS_RUN_CHILD), ps_value_ref(name));
        f->run->errors[index] = problem;
        f->run->failed++;
        if (!ps_children_hold(x, f, problem)) {
            return;
        }
        if (!tolerable(f)) {
            run_failed_with(x, f, "States.ExceedToleratedFailureThreshold",
                            "The specified tolerated failure threshold was exceeded");
            return;
        }
    } else {
        f->results[index] = ps_value_ref(o->value);
        if (!ps_children_hold(x, f, o->value)) {
            return;
        }
    }
    if (f->phase == PS_PHASE_CHILDREN && !f->ready && !f->calling) {
        ps_frame_ready(x, f, PS_PHASE_SPAWN);
    }
}

void ps_distributed_updated(ps_exec *x, ps_frame *f)
{
    if (!tolerable(f)) {
        run_failed_with(x, f, "States.ExceedToleratedFailureThreshold",
                        "The specified tolerated failure threshold was exceeded");
    } else if (!f->ready) {
        ps_frame_ready(x, f, PS_PHASE_SPAWN);
    }
}
