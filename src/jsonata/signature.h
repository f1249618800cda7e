/* signature.h -- a function signature as it was read; for signature.c and signature_apply.c. */
#ifndef PS_JSONATA_SIGNATURE_H
#define PS_JSONATA_SIGNATURE_H

#include "jsonata/jx.h"

/* What an argument can be: one bit for each of the reference's letters. */
enum {
    PS_TAKES_ARRAY = 1,
    PS_TAKES_STRING = 2,
    PS_TAKES_NUMBER = 4,
    PS_TAKES_BOOLEAN = 8,
    PS_TAKES_NOTHING = 16, /* null */
    PS_TAKES_FUNCTION = 32,
    PS_TAKES_OBJECT = 64,
    PS_TAKES_MISSING = 128,
    PS_TAKES_JSON = PS_TAKES_ARRAY | PS_TAKES_STRING | PS_TAKES_NUMBER | PS_TAKES_BOOLEAN |
                    PS_TAKES_NOTHING | PS_TAKES_OBJECT | PS_TAKES_MISSING,
    PS_TAKES_ANYTHING = PS_TAKES_JSON | PS_TAKES_FUNCTION,
};

typedef struct ps_parameter {
    uint8_t accepts;
    uint8_t context; /* what the context may be where it stands in; 0: it does not */
    ps_str type;     /* its letter, or a choice with its brackets */
    bool optional, repeated;
    bool lazy;      /* takes as few arguments as it can */
    bool typed;     /* a<...> */
    ps_str subtype; /* of typed: between the brackets */
} ps_parameter;

struct ps_jx_signature {
    ps_parameter *parameters;
    size_t count;
    bool plain; /* no parameter is repeated or lazy */
    bool repeats;
    char *text;
};

/* What the letter of one type takes; 0: it is none. */
uint8_t ps_signature_letter(char c);

static inline bool ps_parameter_is(const ps_parameter *p, char type)
{
    return p->type.p[0] == type;
}

#endif
