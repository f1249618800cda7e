/* mem.h -- the one place that allocates. Running out of memory aborts here, with a message;
 * budgets (value sizes, profiles) are checked long before, so callers never see NULL. */
#ifndef PS_BASE_MEM_H
#define PS_BASE_MEM_H

#include <stddef.h>

/* `size` bytes, uninitialised; 0 gives a pointer that may be freed. */
void *ps_alloc(size_t size);
/* `count` * `size` zeroed bytes; a product that overflows aborts. */
void *ps_alloc_zeroed(size_t count, size_t size);
/* As realloc; `count` * `size` overflowing aborts. */
void *ps_realloc(void *p, size_t count, size_t size);
void ps_free(void *p);
/* Overwrites a secret, also where the compiler sees that nobody reads it again. */
void ps_wipe(void *p, size_t size);

/* The capacity to grow an array to, so that `need` elements fit: doubling, at least 8. */
size_t ps_grow(size_t capacity, size_t need);

#endif
