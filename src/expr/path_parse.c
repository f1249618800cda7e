/* path_parse.c -- text to a chain of steps. */
#include "base/mem.h"
#include "expr/path_reader.h"

ps_status ps_path_refuse(const ps_path_reader *r, const char *expected)
{
    return ps_fail(r->c->err, PS_EINPUT, r->c->base + r->at, "JSONPath: expected %s", expected);
}

/* -- steps ------------------------------------------------------------------------------------- */

void ps_step_clear(ps_step *step)
{
    if (step->names) {
        for (size_t i = 0; i < step->count; i++) {
            ps_value_unref(step->names[i]);
        }
    }
    ps_free(step->names);
    ps_free(step->indices);
    ps_path_filter_free(step->filter);
    ps_path_call_free(step->call);
}

/* Owns what `step` holds, also when it fails. */
ps_status ps_path_append_take(ps_path_reader *r, ps_step step)
{
    ps_chain *chain = r->chain;
    if (chain->count == PS_MAX_PATH_STEPS) {
        ps_step_clear(&step);
        return ps_fail(r->c->err, PS_ELIMIT, r->c->base + r->at, "JSONPath: more than %d steps",
                       PS_MAX_PATH_STEPS);
    }
    if (chain->count == chain->capacity) {
        chain->capacity = ps_grow(chain->capacity, chain->count + 1);
        chain->steps = ps_realloc(chain->steps, chain->capacity, sizeof *chain->steps);
    }
    chain->steps[chain->count++] = step;
    return PS_OK;
}

void ps_step_add_name_take(ps_step *step, size_t *capacity, ps_value *name)
{
    if (step->count == *capacity) {
        *capacity = *capacity ? ps_grow(*capacity, step->count + 1) : 1;
        step->names = ps_realloc(step->names, *capacity, sizeof *step->names);
    }
    step->names[step->count++] = name;
}

ps_status ps_path_append_names_take(ps_path_reader *r, ps_step step)
{
    step.kind = step.count == 1 ? PS_STEP_NAME : PS_STEP_NAMES;
    step.name = ps_value_str(step.names[0]);
    return ps_path_append_take(r, step);
}

static ps_status read_call(ps_path_reader *r, ps_str name)
{
    r->at += name.len + 1;
    ps_path_call *call = ps_path_call_parse(r->c, name, r->text, &r->at);
    if (!call) {
        return r->c->err->code;
    }
    r->c->has_calls = true;
    return ps_path_append_take(r, (ps_step){.kind = PS_STEP_CALL, .call = call});
}

/* A name that needs no quotes ends at '.', '[' or '('; all else but a space belongs to it. */
static ps_status read_word(ps_path_reader *r)
{
    size_t at = r->at;
    for (; at < r->text.len; at++) {
        char c = r->text.p[at];
        if (c == ' ') {
            return ps_path_refuse(r, "['...'] around a name with spaces");
        }
        if (c == '.' || c == '[' || c == '(') {
            break;
        }
    }
    ps_str name = {r->text.p + r->at, at - r->at};
    if (at < r->text.len && r->text.p[at] == '(') {
        return read_call(r, name);
    }
    ps_step step = {0};
    size_t capacity = 0;
    ps_step_add_name_take(&step, &capacity, ps_string(name));
    r->at = at;
    return ps_path_append_names_take(r, step);
}

/* One step, with the dots before it. */
static ps_status read_step(ps_path_reader *r)
{
    if (r->text.p[r->at] == '.') {
        bool scan = r->at + 1 < r->text.len && r->text.p[r->at + 1] == '.';
        r->at += scan ? 2 : 1;
        if (r->at >= r->text.len || r->text.p[r->at] == '.') {
            return ps_path_refuse(r, "a name, '*' or '[' behind a dot");
        }
        if (scan && ps_path_append_take(r, (ps_step){.kind = PS_STEP_SCAN}) != PS_OK) {
            return r->c->err->code;
        }
    }
    switch (r->text.p[r->at]) {
    case '[':
        return ps_path_read_bracket(r);
    case '*':
        r->at++;
        return ps_path_append_take(r, (ps_step){.kind = PS_STEP_WILDCARD});
    default:
        return read_word(r);
    }
}

/* -- the chain --------------------------------------------------------------------------------- */

static bool step_definite(const ps_step *step, bool last)
{
    switch (step->kind) {
    case PS_STEP_NAME:
    case PS_STEP_INDEX:
    case PS_STEP_CALL:
        return true;
    case PS_STEP_NAMES:
        return last; /* the members are put into one object */
    default:
        return false;
    }
}

static void describe(ps_chain *chain)
{
    chain->definite = true;
    chain->plain = true;
    for (size_t i = 0; i < chain->count; i++) {
        ps_step *step = &chain->steps[i];
        step->upstream_definite = chain->definite;
        chain->definite = chain->definite && step_definite(step, i + 1 == chain->count);
        chain->plain = chain->plain && (step->kind == PS_STEP_NAME || step->kind == PS_STEP_INDEX);
    }
    chain->ends_in_call = chain->count && chain->steps[chain->count - 1].kind == PS_STEP_CALL;
}

/* $..path.sum() is one sum over all that $..path finds: it becomes $.sum($..path). */
static void invert_call(ps_path_compiler *c, ps_chain *chain)
{
    size_t at = 0;
    while (at < chain->count && chain->steps[at].kind != PS_STEP_CALL) {
        at++;
    }
    if (!chain->ends_in_call || chain->steps[0].kind != PS_STEP_SCAN || at == chain->count) {
        return;
    }
    ps_step last = chain->steps[at];
    ps_chain *inner = ps_alloc_zeroed(1, sizeof *inner);
    *inner = *chain;
    inner->count = at;
    inner->from_item = false;
    inner->slot = c->slots++;
    describe(inner);
    for (size_t i = at + 1; i < chain->count; i++) {
        ps_step_clear(&chain->steps[i]);
    }
    ps_path_call *call = last.call;
    for (size_t i = 0; i < call->count; i++) {
        ps_chain_free(call->arguments[i].chain);
        ps_value_unref(call->arguments[i].value);
    }
    call->arguments = ps_realloc(call->arguments, 1, sizeof *call->arguments);
    call->arguments[0] = (ps_path_argument){.chain = inner};
    call->count = 1;
    *chain = (ps_chain){.from_item = chain->from_item, .slot = chain->slot};
    chain->steps = ps_alloc_zeroed(1, sizeof *chain->steps);
    chain->steps[0] = last;
    chain->count = chain->capacity = 1;
    describe(chain);
}

ps_status ps_chain_parse(ps_path_compiler *c, ps_str text, ps_chain *out)
{
    while (text.len > 1 && text.p[text.len - 1] == ' ') {
        text.len--;
    }
    *out = (ps_chain){.from_item = text.p[0] == '@'};
    ps_path_reader r = {.c = c, .text = text, .at = 1, .chain = out};
    if (c->nesting == PS_MAX_PATH_NESTING) {
        return ps_fail(c->err, PS_ELIMIT, c->base, "JSONPath: nested deeper than %d",
                       PS_MAX_PATH_NESTING);
    }
    if (text.len > 1 && text.p[1] != '.' && text.p[1] != '[') {
        return ps_path_refuse(&r, "'.' or '[' behind the root");
    }
    c->nesting++;
    ps_status status = PS_OK;
    bool rest = false;
    while (status == PS_OK && r.at < text.len && !rest) {
        status = read_step(&r);
        /* Jayway does not look at a last single byte: `$['a']x` is `$['a']` */
        rest = status == PS_OK && r.at + 1 == text.len &&
               out->steps[out->count - 1].kind != PS_STEP_CALL;
    }
    c->has_rest = c->has_rest || rest;
    c->nesting--;
    if (status == PS_OK) {
        out->slot = c->slots++;
        describe(out);
        invert_call(c, out);
    }
    return status;
}

void ps_chain_clear(ps_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        ps_step_clear(&chain->steps[i]);
    }
    ps_free(chain->steps);
    *chain = (ps_chain){0};
}

ps_chain *ps_chain_new(ps_path_compiler *c, ps_str text)
{
    ps_chain *chain = ps_alloc_zeroed(1, sizeof *chain);
    if (ps_chain_parse(c, text, chain) != PS_OK) {
        ps_chain_free(chain);
        return NULL;
    }
    return chain;
}

void ps_chain_free(ps_chain *chain)
{
    if (chain) {
        ps_chain_clear(chain);
        ps_free(chain);
    }
}
