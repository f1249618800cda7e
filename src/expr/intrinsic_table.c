/* intrinsic_table.c -- the 18 functions of AWS: names, counts and kinds of arguments. */
#include "expr/intrinsic_internal.h"

#define MANY ((size_t)-1)
#define ROW(name, least, most, signature, run)                                                     \
    {                                                                                              \
        {"States." name, sizeof("States." name) - 1}, least, most, signature, run                  \
    }

static const ps_intrinsic_function functions[] = {
    ROW("Array", 0, MANY, "*", ps_intrinsic_array),
    ROW("ArrayContains", 2, 2, "a*", ps_intrinsic_array_contains),
    ROW("ArrayGetItem", 2, 2, "an", ps_intrinsic_array_get_item),
    ROW("ArrayLength", 1, 1, "a", ps_intrinsic_array_length),
    ROW("ArrayPartition", 2, 2, "an", ps_intrinsic_array_partition),
    ROW("ArrayRange", 3, 3, "nnn", ps_intrinsic_array_range),
    ROW("ArrayUnique", 1, 1, "a", ps_intrinsic_array_unique),
    ROW("Base64Decode", 1, 1, "s", ps_intrinsic_base64_decode),
    ROW("Base64Encode", 1, 1, "s", ps_intrinsic_base64_encode),
    ROW("Format", 1, MANY, "s*", ps_intrinsic_format),
    ROW("Hash", 2, 2, "*s", ps_intrinsic_hash),
    ROW("JsonMerge", 3, 3, "oo*", ps_intrinsic_json_merge),
    ROW("JsonToString", 1, 1, "*", ps_intrinsic_json_to_string),
    ROW("MathAdd", 2, 2, "nn", ps_intrinsic_math_add),
    ROW("MathRandom", 2, 3, "nnn", ps_intrinsic_math_random),
    ROW("StringSplit", 2, 2, "ss", ps_intrinsic_string_split),
    ROW("StringToJson", 1, 1, "s", ps_intrinsic_string_to_json),
    ROW("UUID", 0, 0, "*", ps_intrinsic_uuid),
};
#undef ROW

const ps_intrinsic_function *ps_intrinsic_find(ps_str name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (ps_str_equal(functions[i].name, name)) {
            return &functions[i];
        }
    }
    return NULL;
}

char ps_intrinsic_letter(const ps_intrinsic_function *f, size_t i)
{
    size_t letters = strlen(f->signature);
    return f->signature[i < letters ? i : letters - 1];
}

bool ps_intrinsic_fits(char letter, const ps_value *v)
{
    switch (letter) {
    case 'a':
        return ps_value_kind(v) == PS_ARRAY;
    case 'o':
        return ps_value_kind(v) == PS_OBJECT;
    case 's':
        return ps_value_kind(v) == PS_STRING;
    case 'n':
        return ps_value_is_number(v);
    default:
        return true;
    }
}

const char *ps_intrinsic_letter_words(char letter)
{
    switch (letter) {
    case 'a':
        return "an array";
    case 'o':
        return "an object";
    case 's':
        return "a string";
    case 'n':
        return "a number";
    default:
        return "a value";
    }
}
