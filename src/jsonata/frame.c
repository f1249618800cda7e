/* frame.c -- variables: frames of blocks, calls and tuples, and what lies outside of all of them.
 */
#include "jsonata/eval.h"

/* -- frames ----------------------------------------------------------------------------------- */

enum { SMALLEST = 2, SPARE_KINDS = 3, NAMES_A_STEP = 8 };

/* Frames of 2, 4 and 8 variables are used again. */
static size_t kind_of(size_t capacity)
{
    return capacity <= 2 ? 0 : capacity <= 4 ? 1 : capacity <= 8 ? 2 : SPARE_KINDS;
}

ps_jx_frame *ps_jx_frame_new(ps_jx_run *run, ps_jx_frame *parent, size_t capacity)
{
    size_t kind = kind_of(capacity);
    if (kind < SPARE_KINDS) {
        capacity = (size_t)SMALLEST << kind;
    }
    ps_jx_frame *f = kind < SPARE_KINDS ? run->spare_frames[kind] : NULL;
    if (f) {
        run->spare_frames[kind] = f->parent;
    } else {
        f = ps_jx_alloc(run, sizeof *f + capacity * sizeof(ps_jx_binding));
        f->own_capacity = kind < SPARE_KINDS ? (uint8_t)capacity : 0;
    }
    f->parent = parent;
    f->tuple = NULL;
    f->p = f->own;
    f->count = 0;
    f->capacity = (uint32_t)capacity;
    f->captured = false;
    return f;
}

void ps_jx_frame_release(ps_jx_run *run, ps_jx_frame *frame)
{
    if (!frame->captured && frame->own_capacity) {
        size_t kind = kind_of(frame->own_capacity);
        frame->parent = run->spare_frames[kind];
        run->spare_frames[kind] = frame;
    }
}

void ps_jx_frame_capture(ps_jx_frame *frame)
{
    for (; frame && !frame->captured; frame = frame->parent) {
        frame->captured = true;
    }
}

static bool same(ps_str a, ps_str b)
{
    return a.len == b.len && (a.p == b.p || memcmp(a.p, b.p, a.len) == 0);
}

void ps_jx_bind(ps_jx_run *run, ps_jx_frame *frame, ps_str name, ps_jx v)
{
    ps_jx_burn(run, frame->count / NAMES_A_STEP);
    for (uint32_t i = frame->count; i-- > 0;) {
        if (same(frame->p[i].name, name)) {
            frame->p[i].value = v;
            return;
        }
    }
    if (frame->count == frame->capacity) {
        uint32_t capacity = frame->capacity * 2;
        ps_jx_binding *p = ps_jx_alloc(run, capacity * sizeof *p);
        memcpy(p, frame->p, frame->count * sizeof *p);
        frame->p = p;
        frame->capacity = capacity;
    }
    frame->p[frame->count++] = (ps_jx_binding){name, v};
}

/* The last of two parameters of one name has it. */
static const ps_jx *find(const ps_jx_frame *frame, ps_str name)
{
    for (uint32_t i = frame->count; i-- > 0;) {
        if (same(frame->p[i].name, name)) {
            return &frame->p[i].value;
        }
    }
    if (frame->tuple) {
        for (size_t i = 0; i < frame->tuple->count; i++) {
            if (same(frame->tuple->p[i].key, name)) {
                return &frame->tuple->p[i].value;
            }
        }
    }
    return NULL;
}

/* -- what lies outside ------------------------------------------------------------------------ */

/* A slot that nobody has asked for yet. */
enum { UNKNOWN = 0xFE };

static ps_jx native_value(ps_jx_run *run, const ps_jx_native *native, ps_jx_signature *signature)
{
    ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
    *f = (ps_jx_function){.kind = PS_JX_NATIVE, .native = native, .signature = signature};
    return ps_jx_function_value(f);
}

/* The env's variables come first, also where they have a built-in's name. */
static bool of_env(ps_jx_run *run, ps_str name, ps_jx *out)
{
    const ps_jsonata_env *env = run->env;
    if (ps_str_equal(name, PS_STR("$"))) {
        *out = ps_jx_borrow(env->input);
        return true;
    }
    const ps_value *v = env->variable ? env->variable(env->arg, name) : NULL;
    if (v) {
        *out = ps_jx_borrow(v);
        return true;
    }
    if (env->is_function && env->is_function(env->arg, name)) {
        ps_jx_function *f = ps_jx_alloc(run, sizeof *f);
        *f = (ps_jx_function){.kind = PS_JX_HOST, .name = name};
        *out = ps_jx_function_value(f);
        return true;
    }
    return env->no_eval && ps_str_equal(name, PS_STR("eval"));
}

static void release_signature(void *p)
{
    ps_jx_signature_free(p);
}

static ps_jx outside(ps_jx_run *run, ps_str name)
{
    ps_jx v = PS_JX_NOTHING;
    if (of_env(run, name, &v)) {
        return v;
    }
    const ps_jx_native *native = ps_jx_native_find(name);
    if (!native) {
        return PS_JX_NOTHING;
    }
    ps_jx_signature *signature = NULL;
    if (native->signature) {
        ps_jsonata_error err = {0};
        signature = ps_jx_signature_new(ps_str_from(native->signature), 0, &err);
        ps_jx_keep(run, release_signature, signature);
    }
    return native_value(run, native, signature);
}

ps_jx ps_jx_lookup_global(ps_jx_run *run, size_t global)
{
    ps_jx *slot = &run->slots[global - 1];
    if (slot->kind != UNKNOWN) {
        return *slot;
    }
    const struct ps_jx_global *g = &run->expression->globals[global - 1];
    ps_jx v = PS_JX_NOTHING;
    if (!of_env(run, g->name, &v) && g->native) {
        v = native_value(run, g->native, g->signature);
    }
    *slot = v;
    return v;
}

ps_jx ps_jx_lookup(ps_jx_run *run, const ps_jx_frame *frame, ps_str name)
{
    for (; frame; frame = frame->parent) {
        ps_jx_burn(run, frame->count / NAMES_A_STEP);
        const ps_jx *v = find(frame, name);
        if (v) {
            return *v;
        }
    }
    ps_jx_burn(run, run->globals->count / NAMES_A_STEP);
    const ps_jx *known = find(run->globals, name);
    if (known) {
        return *known;
    }
    ps_jx v = outside(run, name);
    ps_jx_bind(run, run->globals, name, v);
    return v;
}

ps_jx ps_jx_evaluate_root(ps_jx_run *run)
{
    const ps_jsonata *e = run->expression;
    run->globals = ps_jx_frame_new(run, NULL, SMALLEST);
    run->slots = ps_jx_alloc(run, e->global_count * sizeof(ps_jx));
    for (size_t i = 0; i < e->global_count; i++) {
        run->slots[i].kind = UNKNOWN;
    }
    ps_jx input = ps_jx_borrow(run->env->input);
    if (input.kind == PS_JX_ARRAY) {
        ps_jx_list *whole = ps_jx_list_new(run, 1, PS_JX_SEQUENCE | PS_JX_OUTER_WRAPPER);
        ps_jx_add(run, whole, input);
        input = ps_jx_array(whole);
    }
    return ps_jx_eval(run, e->root, input, ps_jx_frame_new(run, NULL, SMALLEST));
}

/* -- arguments -------------------------------------------------------------------------------- */

/* Segments of a stack, so that what lies in them never moves. */
struct ps_jx_segment {
    struct ps_jx_segment *below, *above;
    size_t used, size;
    ps_jx p[];
};

enum { SEGMENT_FIRST = 32, SEGMENT = 2048 };

ps_jx *ps_jx_push(ps_jx_run *run, size_t count)
{
    struct ps_jx_segment *s = run->stack;
    if (!s || count > s->size - s->used) {
        struct ps_jx_segment *above = s ? s->above : NULL;
        if (!above || above->size < count) {
            size_t size = s ? SEGMENT : SEGMENT_FIRST;
            size = count > size ? count : size;
            above = ps_jx_alloc(run, sizeof *above + size * sizeof(ps_jx));
            *above = (struct ps_jx_segment){.below = s, .size = size};
            if (s) {
                s->above = above;
            }
        }
        run->stack = s = above;
    }
    ps_jx *p = s->p + s->used;
    s->used += count;
    return p;
}

void ps_jx_pop(ps_jx_run *run, ps_jx *p)
{
    struct ps_jx_segment *s = run->stack;
    s->used = (size_t)(p - s->p);
    if (s->used == 0 && s->below) {
        run->stack = s->below;
    }
}
