/* cases_test.c -- the cases of spec/cases/expr: one JSON object a line.
 *
 *   intrinsic.jsonl  {call, input, ...}        template.jsonl  {template, input, ...}
 *   choice.jsonl     {rules, input, ...}
 *
 * and what becomes of it: `gives` a value (compared as it prints), `matches` the index of a rule or
 * null, `fails` as "error: cause", or `refused` at compile time: an intrinsic as "offset: text",
 * the others as a list of "pointer: text". */
#include "expr/choice.h"
#include "expr/evaluate.h"
#include "expr/intrinsic.h"
#include "expr/template.h"

static void note(void *arg, ps_str pointer, const ps_error *err)
{
    ps_value *list = arg;
    ps_buf b = {0};
    ps_buf_add(&b, pointer);
    ps_buf_addf(&b, ": %s", err->text);
    ps_array_add_take(list, ps_string(ps_buf_str(&b)));
    ps_buf_free(&b);
}

static void tell(world *w, const char *what)
{
    ps_buf_add(&w->result, ps_str_from(what));
}

/* `v` or, where it is NULL, the fault. Takes `v`. */
static void tell_outcome(world *w, const char *what, ps_value *v)
{
    ps_buf fault = {0};
    if (v) {
        tell(w, what);
        tell_value(w, v);
        return;
    }
    tell_fault(w);
    fault = w->result;
    w->result = (ps_buf){0};
    tell(w, "fails ");
    ps_json_print_string(ps_buf_str(&fault), &w->result);
    ps_buf_free(&fault);
}

static void run_call(world *w, const ps_value *call)
{
    ps_error err = {0};
    ps_intrinsic *f = ps_intrinsic_new(ps_value_str(call), &err);
    if (f) {
        tell_outcome(w, "gives ", ps_intrinsic_eval(f, w->input, &w->env));
    } else {
        ps_value *text = ps_stringf("%zu: %s", err.at, err.text);
        tell(w, "refused ");
        tell_value(w, text);
    }
    ps_intrinsic_free(f);
}

static void run_template(world *w, const ps_value *definition)
{
    ps_error err = {0};
    ps_value *findings = ps_array(0);
    ps_template *t = ps_template_new(definition, note, findings, &err);
    if (t) {
        tell_outcome(w, "gives ", ps_template_eval(t, w->input, PS_STR(""), &w->env));
    } else {
        tell(w, "refused ");
        tell_value(w, ps_value_ref(findings));
    }
    ps_template_free(t);
    ps_value_unref(findings);
}

static void run_rules(world *w, const ps_value *rules)
{
    ps_error err = {0};
    ps_value *findings = ps_array(0);
    ps_choices *c = ps_choices_new(rules, note, findings, &err);
    if (c) {
        size_t i = ps_choices_eval(c, w->input, &w->env);
        ps_value *found = i == PS_CHOICE_NONE ? ps_null() : ps_int((int64_t)i);
        if (i == PS_CHOICE_FAULT) {
            ps_value_set_take(&found, NULL);
        }
        tell_outcome(w, "matches ", found);
    } else {
        tell(w, "refused ");
        tell_value(w, ps_value_ref(findings));
    }
    ps_choices_free(c);
    ps_value_unref(findings);
}

static void check_case(const ps_value *c, const char *file, int line)
{
    static const char *const outcomes[] = {"gives", "matches", "fails", "refused"};
    const ps_value *call = ps_object_get(c, PS_STR("call"));
    const ps_value *definition = ps_object_get(c, PS_STR("template"));
    const ps_value *rules = ps_object_get(c, PS_STR("rules"));
    ps_buf want = {0};
    world w;
    world_open(&w, "{}");
    ps_value_set_take(&w.input, ps_value_ref(ps_object_get(c, PS_STR("input"))));
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        const ps_value *v = ps_object_get(c, ps_str_from(outcomes[i]));
        if (v) {
            ps_buf_addf(&want, "%s ", outcomes[i]);
            ps_json_print(v, &want);
        }
    }
    if (call) {
        run_call(&w, call);
    } else if (definition) {
        run_template(&w, definition);
    } else if (rules) {
        run_rules(&w, rules);
    }
    ps_buf_add_char(&want, '\0');
    check_text(ps_buf_str(&w.result), want.p, file, line);
    ps_buf_free(&want);
    world_close(&w);
}

static void check_file(const char *file)
{
    ps_buf text = {0};
    int line = 0;
    FILE *f = fopen(file, "rb");
    CHECK(f != NULL);
    for (int c; f && (c = getc(f)) != EOF;) {
        if (c != '\n') {
            ps_buf_add_char(&text, (char)c);
            continue;
        }
        line++;
        ps_buf_add_char(&text, '\0');
        ps_value *v = parse(text.p);
        check_case(v, file, line);
        ps_value_unref(v);
        ps_buf_clear(&text);
    }
    CHECK(line > 0);
    ps_buf_free(&text);
    if (f) {
        fclose(f);
    }
}

int main(void)
{
    check_file("spec/cases/expr/intrinsic.jsonl");
    check_file("spec/cases/expr/choice.jsonl");
    check_file("spec/cases/expr/template.jsonl");
    return check_report();
}
