/* meta.c -- built-ins about values and the evaluation itself: $eval, $error, $assert, $type,
 * $exists, $boolean, $not, $clone. */
#include "base/mem.h"
#include "jsonata/eval.h"

static ps_jx fn_boolean(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    return args[0].kind == PS_JX_UNDEFINED ? args[0] : ps_jx_bool(ps_jx_truth(run, args[0]));
}

static ps_jx fn_not(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    return args[0].kind == PS_JX_UNDEFINED ? args[0] : ps_jx_bool(!ps_jx_truth(run, args[0]));
}

static ps_jx fn_exists(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run, (void)call, (void)count;
    return ps_jx_bool(args[0].kind != PS_JX_UNDEFINED);
}

static ps_jx fn_type(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    static const char *const names[] = {"",       "null",  "boolean", "number",
                                        "string", "array", "object",  "function"};
    (void)call, (void)count;
    if (args[0].kind == PS_JX_UNDEFINED) {
        return args[0];
    }
    /* The reference takes NaN for an object; infinities are refused. */
    bool nan = args[0].kind == PS_JX_NUMBER && !ps_jx_is_numeric(run, args[0]);
    return ps_jx_slice(ps_str_from(nan ? "object" : names[args[0].kind]));
}

static _Noreturn void fail(ps_jx_run *run, const char *code, size_t at, ps_jx message, ps_str usual)
{
    ps_str words = message.kind == PS_JX_STRING ? ps_jx_str(message) : usual;
    ps_jx_fields f = {.message = words.len ? words : usual};
    ps_jx_throw(run, code, at, &f);
}

static ps_jx fn_error(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    fail(run, "D3137", call->at, args[0], PS_STR("$error() function evaluated"));
}

static ps_jx fn_assert(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (args[0].kind != PS_JX_BOOL || !args[0].b) {
        fail(run, "D3141", call->at, args[1], PS_STR("$assert() statement failed"));
    }
    return PS_JX_NOTHING;
}

static ps_jx fn_clone(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    return ps_jx_clone(run, args[0]);
}

/* -- $eval ------------------------------------------------------------------------------------ */

/* What a tree takes at most for each byte of its text ("1,1,1"), and at least. */
enum { TREE_BYTES = 512, TREE_LEAST = 2048 };

typedef struct evaluation {
    const ps_jsonata *e;
    ps_jx input, result;
    ps_jx_frame *frame;
} evaluation;

static void release(void *p)
{
    ps_jsonata_free(p);
}

static void work(ps_jx_run *run, void *arg)
{
    evaluation *v = arg;
    v->result = ps_jx_eval(run, v->e->root, v->input, v->frame);
}

/* The fault so far becomes the value of another one. */
static _Noreturn void pass_on(ps_jx_run *run, const char *code, size_t at)
{
    ps_jx_fields f = {.value = ps_jx_string(run, ps_buf_str(&run->err->text))};
    ps_jx_throw(run, code, at, &f);
}

static bool is_bound(const ps_jsonata_error *err)
{
    return err->code[0] == 'U';
}

static ps_jx fn_eval(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (args[0].kind == PS_JX_UNDEFINED) {
        return args[0];
    }
    ps_str text = ps_jx_str(args[0]);
    ps_jx_burn(run, text.len * 4 + 50);
    ps_jx_count_bytes(run, TREE_LEAST);
    ps_jx_count_bytes(run, text.len < SIZE_MAX / TREE_BYTES ? text.len * TREE_BYTES : SIZE_MAX);
    ps_jsonata *e = ps_alloc(sizeof *e);
    *e = (ps_jsonata){.text = ps_alloc(text.len), .len = text.len};
    ps_jx_keep(run, release, e);
    if (text.len) {
        memcpy(e->text, text.p, text.len);
    }
    ps_jsonata_error_free(run->err);
    if (!ps_jx_parse(e, ps_jsonata_text(e), run->err)) {
        pass_on(run, "D3120", call->at);
    }
    ps_jx_resolve(e, true);
    ps_jx input = args[1].kind == PS_JX_UNDEFINED ? call->input : args[1];
    if (args[1].kind == PS_JX_ARRAY && !(ps_jx_flags(args[1]) & PS_JX_SEQUENCE)) {
        ps_jx_list *whole = ps_jx_list_new(run, 1, PS_JX_SEQUENCE | PS_JX_OUTER_WRAPPER);
        ps_jx_add(run, whole, args[1]);
        input = ps_jx_array(whole);
    }
    evaluation v = {.e = e, .input = input, .frame = run->frame};
    const ps_jsonata *outer = run->expression;
    const ps_jx_trace *trace = run->trace;
    struct ps_jx_segment *stack = run->stack;
    size_t depth = run->depth;
    /* Places in this text are told in its own words. */
    run->expression = e;
    run->trace = NULL;
    bool done = ps_jx_try(run, work, &v);
    run->expression = outer;
    run->trace = trace;
    run->stack = stack;
    run->depth = depth;
    if (done) {
        return v.result;
    }
    if (is_bound(run->err)) {
        ps_jx_fields f = {.message = ps_jx_str(ps_jx_string(run, ps_buf_str(&run->err->text)))};
        ps_jx_throw(run, "U1001", call->at, &f);
    }
    pass_on(run, "D3121", call->at);
}

const ps_jx_native ps_jx_meta_functions[] = {
    {"boolean", "<x-:b>", fn_boolean, 1},
    {"not", "<x-:b>", fn_not, 1},
    {"exists", "<x:b>", fn_exists, 1},
    {"type", "<x:s>", fn_type, 1},
    {"error", "<s?:x>", fn_error, 1},
    {"assert", "<bs?:x>", fn_assert, 2},
    {"clone", "<(oa)-:o>", fn_clone, 1},
    {"eval", "<sx?:x>", fn_eval, 2},
    {NULL, NULL, NULL, 0},
};
