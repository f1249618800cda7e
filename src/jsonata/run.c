/* run.c -- one evaluation from start to end: its arena, its bounds, and the one place where faults
 * land. */
#include "base/error.h"
#include "base/mem.h"
#include "jsonata/direct.h"
#include "jsonata/eval.h"
#include "jsonata/surrogate.h"

#include <math.h>

/* AWS tells of no bound of work, but of time: this fuel is worth about 20 ms, which is what an
 * evaluation may keep a worker of nginx from its other requests. */
const ps_jsonata_bounds ps_jsonata_aws = {
    .depth = 100, .bytes = 6990256, .range = 360145, .fuel = 1500000};
/* Deep enough for recursion of a thousand calls that are no tail calls, which takes two to four
 * megabytes of stack; fuel for about a second. */
const ps_jsonata_bounds ps_jsonata_default = {
    .depth = 5000, .bytes = (size_t)64 << 20, .range = 10000000, .fuel = 50000000};

/* -- memory --------------------------------------------------------------------------------- */

typedef struct chunk {
    struct chunk *older;
    size_t size;
} chunk;

struct ps_jx_keepsake {
    struct ps_jx_keepsake *older;
    void (*free)(void *p);
    void *p;
};

enum { FIRST_BYTES = 2048, CHUNK_MIN = 16 << 10, CHUNK_MAX = 512 << 10, ARENA_FACTOR = 4 };
/* The system takes its time to hand out fresh memory. */
enum { BYTES_A_STEP = 128 };

_Noreturn void ps_jx_too_large(ps_jx_run *run)
{
    ps_jx_fields f = {
        .message = PS_STR(
            "Expression evaluation memory limit exceeded: Check for excessive memory usage")};
    ps_jx_throw(run, "U1001", 0, &f);
}

/* The arena may hold several values of the largest size: what an expression computes with takes
 * more room than its print, and nothing is given back before the end. */
static size_t limit_of(const ps_jx_run *run)
{
    return run->bounds.bytes > SIZE_MAX / ARENA_FACTOR ? SIZE_MAX
                                                       : run->bounds.bytes * ARENA_FACTOR;
}

void ps_jx_count_bytes(ps_jx_run *run, size_t size)
{
    size_t limit = limit_of(run);
    if (size > limit || run->bytes > limit - size) {
        ps_jx_too_large(run);
    }
    run->bytes += size;
}

/* Chunks grow with what the evaluation has taken, so that small ones stay small. */
static void *grow(ps_jx_run *run, size_t size, bool bounded)
{
    size_t usual = run->bytes < CHUNK_MIN ? CHUNK_MIN : run->bytes;
    usual = usual > CHUNK_MAX ? CHUNK_MAX : usual;
    size_t limit = limit_of(run), left = run->bytes < limit ? limit - run->bytes : 0;
    bool large = size > usual / 2 || usual > left;
    size_t bytes = large ? size : usual;
    if (bounded) {
        ps_jx_count_bytes(run, bytes);
        ps_jx_burn(run, bytes / BYTES_A_STEP);
    }
    chunk *c = ps_alloc(sizeof *c + bytes);
    *c = (chunk){run->chunk, bytes};
    run->chunk = c;
    char *p = (char *)(c + 1);
    if (!large) {
        run->free = p + size;
        run->room = bytes - size;
    }
    return p;
}

void *ps_jx_alloc(ps_jx_run *run, size_t size)
{
    if (size > SIZE_MAX / 2) {
        ps_jx_too_large(run);
    }
    size = (size + 7) & ~(size_t)7;
    if (size <= run->room) {
        void *p = run->free;
        run->free += size;
        run->room -= size;
        return p;
    }
    return grow(run, size, true);
}

bool ps_jx_extend(ps_jx_run *run, const void *p, size_t size, size_t more)
{
    if ((const char *)p + size != run->free || more > run->room) {
        return false;
    }
    run->free += more;
    run->room -= more;
    return true;
}

void ps_jx_keep(ps_jx_run *run, void (*release)(void *p), void *p)
{
    /* Beyond the bounds too: a throw here would lose what is to be kept. */
    bool fits = sizeof(ps_jx_keepsake) <= run->room;
    ps_jx_keepsake *k = fits ? ps_jx_alloc(run, sizeof *k) : grow(run, sizeof *k, false);
    *k = (ps_jx_keepsake){run->kept, release, p};
    run->kept = k;
}

static void release_value(void *p)
{
    ps_value_unref(p);
}

const ps_value *ps_jx_keep_value(ps_jx_run *run, ps_value *v)
{
    ps_jx_keep(run, release_value, v);
    return v;
}

static void release_buf(void *p)
{
    ps_buf_free(p);
}

ps_buf *ps_jx_scratch(ps_jx_run *run)
{
    ps_buf *b = ps_jx_alloc(run, sizeof *b);
    *b = (ps_buf){0};
    ps_jx_keep(run, release_buf, b);
    return b;
}

ps_jx ps_jx_text(ps_jx_run *run, ps_buf *kept)
{
    if (kept->len > run->bounds.bytes) {
        ps_jx_too_large(run);
    }
    ps_jx_count_bytes(run, kept->len);
    return ps_jx_slice(ps_buf_str(kept));
}

static void release_all(ps_jx_run *run)
{
    for (ps_jx_keepsake *k = run->kept; k; k = k->older) {
        k->free(k->p);
    }
    for (chunk *c = run->chunk; c;) {
        chunk *older = c->older;
        ps_free(c);
        c = older;
    }
}

/* -- faults --------------------------------------------------------------------------------- */

_Noreturn void ps_jx_out_of_fuel(ps_jx_run *run)
{
    ps_jx_fields f = {.message = PS_STR("Expression evaluation timeout: Check for infinite loop")};
    run->fuel = 0;
    ps_jx_throw(run, "U1001", 0, &f);
}

_Noreturn void ps_jx_too_deep(ps_jx_run *run)
{
    ps_jx_fields f = {.message = PS_STR("Stack overflow error: Check for non-terminating recursive "
                                        "function.  Consider rewriting as tail-recursive.")};
    ps_jx_throw(run, "U1001", 0, &f);
}

void ps_jx_burn(ps_jx_run *run, uint64_t steps)
{
    if (run->fuel < steps) {
        ps_jx_out_of_fuel(run);
    }
    run->fuel -= steps;
}

/* What the reference's catch clauses add to an error on its way out: an operator names itself; a
 * function names itself where nothing better is known, but its place always wins. */
static void trace(const ps_jx_run *run, size_t *at, ps_str *token)
{
    for (const ps_jx_trace *t = run->trace; t; t = t->outer) {
        if (t->op) {
            *at = t->at;
            *token = t->token;
            continue;
        }
        if (t->function && !token->len && t->function->token.len) {
            *token = t->function->token;
        }
        if (t->function && t->function->at) {
            *at = t->function->at;
        }
        if (t->at) {
            *at = *at ? *at : t->at;
            *token = token->len ? *token : t->token;
        }
    }
}

/* What ps_jx_throw was asked for. Making the value at fault a result may be beyond the bounds too:
 * then the first fault is told without it. */
struct ps_jx_pending {
    const char *code;
    size_t at;
    const ps_jx_fields *fields;
};

static const ps_value *result_of(ps_jx_run *run, ps_jx v, bool wanted)
{
    if (v.kind == PS_JX_NUMBER && !isfinite(ps_jx_double(v))) {
        return ps_null(); /* as it prints in the reference's words */
    }
    return wanted && v.kind != PS_JX_UNDEFINED ? ps_jx_keep_value(run, ps_jx_result(run, v)) : NULL;
}

static void put(ps_value *fields, const char *key, const ps_value *v)
{
    if (v) {
        ps_object_put_take(fields, ps_str_from(key), ps_value_ref(v));
    }
}

static void put_text(ps_value *fields, const char *key, ps_str text)
{
    if (text.len) {
        ps_object_put_take(fields, ps_str_from(key), ps_surrogates_string(text));
    }
}

_Noreturn void ps_jx_throw(ps_jx_run *run, const char *code, size_t at, const ps_jx_fields *f)
{
    struct ps_jx_pending first = {code, at, f};
    const struct ps_jx_pending *p = run->pending ? run->pending : &first;
    bool values = !run->pending;
    run->pending = p;
    const ps_value *value = result_of(run, p->fields->value, values);
    const ps_value *value2 = result_of(run, p->fields->value2, values);
    const ps_value *exponent = result_of(run, p->fields->exp, values);
    run->pending = NULL;
    size_t place = p->at;
    ps_str token = p->fields->token;
    trace(run, &place, &token);
    if (place > run->expression->len) {
        place = 0; /* in the text of an $eval that has ended */
    }
    ps_value *fields = ps_object(4);
    put_text(fields, "token", token);
    put_text(fields, "functionName", p->fields->function_name);
    put_text(fields, "type", p->fields->type);
    if (p->fields->index > 0) {
        ps_object_put_take(fields, PS_STR("index"), ps_int(p->fields->index));
    }
    put(fields, "value", value);
    put(fields, "value2", value2);
    put(fields, "exp", exponent);
    ps_jsonata_error_free(run->err);
    ps_jx_error_set(run->err, (ps_str){run->expression->text, run->expression->len}, p->code, place,
                    fields);
    if (p->fields->message.len) {
        ps_buf_clear(&run->err->text);
        ps_value *words = ps_surrogates_string(p->fields->message);
        ps_buf_add(&run->err->text, ps_value_str(words));
        ps_value_unref(words);
    }
    longjmp(*run->fault, 1);
}

_Noreturn void ps_jx_fail(ps_jx_run *run, const char *code, size_t at, ps_str token)
{
    ps_jx_fields f = {.token = token};
    ps_jx_throw(run, code, at, &f);
}

bool ps_jx_try(ps_jx_run *run, void (*work)(ps_jx_run *run, void *arg), void *arg)
{
    jmp_buf here, *outer = run->fault;
    run->fault = &here;
    if (setjmp(here) == 0) {
        work(run, arg);
        run->fault = outer;
        return true;
    }
    run->fault = outer;
    return false;
}

/* -- from start to end ---------------------------------------------------------------------- */

typedef struct task {
    ps_jsonata_answer answer;
    ps_value *out;
} task;

static void evaluate(ps_jx_run *run, void *arg)
{
    task *t = arg;
    ps_jx v = ps_jx_evaluate_root(run);
    if (v.kind == PS_JX_UNDEFINED) {
        t->answer = PS_JSONATA_UNDEFINED;
    } else if (v.kind == PS_JX_FUNCTION) {
        t->answer = PS_JSONATA_FUNCTION;
    } else {
        t->out = ps_jx_result(run, v);
        t->answer = PS_JSONATA_VALUE;
    }
}

static __attribute__((noinline)) ps_jsonata_answer
run_through(const ps_jsonata *e, const ps_jsonata_env *env, const ps_jsonata_bounds *bounds,
            ps_value **out, ps_jsonata_error *err)
{
    /* Most expressions are done before this is full, and ask the system for nothing. */
    _Alignas(8) char first[FIRST_BYTES];
    ps_jx_run run = {.expression = e,
                     .env = env,
                     .bounds = *bounds,
                     .err = err,
                     .fuel = bounds->fuel,
                     .base = __builtin_frame_address(0),
                     .free = first,
                     .room = sizeof first};
    /* A string's length has 32 bits. */
    if (run.bounds.bytes > UINT32_MAX / ARENA_FACTOR) {
        run.bounds.bytes = UINT32_MAX / ARENA_FACTOR;
    }
    task t = {.answer = PS_JSONATA_FAULT};
    if (!ps_jx_try(&run, evaluate, &t)) {
        t = (task){.answer = PS_JSONATA_FAULT};
    }
    release_all(&run);
    *out = t.out;
    return t.answer;
}

ps_jsonata_answer ps_jsonata_eval(const ps_jsonata *e, const ps_jsonata_env *env, ps_value **out,
                                  ps_jsonata_error *err)
{
    const ps_jsonata_bounds *bounds = env->bounds ? env->bounds : &ps_jsonata_default;
    *out = ps_jx_direct(e, env, bounds);
    return *out ? PS_JSONATA_VALUE : run_through(e, env, bounds, out, err);
}
