/* check_resource.c -- what a Task calls: its Resource and Credentials. */
#include "asl/check_value.h"

/* Holds a substitution "${...}" somewhere. */
static bool unfinished(ps_str s)
{
    const char *open = s.len ? memchr(s.p, '$', s.len) : NULL;
    while (open) {
        size_t left = s.len - (size_t)(open - s.p);
        if (left > 2 && open[1] == '{' && memchr(open, '}', left)) {
            return true;
        }
        open = memchr(open + 1, '$', left - 1);
    }
    return false;
}

static void report_unknown(ps_walk *w, ps_str text, const ps_resource *r)
{
    ps_finding f = {.code = PS_SCHEMA, .warning = w->options->unlimited};
    ps_buf_addf(&f.message,
                "The resource provided %.*s is not recognized. The value is not a valid resource "
                "ARN, or the resource is not available in this region.",
                PS_WORDS(text));
    ps_str poll = ps_resource_poll(r);
    ps_str service = ps_resource_sdk_service(r);
    bool sdk = ps_str_starts(r->service, PS_STR("aws-sdk:"));
    bool dotted = r->verb.len > 0 && memchr(r->verb.p, '.', r->verb.len);
    if (dotted) {
        ps_buf_addf(&f.hint, "a pattern is .sync, .waitForTaskToken or, for states:startExecution, "
                             ".sync:2");
    } else if (!sdk && (r->pattern == PS_PATTERN_REQUEST || poll.len > 0) && service.len > 0 &&
               r->verb.len > 0) {
        ps_buf arn = {0};
        ps_buf_addf(&arn, "arn:aws:states:::aws-sdk:%.*s:%.*s", PS_WORDS(service),
                    PS_WORDS(r->verb));
        ps_buf_addf(&f.hint, "%.*s:%.*s is not an optimised integration: write %.*s",
                    PS_WORDS(r->service), PS_WORDS(r->verb), PS_WORDS(ps_buf_str(&arn)));
        if (poll.len > 0) {
            ps_buf_addf(&f.hint, " and poll with aws-sdk:%.*s:%.*s until it is done",
                        PS_WORDS(service), PS_WORDS(poll));
        }
        if (r->pattern == PS_PATTERN_REQUEST) {
            ps_finding_replace_take(w, &f, PS_STR(""), ps_string(ps_buf_str(&arn)));
        }
        ps_buf_free(&arn);
    } else if (r->pattern != PS_PATTERN_REQUEST) {
        ps_buf_addf(&f.hint, "%.*s:%.*s cannot be called in this pattern", PS_WORDS(r->service),
                    PS_WORDS(r->verb));
    }
    ps_walk_add(w, &f);
}

static void check_express(ps_walk *w, const ps_resource *r)
{
    /* the trailing space is AWS's */
    if (r->family == PS_FAMILY_ACTIVITY) {
        ps_walk_error(w, "Express state machine does not support Activity ARN");
    } else if (r->pattern == PS_PATTERN_SYNC) {
        ps_walk_error(w, "Express state machine does not support '.sync' service integration ");
    } else if (r->pattern == PS_PATTERN_TOKEN) {
        ps_walk_error(w, "Express state machine does not support '.waitForTaskToken' service "
                         "integration ");
    }
}

void ps_check_task_resource(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    ps_resource r;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_str text = ps_value_str(v);
    if (unfinished(text)) {
        return;
    }
    if (!ps_resource_parse(text, &r)) {
        ps_walk_error(w, "Value is not a valid resource ARN");
        return;
    }
    switch (ps_resource_known(&r)) {
    case PS_KNOWN:
        break;
    case PS_UNKNOWN:
        report_unknown(w, text, &r);
        return;
    case PS_FOREIGN:
        ps_walk_warn(w, "UNKNOWN_RESOURCE", "AWS Step Functions cannot call the resource %.*s",
                     PS_WORDS(text));
        break;
    }
    if (w->express) {
        check_express(w, &r);
    }
}

void ps_check_credentials(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_OBJECT)) {
        return;
    }
    if (!ps_check_get(v, "RoleArn") && !ps_check_get(v, "RoleArn.$")) {
        ps_walk_warn(w, "CREDENTIALS_WITHOUT_ROLE",
                     "AWS Step Functions takes no Credentials without RoleArn");
    }
    ps_check_template(w, v, f);
}
