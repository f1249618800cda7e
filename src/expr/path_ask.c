/* path_ask.c -- a path asked as Jayway's library would be, without Step Functions around it. */
#include "expr/path_layout.h"

static ps_path *compile(ps_str text, ps_error *err)
{
    ps_buf whole = {0};
    if (text.len && text.p[0] == '@') {
        ps_buf_add_char(&whole, '$');
        text = (ps_str){text.p + 1, text.len - 1};
    } else if (!text.len || text.p[0] != '$') {
        ps_buf_add(&whole, PS_STR("$."));
    }
    ps_buf_add(&whole, text);
    ps_path *p = ps_path_new(ps_buf_str(&whole), err);
    ps_buf_free(&whole);
    if (p && p->root != PS_ROOT_INPUT) {
        ps_path_free(p);
        p = NULL;
    }
    return p;
}

static ps_path_answer answer_of(ps_walk walked)
{
    switch (walked) {
    case PS_WALK_ON:
        return PS_ANSWER_OK;
    case PS_WALK_MISSING:
        return PS_ANSWER_NOT_FOUND;
    case PS_WALK_INVALID:
        return PS_ANSWER_INVALID_PATH;
    default:
        return PS_ANSWER_ERROR;
    }
}

ps_path_answer ps_path_ask(ps_str text, const ps_value *document, ps_value **result,
                           ps_value **paths)
{
    ps_error err;
    ps_env env = {0};
    *result = NULL;
    *paths = NULL;
    ps_path *p = compile(text, &err);
    if (!p) {
        return PS_ANSWER_INVALID_PATH;
    }
    ps_walk walked = ps_path_walk(p, document, &env, result, NULL);
    if (walked == PS_WALK_ON) {
        *paths = ps_path_list(p, document, &env);
    }
    ps_path_free(p);
    ps_env_free(&env);
    return answer_of(walked);
}

const char *ps_path_answer_name(ps_path_answer answer)
{
    static const char *const names[] = {"ok", "not_found", "invalid_path", "error"};
    return names[answer];
}
