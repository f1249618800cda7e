/* fn_date.c -- $now, $millis, $fromMillis, $toMillis. */
#include "jsonata/calendar.h"
#include "jsonata/date_picture.h"
#include "jsonata/jx.h"

static ps_jx format(ps_jx_run *run, const ps_jx_call *call, double ms, ps_jx picture, ps_jx zone)
{
    ps_str text = ps_jx_is(picture, PS_JX_STRING)
                      ? ps_jx_str(picture)
                      : PS_STR("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]");
    return ps_date_format(run, call, text, ms, zone);
}

static ps_jx fn_now(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    return format(run, call, (double)run->env->now_ms, args[0], args[1]);
}

static ps_jx fn_millis(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)args, (void)count;
    return ps_jx_number((double)run->env->now_ms);
}

static ps_jx fn_from_millis(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return PS_JX_NOTHING;
    }
    return format(run, call, ps_jx_double(args[0]), args[1], args[2]);
}

static ps_jx fn_to_millis(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    double ms;
    if (!ps_jx_is(args[0], PS_JX_STRING)) {
        return PS_JX_NOTHING;
    }
    if (!ps_jx_is(args[1], PS_JX_STRING)) {
        ps_jx_burn(run, ps_jx_str(args[0]).len / 16);
        if (!ps_iso_date_parse(ps_jx_str(args[0]), &ms)) {
            ps_jx_fields f = {.token = call->name, .value = args[0]};
            ps_jx_throw(run, "D3110", call->at, &f);
        }
        return ps_jx_number(ms);
    }
    bool read = ps_date_parse(run, call, ps_jx_str(args[1]), ps_codes_read(run, ps_jx_str(args[0])),
                              (double)run->env->now_ms, &ms);
    return read ? ps_jx_number(ms) : PS_JX_NOTHING;
}

const ps_jx_native ps_jx_date_functions[] = {
    {"now", "<s?s?:s>", fn_now, 2},
    {"millis", "<:n>", fn_millis, 0},
    {"fromMillis", "<n-s?s?:s>", fn_from_millis, 3},
    {"toMillis", "<s-s?:n>", fn_to_millis, 2},
    {0},
};
