/* intrinsic_format.c -- States.Format: fills the {} of a template with what Java prints. */
#include "expr/intrinsic_internal.h"
#include "expr/intrinsic_java.h"

typedef struct filling {
    ps_evaluation *e;
    const ps_call *call;
    ps_value *const *arguments;
    size_t used; /* arguments[0] is the template */
    ps_buf text;
} filling;

static bool fill_hole(filling *f)
{
    if (f->used + 1 >= f->call->count) {
        ps_intrinsic_refuse(f->e, f->call,
                            "number of arguments do not match the occurrences of {}");
        return false;
    }
    const ps_value *v = f->arguments[++f->used];
    if (ps_value_bytes(v) > PS_INTRINSIC_MAX_BYTES || f->text.len > PS_INTRINSIC_MAX_BYTES) {
        ps_intrinsic_refuse(f->e, f->call, "the result is longer than %zu bytes",
                            PS_INTRINSIC_MAX_BYTES);
        return false;
    }
    ps_java_print(v, &f->text);
    return true;
}

static bool is_escape(ps_str s, size_t at)
{
    return s.p[at] == '\\' && at + 1 < s.len && strchr("'{}\\", s.p[at + 1]) && s.p[at + 1];
}

static bool fill_template(filling *f, ps_str s)
{
    size_t at = 0;
    while (at < s.len) {
        size_t start = at;
        while (at < s.len && s.p[at] != '\\' && s.p[at] != '{' && s.p[at] != '}') {
            at++;
        }
        ps_buf_add(&f->text, (ps_str){s.p + start, at - start});
        if (at == s.len) {
            break;
        }
        if (s.p[at] == '\\') {
            at += is_escape(s, at);
            ps_buf_add_char(&f->text, s.p[at++]);
        } else if (s.p[at] == '{' && at + 1 < s.len && s.p[at + 1] == '}') {
            if (!fill_hole(f)) {
                return false;
            }
            at += 2;
        } else {
            ps_intrinsic_refuse(f->e, f->call, "matching '%c' not found for '%c'",
                                s.p[at] == '{' ? '}' : '{', s.p[at]);
            return false;
        }
    }
    return true;
}

ps_value *ps_intrinsic_format(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    /* A literal's braces are escaped in the literal; unescaped, they would look like holes. */
    const ps_argument *first = &c->arguments[0];
    ps_str s = first->kind == PS_ARGUMENT_LITERAL ? first->raw : ps_value_str(arguments[0]);
    filling f = {.e = e, .call = c, .arguments = arguments};
    ps_value *result = NULL;
    if (fill_template(&f, s)) {
        if (f.used + 1 == c->count) {
            result = ps_string(ps_buf_str(&f.text));
        } else {
            ps_intrinsic_refuse(e, c, "number of arguments do not match the occurrences of {}");
        }
    }
    ps_buf_free(&f.text);
    return result;
}
