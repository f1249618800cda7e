/* integer_picture.h -- pictures of integers ("#,##0", "w;o", "I"), XPath's format-integer: taken
 * apart once, then written or read by. Dates write their parts with them, too. */
#ifndef PS_JSONATA_INTEGER_PICTURE_H
#define PS_JSONATA_INTEGER_PICTURE_H

#include "jsonata/codes.h"

typedef enum ps_integer_style {
    PS_INTEGER_DECIMAL,
    PS_INTEGER_LETTERS,
    PS_INTEGER_ROMAN,
    PS_INTEGER_WORDS,
    PS_INTEGER_SEQUENCE, /* anything else: refused when it is used (D3130) */
} ps_integer_style;

typedef enum ps_letter_case { PS_CASE_LOWER, PS_CASE_UPPER, PS_CASE_TITLE } ps_letter_case;

typedef struct ps_integer_separator {
    size_t position; /* digits to its right */
    uint32_t code;
} ps_integer_separator;

typedef struct ps_integer_picture {
    ps_integer_style style;
    ps_letter_case letters;
    bool ordinal;
    /* Of PS_INTEGER_DECIMAL: */
    uint32_t zero;
    double mandatory; /* digits; NaN in any other style */
    double optional;
    size_t every; /* separators[0] stands behind every so many digits; 0: each in its place */
    ps_integer_separator *separators; /* from the right */
    size_t separator_count;
    ps_codes token; /* of PS_INTEGER_SEQUENCE */
} ps_integer_picture;

/* D3131: digits of two families. */
ps_integer_picture ps_integer_picture_read(ps_jx_run *run, const ps_jx_call *call,
                                           ps_codes picture);

/* Appends `n`, which is integral, NaN or infinite. D3130. */
void ps_integer_print(ps_jx_run *run, const ps_jx_call *call, const ps_integer_picture *picture,
                      double n, ps_codes *out);
/* The number that `text` stands for; NaN where it is none. D3130. */
double ps_integer_parse(ps_jx_run *run, const ps_jx_call *call, const ps_integer_picture *picture,
                        ps_str text);
_Noreturn void ps_integer_refuse(ps_jx_run *run, const ps_jx_call *call,
                                 const ps_integer_picture *picture);

/* -- number_words.c -------------------------------------------------------------------------- */

/* "one hundred and first", each word with a capital; `n` is finite, integral and not negative. */
void ps_number_words_print(ps_jx_run *run, double n, bool ordinal, ps_codes *out);
/* The value of words in lower case; NaN for what is none. */
double ps_number_words_parse(ps_jx_run *run, ps_str text);
/* The words that numbers are made of, in lower case. */
extern const size_t ps_number_word_count;
ps_str ps_number_word_at(size_t i);

#endif
