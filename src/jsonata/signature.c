/* signature.c -- reads function signatures, <s-nn?:s>. */
#include "jsonata/signature.h"

#include "base/mem.h"

uint8_t ps_signature_letter(char c)
{
    switch (c) {
    case 'a':
        return PS_TAKES_ARRAY;
    case 's':
        return PS_TAKES_STRING;
    case 'n':
        return PS_TAKES_NUMBER;
    case 'b':
        return PS_TAKES_BOOLEAN;
    case 'l':
        return PS_TAKES_NOTHING;
    case 'f':
        return PS_TAKES_FUNCTION;
    case 'o':
        return PS_TAKES_OBJECT;
    case 'm':
        return PS_TAKES_MISSING;
    default:
        return 0;
    }
}

/* The offset of the bracket that closes the one at `from`, or the text's end. */
static size_t closing(ps_str text, size_t from, char open, char close)
{
    size_t depth = 1;
    size_t i = from + 1;
    for (; i < text.len; i++) {
        if (text.p[i] == close) {
            if (--depth == 0) {
                break;
            }
        } else if (text.p[i] == open) {
            depth++;
        }
    }
    return i;
}

static ps_parameter *add(ps_jx_signature *s, ps_str type, uint8_t accepts)
{
    ps_parameter *p = &s->parameters[s->count++];
    *p = (ps_parameter){.type = type, .accepts = accepts};
    return p;
}

static void modify(ps_jx_signature *s, ps_parameter *p, char how)
{
    bool quantified = p->optional || p->repeated;
    if (how == '-') {
        p->context = quantified ? PS_TAKES_ANYTHING : p->accepts;
    }
    if (quantified) {
        p->lazy = how != '+';
    } else if (how == '+') {
        p->repeated = s->repeats = true;
    } else {
        p->optional = true;
    }
    s->plain = s->plain && !p->lazy && !p->repeated;
}

static void refuse(ps_jsonata_error *err, const char *code, size_t at, ps_str value)
{
    ps_value *fields = ps_object(1);
    if (value.len > 0) {
        ps_object_put_take(fields, PS_STR("value"), ps_string(value));
    }
    memcpy(err->code, code, strlen(code) + 1);
    err->at = at;
    ps_value_set_take(&err->fields, fields);
}

static ps_str part(const ps_jx_signature *s, size_t from, size_t to)
{
    return (ps_str){s->text + from, to > from ? to - from : 0};
}

/* Reads what stands at `i`; the offset of its last byte, or 0 with `err`. */
static size_t read_one(ps_jx_signature *s, ps_str text, size_t i, size_t at, ps_jsonata_error *err)
{
    ps_parameter *last = s->count > 0 ? &s->parameters[s->count - 1] : NULL;
    char c = text.p[i];
    size_t end;
    switch (c) {
    case 's':
    case 'n':
    case 'b':
    case 'l':
    case 'o':
        add(s, part(s, i, i + 1), ps_signature_letter(c) | PS_TAKES_MISSING);
        return i;
    case 'a':
    case 'x':
        add(s, part(s, i, i + 1), PS_TAKES_ANYTHING);
        return i;
    case 'f':
        add(s, part(s, i, i + 1), PS_TAKES_FUNCTION);
        return i;
    case 'j':
        add(s, part(s, i, i + 1), PS_TAKES_JSON);
        return i;
    case '-':
    case '?':
    case '+':
        if (last) {
            modify(s, last, c);
        }
        return i;
    case '(':
        end = closing(text, i, '(', ')');
        last = add(s, part(s, i, end < text.len ? end + 1 : end), PS_TAKES_MISSING);
        for (size_t k = i + 1; k < end; k++) {
            if (text.p[k] == '<') {
                refuse(err, "S0402", at + i, part(s, i + 1, end));
                return 0;
            }
            last->accepts |= ps_signature_letter(text.p[k]);
        }
        return end;
    case '<':
        if (!last || (!ps_parameter_is(last, 'a') && !ps_parameter_is(last, 'f'))) {
            refuse(err, "S0401", at + i, last ? last->type : PS_STR(""));
            return 0;
        }
        end = closing(text, i, '<', '>');
        last->typed = true;
        last->subtype = part(s, i + 1, end);
        return end;
    default: /* also the closing bracket */
        return i;
    }
}

ps_jx_signature *ps_jx_signature_new(ps_str text, size_t at, ps_jsonata_error *err)
{
    ps_jx_signature *s = ps_alloc_zeroed(1, sizeof *s);
    s->parameters = ps_alloc_zeroed(text.len + 1, sizeof *s->parameters);
    s->text = ps_alloc(text.len);
    s->plain = true;
    memcpy(s->text, text.p, text.len);
    for (size_t i = 1; i < text.len && text.p[i] != ':'; i++) {
        i = read_one(s, text, i, at, err);
        if (i == 0) {
            ps_jx_signature_free(s);
            return NULL;
        }
    }
    return s;
}

void ps_jx_signature_free(ps_jx_signature *s)
{
    if (s) {
        ps_free(s->parameters);
        ps_free(s->text);
        ps_free(s);
    }
}

size_t ps_jx_signature_room(const ps_jx_signature *s, size_t count)
{
    return s->repeats ? s->count + count : s->count;
}
