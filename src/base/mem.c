/* mem.c -- allocation that never answers NULL. */
#include "base/mem.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *p, size_t size)
{
    if (!p) {
        fprintf(stderr, "passo: out of memory (%zu bytes)\n", size);
        abort();
    }
    return p;
}

void *ps_alloc(size_t size)
{
    /* What no object can have is not asked for: compilers that see as far warn of it. */
    return checked(size <= PTRDIFF_MAX ? malloc(size ? size : 1) : NULL, size);
}

void *ps_alloc_zeroed(size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    return checked(calloc(count, size), size);
}

void *ps_realloc(void *p, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        return checked(NULL, SIZE_MAX);
    }
    size *= count;
    return checked(realloc(p, size ? size : 1), size);
}

void ps_free(void *p)
{
    free(p);
}

void ps_wipe(void *p, size_t size)
{
    OPENSSL_cleanse(p, size);
}

size_t ps_grow(size_t capacity, size_t need)
{
    size_t grown = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
    if (grown < 8) {
        grown = 8;
    }
    return grown < need ? need : grown;
}
