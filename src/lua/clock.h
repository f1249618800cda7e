/* clock.h -- what the module asks of the operating system: the time, and randomness for seeds. */
#ifndef PS_LUA_CLOCK_H
#define PS_LUA_CLOCK_H

#include "lua/binding.h"

/* False where the system has no randomness to give. */
bool ps_system_random(void *out, size_t len);
/* Wall time, milliseconds since 1970-01-01 UTC. */
int64_t ps_system_now_ms(void);

#endif
