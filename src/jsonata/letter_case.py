#!/usr/bin/env python3
# Makes letter_case_table.h anew from the Unicode that this Python knows:
#   src/jsonata/letter_case.py >src/jsonata/letter_case_table.h
import unicodedata

ALL = [c for c in range(0x80, 0x110000) if not 0xD800 <= c <= 0xDFFF]


def shifts(convert):
    """Runs of letters that all move by the same distance: every one, or every other one."""
    runs = []
    for c in ALL:
        to = convert(chr(c))
        if len(to) != 1 or ord(to) == c:
            continue
        delta = ord(to) - c
        last = runs[-1] if runs else None
        step = c - last[1] if last else 0
        if last and last[3] == delta and step <= 2 and last[2] in (0, step):
            last[1], last[2] = c, step
        else:
            runs.append([c, c, 0, delta])
    return runs


def several(convert):
    return [(c, convert(chr(c))) for c in ALL if len(convert(chr(c))) > 1]


# A capital sigma tells by its own lower case what stands around it.
def ignorable(c):
    """Case_Ignorable: the letter behind it still counts."""
    return ("A\u03a3" + chr(c) + "A").lower()[1] == "\u03c3" and \
        ("A\u03a3" + chr(c)).lower()[1] == "\u03c2"


def cased(c):
    """Cased, and not Case_Ignorable."""
    return (chr(c) + "\u03a3").lower()[-1] == "\u03c2"


def ranges(test):
    found = []
    for c in [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and test(c)]:
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def table(name, kind, rows):
    print(f"static const {kind} {name}[] = {{")
    line = "   "
    for row in rows:
        if len(line) + len(row) + 2 > 100:
            print(line)
            line = "   "
        line += f" {row},"
    print(line + "\n};\n")


print(f"""/* letter_case_table.h -- upper and lower case of letters beyond ASCII, from Unicode {unicodedata.unidata_version};
 * made by letter_case.py, for letter_case.c alone. */
#ifndef PS_JSONATA_LETTER_CASE_TABLE_H
#define PS_JSONATA_LETTER_CASE_TABLE_H

#include <stdint.h>

/* Letters that move by `delta`: all from first to last, or every other one (step 2). */
typedef struct letter_shift {{
    uint32_t first, last;
    int32_t step, delta;
}} letter_shift;

/* Letters that become several, in UTF-8. */
typedef struct letter_several {{
    uint32_t letter;
    char to[8];
}} letter_several;

typedef struct letter_range {{
    uint32_t first, last;
}} letter_range;

/* clang-format off */
""")
for name, convert in (("upper", str.upper), ("lower", str.lower)):
    rows = [f"{{0x{a:x}, 0x{b:x}, {s or 1}, {d}}}" for a, b, s, d in shifts(convert)]
    table(name + "_shifts", "letter_shift", rows)
    rows = ["{0x%x, \"%s\"}" % (c, "".join("\\%03o" % b for b in to.encode()))
            for c, to in several(convert)]
    table(name + "_several", "letter_several", rows)
table("cased", "letter_range", [f"{{0x{a:x}, 0x{b:x}}}" for a, b in ranges(cased)])
table("ignorable", "letter_range", [f"{{0x{a:x}, 0x{b:x}}}" for a, b in ranges(ignorable)])
print("/* clang-format on */\n\n#endif")
