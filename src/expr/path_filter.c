/* path_filter.c -- whether a value passes a filter. What Jayway throws as "invalid path" within a
 * filter means: does not pass, also behind '!'. */
#include "expr/path_walker.h"

void ps_operand_clear(ps_operand *operand)
{
    ps_value_unref(operand->value);
    ps_value_unref(operand->literal);
    operand->value = NULL;
    operand->literal = NULL;
}

static ps_operand_kind kind_of(const ps_value *v)
{
    switch (ps_value_kind(v)) {
    case PS_NULL:
        return PS_OPERAND_NULL;
    case PS_BOOL:
        return PS_OPERAND_BOOL;
    case PS_STRING:
        return PS_OPERAND_STRING;
    case PS_ARRAY:
    case PS_OBJECT:
        return PS_OPERAND_JSON;
    default:
        return PS_OPERAND_NUMBER;
    }
}

/* A chain from '$' gives the same for every item: it is walked once a job. */
static ps_walk read_chain(ps_path_job *job, const ps_chain *chain, const ps_value *item,
                          ps_value **out)
{
    if (chain->from_item || chain->plain) {
        return ps_chain_read(job, chain, chain->from_item ? item : job->document, false, out, NULL);
    }
    if (!job->cached[chain->slot]) {
        ps_value *v = NULL;
        ps_walk walked = ps_chain_read(job, chain, job->document, false, &v, NULL);
        if (walked != PS_WALK_ON && walked != PS_WALK_MISSING) {
            return walked;
        }
        job->cached[chain->slot] = true;
        job->cache[chain->slot] = v;
    }
    *out = ps_value_ref(job->cache[chain->slot]);
    return *out ? PS_WALK_ON : PS_WALK_MISSING;
}

static ps_walk read_path(ps_path_job *job, const ps_operand *operand, const ps_value *item,
                         ps_operand *out)
{
    ps_walk walked = read_chain(job, operand->chain, item, &out->value);
    if (walked == PS_WALK_MISSING) {
        out->kind = PS_OPERAND_UNDEFINED;
        return PS_WALK_ON;
    }
    if (walked == PS_WALK_ON) {
        out->kind = kind_of(out->value);
    }
    return walked;
}

/* Existence is asked of the item, also with '$', and every member on the way has to be there. */
static ps_walk read_existence(ps_path_job *job, const ps_operand *operand, const ps_value *item,
                              ps_operand *out)
{
    ps_value *v = NULL;
    ps_walk walked = ps_chain_read(job, operand->chain, item, true, &v, NULL);
    ps_value_unref(v);
    if (walked != PS_WALK_ON && walked != PS_WALK_MISSING) {
        return walked;
    }
    out->kind = PS_OPERAND_BOOL;
    out->value = ps_bool(walked == PS_WALK_ON);
    return PS_WALK_ON;
}

static ps_walk read_operand(ps_path_job *job, const ps_operand *operand, const ps_value *item,
                            ps_operand *out)
{
    *out = (ps_operand){0};
    if (operand->kind == PS_OPERAND_PATH) {
        return read_path(job, operand, item, out);
    }
    if (operand->kind == PS_OPERAND_EXISTS) {
        return read_existence(job, operand, item, out);
    }
    *out = *operand;
    out->value = ps_value_ref(operand->value);
    out->literal = ps_value_ref(operand->literal);
    return PS_WALK_ON;
}

static ps_walk eval_test(ps_path_job *job, const ps_path_filter *f, const ps_value *item,
                         bool *pass)
{
    ps_operand left = {0};
    ps_operand right = {0};
    ps_walk walked = read_operand(job, &f->left, item, &left);
    if (walked == PS_WALK_ON) {
        walked = read_operand(job, &f->right, item, &right);
    }
    if (walked == PS_WALK_ON) {
        walked = ps_path_filter_compare(job, f->test, &left, &right, pass);
    }
    ps_operand_clear(&left);
    ps_operand_clear(&right);
    return walked;
}

static ps_walk eval(ps_path_job *job, const ps_path_filter *f, const ps_value *item, bool *pass)
{
    ps_walk walked = PS_WALK_ON;
    if (f->kind == PS_PATH_TEST) {
        return eval_test(job, f, item, pass);
    }
    bool stop = f->kind == PS_PATH_ANY;
    *pass = !stop;
    for (size_t i = 0; i < f->count && walked == PS_WALK_ON && *pass != stop; i++) {
        walked = eval(job, f->parts[i], item, pass);
    }
    if (f->kind == PS_PATH_NOT) {
        *pass = !*pass;
    }
    return walked;
}

ps_walk ps_path_filter_pass(ps_path_job *job, const ps_path_filter *f, const ps_value *item,
                            bool *pass)
{
    *pass = false;
    if (ps_walker_enter(job) != PS_WALK_ON) {
        return PS_WALK_FAULT;
    }
    ps_walk walked = ps_path_burn(job, 1);
    if (walked == PS_WALK_ON) {
        walked = eval(job, f, item, pass);
    }
    job->frames--;
    if (walked == PS_WALK_INVALID) {
        *pass = false;
        walked = PS_WALK_ON;
    }
    return walked;
}
