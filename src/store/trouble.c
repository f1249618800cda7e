/* trouble.c -- the names of faults, and how one is told. */
#include "store/backend.h"

#include <stdarg.h>
#include <stdio.h>

const char *ps_store_fault_name(ps_store_fault fault)
{
    static const char *const names[] = {[PS_STORE_FINE] = "",
#define ROW(id, name) [PS_STORE_##id] = name,
                                        PS_STORE_FAULTS(ROW)
#undef ROW
    };
    return names[fault];
}

ps_store_fault ps_trouble_set(ps_trouble *t, ps_store_fault fault, size_t culprit,
                              const char *format, ...)
{
    va_list list;
    t->fault = fault;
    t->culprit = culprit;
    va_start(list, format);
    (void)vsnprintf(t->text, sizeof t->text, format, list);
    va_end(list);
    return fault;
}
