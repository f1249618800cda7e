/* pattern_class.h -- the characters and character classes of JavaScript's regular expressions; for
 * pattern.c alone. */
#ifndef PS_JSONATA_PATTERN_CLASS_H
#define PS_JSONATA_PATTERN_CLASS_H

#include "base/buf.h"

#include <stdint.h>

typedef struct ps_pattern_reader {
    ps_str text;
    size_t i; /* what is read next */
    ps_buf *out;
    bool ignore_case;
    const char *why; /* why the pattern is refused; NULL */
} ps_pattern_reader;

/* Whether \c stands for several characters: \d \D \w \W \s \S. */
bool ps_pattern_is_set(int c);
/* Half a character outside the BMP. */
static inline bool ps_pattern_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}
/* Reads the escape at `i`, which stands for one character; two halves (\ud83d\ude00) are one. */
uint32_t ps_pattern_character(ps_pattern_reader *r, bool in_class);
/* Writes one character that stands for itself. */
void ps_pattern_literal(ps_pattern_reader *r, uint32_t code);
/* Translates the class, or the \d and the like, at `i`; false: refused. */
bool ps_pattern_class(ps_pattern_reader *r);
/* Writes half a character that was read, with the other half if that follows; false: refused. */
bool ps_pattern_half(ps_pattern_reader *r, uint32_t code);

#endif
