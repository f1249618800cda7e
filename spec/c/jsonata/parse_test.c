/* parse_test.c -- what does not parse, with code, place and words; the shape of
 * what does; what an expression refers to; and that no text is too deep or too
 * long to be told so at once. */
#include "check.h"
#include "jsonata/ast.h"
#include "value/json.h"

static ps_jsonata *compile(ps_str text)
{
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(text, &err);
    if (!e) {
        fprintf(stderr, "%.*s: %s %.*s\n", (int)text.len, text.p, err.code, (int)err.text.len,
                err.text.p);
    }
    CHECK(e != NULL);
    ps_jsonata_error_free(&err);
    return e;
}

/* -- errors
 * ---------------------------------------------------------------------------------
 */

/* fields: all of them, as JSON. */
static void refuses(const char *text, const char *code, size_t at, const char *fields,
                    const char *words)
{
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(ps_str_from(text), &err);
    CHECK(e == NULL);
    CHECK_STR(ps_str_from(err.code), code);
    CHECK(err.at == at);
    ps_error unread = {0};
    ps_value *want = ps_json_parse(ps_str_from(fields), NULL, &unread);
    bool same = err.fields && ps_value_equal(err.fields, want);
    CHECK(same);
    if (!same && err.fields) {
        ps_buf print = {0};
        ps_json_print(err.fields, &print);
        fprintf(stderr, "%s: %.*s\n", text, (int)print.len, print.p);
        ps_buf_free(&print);
    }
    CHECK_STR(ps_buf_str(&err.text), words);
    ps_value_unref(want);
    ps_jsonata_error_free(&err);
    ps_jsonata_free(e);
}

static void tells_of_tokens(void)
{
    refuses("\"open", "S0101", 5, "{\"position\":5}",
            "String literal must be terminated by a matching quote");
    refuses("1e999", "S0102", 0, "{\"token\":\"1e999\",\"position\":0}",
            "Number out of range: \"1e999\"");
    refuses("'a\\q'", "S0103", 3, "{\"token\":\"q\",\"position\":3}",
            "Unsupported escape sequence: \\\"q\"");
    refuses("'\\u12'", "S0104", 2, "{\"position\":2}",
            "The escape sequence \\u must be followed by 4 hex digits");
    refuses("a.`b", "S0105", 4, "{\"position\":4}",
            "Quoted property name must be terminated with a backquote (`)");
    refuses("/* a", "S0106", 0, "{\"position\":0}", "Comment has no closing tag");
    refuses("/*/", "S0106", 0, "{\"position\":0}", "Comment has no closing tag");
    refuses("a ~ b", "S0204", 3, "{\"token\":\"~\",\"position\":3}", "Unknown operator: \"~\"");
    refuses("$f(//)", "S0301", 4, "{\"position\":4}", "Empty regular expressions are not allowed");
    refuses("$f(/a(/)", "S0302", 8, "{\"position\":8}", "No terminating / in regular expression");
}

static void tells_of_syntax(void)
{
    refuses("a b", "S0201", 3, "{\"token\":\"b\",\"position\":3}", "Syntax error: \"b\"");
    refuses("[1, 2)", "S0202", 6, "{\"token\":\")\",\"value\":\"]\",\"position\":6}",
            "Expected \"]\", got \")\"");
    refuses("(1; 2", "S0203", 5, "{\"token\":\"(end)\",\"value\":\")\",\"position\":5}",
            "Expected \")\" before end of expression");
    refuses("", "S0207", 0, "{\"token\":\"(end)\",\"position\":0}", "Unexpected end of expression");
    refuses("1 +", "S0207", 3, "{\"token\":\"(end)\",\"position\":3}",
            "Unexpected end of expression");
    refuses("function($a, 2){ $a }", "S0208", 14, "{\"token\":2,\"value\":2,\"position\":14}",
            "Parameter 2 of function definition must be a variable name (start "
            "with $)");
    refuses("$x{'k': 1}[0]", "S0209", 11, "{\"position\":11}",
            "A predicate cannot follow a grouping expression in a step");
    refuses("a{'k': 1}{'k': 2}", "S0210", 10, "{\"position\":10}",
            "Each step can only have one grouping expression");
    refuses("= 1", "S0211", 1, "{\"token\":\"=\",\"position\":1}",
            "The symbol \"=\" cannot be used as a unary operator");
    refuses("a[0] := 1", "S0212", 2, "{\"token\":\"[\",\"position\":2}",
            "The left side of := must be a variable name (start with $)");
    refuses("a.true", "S0213", 6, "{\"value\":true,\"position\":6}",
            "The literal value true cannot be used as a step within a path "
            "expression");
    refuses("a@b", "S0214", 3, "{\"token\":\"@\",\"position\":3}",
            "The right side of \"@\" must be a variable name (start with $)");
    refuses("a[0]@$v", "S0215", 5, "{\"position\":5}",
            "A context variable binding must precede any predicates on a step");
    refuses("a^(b)@$v", "S0216", 6, "{\"position\":6}",
            "A context variable binding must precede the 'order-by' clause on a "
            "step");
    refuses("function($a)<(a<n>)>{ 1 }", "S0402", 14, "{\"value\":\"a<n>\",\"position\":14}",
            "Choice groups containing parameterized types are not supported");
    refuses("function($a)<n<n>>{ 1 }", "S0401", 15, "{\"value\":\"n\",\"position\":15}",
            "Type parameters can only be applied to functions and arrays");
}

static void tells_of_parents(void)
{
    const char *words = "The object representing the 'parent' cannot be derived "
                        "from this expression";
    refuses("%", "S0217", 0, "{\"token\":\"parent\"}", words);
    refuses("%.a", "S0217", 0, "{\"token\":\"path\"}", words);
    refuses("a.%.%", "S0217", 0, "{\"token\":\"path\"}", words);
    refuses("$f(a).%", "S0217", 3, "{\"token\":\"function\",\"position\":3}", words);
}

static void counts_positions_in_utf16(void)
{
    /* three bytes and one unit; four bytes and two units */
    refuses("'\xE2\x82\xAC' 1", "S0201", 7, "{\"token\":1,\"position\":5}", "Syntax error: 1");
    refuses("'\xF0\x9F\x98\x80' 1.50", "S0201", 11, "{\"token\":1.5,\"position\":9}",
            "Syntax error: 1.5");
    /* the reference looks for four digits beyond the end of the text, too */
    refuses("'\\u12", "S0101", 5, "{\"position\":7}",
            "String literal must be terminated by a matching quote");
}

/* -- shapes
 * ---------------------------------------------------------------------------------
 */

static void flattens_paths(void)
{
    ps_jsonata *e = compile(PS_STR("a.'b'[0][1].(c)[]"));
    const ps_node *n = e->root;
    CHECK(n->kind == PS_NODE_PATH && n->list.count == 3);
    CHECK(n->list.p[1]->kind == PS_NODE_NAME && n->list.p[1]->stage_count == 2);
    CHECK(n->list.p[2]->kind == PS_NODE_BLOCK && n->list.p[2]->keep_array);
    CHECK(n->keep_singleton);
    ps_jsonata_free(e);

    e = compile(PS_STR("[1].a.[b]{'k': c}"));
    n = e->root;
    CHECK(n->list.p[0]->cons_array && n->list.p[2]->cons_array);
    CHECK(n->group && n->group->count == 1);
    ps_jsonata_free(e);

    e = compile(PS_STR("a@$v.b#$i[c]#$j^(<d, >e)"));
    n = e->root;
    CHECK_STR(n->list.p[0]->focus, "v");
    CHECK_STR(n->list.p[1]->index, "i");
    CHECK(n->list.p[1]->stage_count == 2 && n->list.p[1]->stages[1].kind == PS_STAGE_INDEX);
    CHECK(n->list.p[2]->kind == PS_NODE_SORT && n->list.p[2]->terms[1].descending);
    ps_jsonata_free(e);
}

static void finds_parents(void)
{
    ps_jsonata *e = compile(PS_STR("a.b.c.{'x': %.d, 'y': %.%.d}"));
    const ps_node *steps = e->root;
    const ps_node *object = steps->list.p[3];
    const ps_node *near = object->pairs.p[0].value->list.p[0];
    const ps_node *far = object->pairs.p[1].value->list.p[1];
    CHECK(steps->list.p[2]->tuple && steps->list.p[1]->tuple && !steps->list.p[0]->tuple);
    CHECK(near->slot.len > 0 && ps_str_equal(near->slot, steps->list.p[2]->ancestor));
    CHECK(ps_str_equal(far->slot, steps->list.p[1]->ancestor));
    ps_jsonata_free(e);
}

static void knows_literals(void)
{
    ps_jsonata *e = compile(PS_STR("[-1.50, 1e2, '\\ud83d\\ude00', '\\ud83d']"));
    const ps_nodes *items = &e->root->list;
    CHECK(ps_value_double(items->p[0]->value) == -1.5);
    CHECK(ps_value_kind(items->p[1]->value) == PS_INT);
    CHECK_STR(ps_value_str(items->p[2]->value), "\xF0\x9F\x98\x80");
    CHECK_STR(ps_value_str(items->p[3]->value), "\xED\xA0\xBD");
    ps_jsonata_free(e);
}

static void binds_as_strongly_as_the_reference(void)
{
    ps_jsonata *e = compile(PS_STR("1 + 2 * 3 & 4 = 5 and 6 or 7"));
    CHECK(e->root->kind == PS_NODE_OR && e->root->left->kind == PS_NODE_AND);
    const ps_node *equal = e->root->left->left;
    CHECK(equal->op == PS_OP_EQUAL && equal->left->op == PS_OP_CONCATENATE);
    CHECK(equal->left->left->op == PS_OP_ADD);
    ps_jsonata_free(e);

    /* what stands behind ?? extends as far as it can */
    e = compile(PS_STR("a ?? b or c ?: d"));
    CHECK(e->root->kind == PS_NODE_COALESCE && e->root->right->kind == PS_NODE_OR);
    CHECK(e->root->right->right->kind == PS_NODE_DEFAULT);
    ps_jsonata_free(e);

    /* the words of operators are names where no operator can be */
    e = compile(PS_STR("and and or.in"));
    CHECK(e->root->kind == PS_NODE_AND && e->root->right->list.count == 2);
    ps_jsonata_free(e);
}

static void makes_thunks_of_tail_calls(void)
{
    ps_jsonata *e = compile(PS_STR("function($n){ ($m := $n; $n = 0 ? $m : $f($f($m))) }"));
    const ps_node *block = e->root->left;
    const ps_node *condition = block->list.p[1];
    CHECK(condition->kind == PS_NODE_CONDITION);
    CHECK(condition->other->kind == PS_NODE_LAMBDA && condition->other->thunk);
    CHECK(condition->other->left->kind == PS_NODE_CALL);
    CHECK(condition->other->left->list.p[0]->kind == PS_NODE_CALL);
    ps_jsonata_free(e);

    e = compile(PS_STR("function($n){ $f($n)[0] }"));
    CHECK(e->root->left->kind == PS_NODE_CALL);
    ps_jsonata_free(e);
}

/* -- references
 * -------------------------------------------------------------------------------
 */

static void write_reference(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member,
                            size_t at)
{
    ps_buf *out = arg;
    static const char kinds[] = {
        [PS_JSONATA_VARIABLE] = '$', [PS_JSONATA_ROOT] = '^', [PS_JSONATA_NEWER] = '!'};
    ps_buf_addf(out, "%s%c%.*s", out->len ? " " : "", kinds[kind], (int)name.len, name.p);
    if (member.len) {
        ps_buf_addf(out, ".%.*s", (int)member.len, member.p);
    }
    ps_buf_addf(out, "@%zu", at);
}

static void refers(const char *text, const char *want)
{
    ps_jsonata *e = compile(ps_str_from(text));
    ps_buf got = {0};
    ps_jsonata_references(e, write_reference, &got);
    CHECK_STR(ps_buf_str(&got), want);
    ps_buf_free(&got);
    ps_jsonata_free(e);
}

static void lists_references(void)
{
    refers("1 + 2", "");
    refers("$states.input.a + $x", "$states.input@7 $x@20");
    refers("$states.'input'[0]", "$states.input@7");
    refers("($x := $y; $x & $x)", "$y@9");
    refers("($x; $x := 1; $x)", "$x@3");
    refers("$f(function($a){ $a + $b })", "$f@2 $b@24");
    /* a function runs later: it sees what its block binds behind it */
    refers("($f := function(){ $g() }; $g := function(){ $f() }; $f())", "");
    refers("(($h := 1; $h); $h)", "$h@18");
    refers("($a@$v.b[$v]#$i.($v + $i + $j); $v)", "$a.b@3 $j@29 $v@34");
}

static void lists_uses_of_the_input(void)
{
    refers("a.b[c].d", "^a@1");
    refers("$$.a", "^$$@2");
    refers("$x.($ & a & $$)", "$x@2 ^$$@14");
    refers("[*, **, $]", "^*@2 ^**@6 ^$@9");
    refers("$x[a = 1]^(b){c: d}", "$x@2");
    refers("{'k': a}", "^a@7");
    refers("$x ~> | a | {'b': c} |", "$x@2");
    refers("$x ?? $y ?: 1", "$x@2 !??@5 $y@8 !?:@11");
}

/* -- bounds
 * -----------------------------------------------------------------------------------
 */

static ps_str repeated(ps_buf *out, const char *head, const char *part, size_t count,
                       const char *tail)
{
    ps_buf_clear(out);
    ps_buf_add(out, ps_str_from(head));
    for (size_t i = 0; i < count; i++) {
        ps_buf_add(out, ps_str_from(part));
    }
    ps_buf_add(out, ps_str_from(tail));
    return ps_buf_str(out);
}

static void refuses_what_nests_too_deep(void)
{
    static const char *const parts[] = {
        "(",    "[",   "{'a':", "-",    "$f(", "a[",     "a^(",  "function(){", "a?",   "a?1:",
        "$a:=", "|a|", "1+",    "$a~>", "a??", "a and ", "()()", "a.(",         "[a..", "%.("};
    ps_buf text = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ps_jsonata_error err = {0};
        ps_jsonata *e = ps_jsonata_new(repeated(&text, "", parts[i], 50000, "1"), &err);
        CHECK(e == NULL);
        CHECK_STR(ps_str_from(err.code), "S0901");
        CHECK(err.at <= text.len);
        ps_jsonata_error_free(&err);
    }
    ps_buf_free(&text);
}

static void count_reference(void *arg, ps_jsonata_reference kind, ps_str name, ps_str member,
                            size_t at)
{
    (void)kind, (void)name, (void)member, (void)at;
    ++*(size_t *)arg;
}

static void takes_long_paths(void)
{
    static const char *const parts[] = {".a",   "[0]",   "[0][]", "[]",
                                        "^(b)", "@$a.b", "#$a",   ".(%.a)"};
    ps_buf text = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ps_jsonata *e = compile(repeated(&text, "a", parts[i], 20000, ""));
        size_t visits = 0;
        ps_jsonata_references(e, count_reference, &visits);
        CHECK(visits > 0);
        ps_jsonata_free(e);
    }
    ps_buf_free(&text);
}

/* The work that `%` takes has a bound of its own: a long way up from many
 * places. */
static void refuses_too_many_parents(void)
{
    ps_buf text = {0};
    ps_buf head = {0};
    repeated(&head, "", "a.a.a.", 10000, "");
    ps_buf_add_char(&head, '\0');
    ps_jsonata_error err = {0};
    ps_jsonata *e = ps_jsonata_new(repeated(&text, head.p, "%.", 20000, "b"), &err);
    CHECK(e == NULL);
    CHECK_STR(ps_str_from(err.code), "S0901");
    ps_jsonata_error_free(&err);
    ps_buf_free(&head);
    ps_buf_free(&text);
}

static void refuses_bytes_that_are_no_text(void)
{
    ps_jsonata_error err = {0};
    CHECK(ps_jsonata_new(PS_STR("'a\xFF'"), &err) == NULL);
    CHECK_STR(ps_str_from(err.code), "S0201");
    CHECK(err.at == 2);
    ps_jsonata_error_free(&err);
}

int main(void)
{
    tells_of_tokens();
    tells_of_syntax();
    tells_of_parents();
    counts_positions_in_utf16();
    flattens_paths();
    finds_parents();
    knows_literals();
    binds_as_strongly_as_the_reference();
    makes_thunks_of_tail_calls();
    lists_references();
    lists_uses_of_the_input();
    refuses_what_nests_too_deep();
    takes_long_paths();
    refuses_too_many_parents();
    refuses_bytes_that_are_no_text();
    CHECK(ps_jsonata_is_builtin(PS_STR("sum")) && !ps_jsonata_is_builtin(PS_STR("summe")));
    return check_report();
}
