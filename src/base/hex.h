/* hex.h -- hexadecimal digits, read. */
#ifndef PS_BASE_HEX_H
#define PS_BASE_HEX_H

/* What the character is worth, 0 to 15, in either case; -1: it is no such digit. */
static inline int ps_hex_digit(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
