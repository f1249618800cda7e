/* path_regex.c -- the patterns of filters, on PCRE2, with limits that end a runaway match. */
#include "expr/path_layout.h"

#ifdef PS_WITH_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KIB 4096

static uint32_t option(char flag)
{
    switch (flag) {
    case 'i':
        return PCRE2_CASELESS;
    case 'x':
        return PCRE2_EXTENDED;
    case 'm':
        return PCRE2_MULTILINE;
    case 's':
        return PCRE2_DOTALL;
    case 'U':
        return PCRE2_UCP;
    default: /* 'u' and 'd' name what UTF matching does anyway */
        return 0;
    }
}

ps_status ps_path_regex_new(ps_str pattern, ps_str flags, void **out, ps_error *err)
{
    int code;
    PCRE2_SIZE at;
    /* the whole text has to match */
    uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
    for (size_t i = 0; i < flags.len; i++) {
        options |= option(flags.p[i]);
    }
    *out = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.len, options, &code, &at, NULL);
    if (!*out) {
        char words[100] = "";
        pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof words);
        return ps_fail(err, PS_EINPUT, 0, "JSONPath: bad regular expression: %s", words);
    }
    return PS_OK;
}

void ps_path_regex_free(void *regex)
{
    pcre2_code_free(regex);
}

ps_walk ps_path_regex_match(ps_path_job *job, const void *regex, ps_str text, bool *matches)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    pcre2_set_depth_limit(limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    int got = pcre2_match(regex, (PCRE2_SPTR)text.p, text.len, 0, PCRE2_NO_UTF_CHECK, data, limits);
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    *matches = got >= 0;
    if (got < 0 && got != PCRE2_ERROR_NOMATCH) {
        ps_env_fail(job->env, PS_STR("States.Runtime"),
                    "A regular expression in a JSONPath filter exceeded its match limit");
        return PS_WALK_FAULT;
    }
    return ps_path_burn(job, 1 + text.len / 16);
}

#else

ps_status ps_path_regex_new(ps_str pattern, ps_str flags, void **out, ps_error *err)
{
    (void)pattern;
    (void)flags;
    *out = NULL;
    return ps_fail(err, PS_EUNSUPPORTED, 0, "JSONPath: regular expressions: built without PCRE2");
}

void ps_path_regex_free(void *regex)
{
    (void)regex;
}

ps_walk ps_path_regex_match(ps_path_job *job, const void *regex, ps_str text, bool *matches)
{
    (void)job;
    (void)regex;
    (void)text;
    *matches = false;
    return PS_WALK_ON;
}

#endif
