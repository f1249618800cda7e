/* error.c -- the reference's error codes, its words for them, and an error put together. */
#include "base/error.h"
#include "jsonata/jx.h"
#include "value/json.h"

#include <math.h>

/* In the order of the codes. {{x}} is the field x as JSON, {{{x}}} as it is. S0901 is our own: the
 * reference runs out of stack instead. */
static const struct {
    char code[6];
    const char *words;
} messages[] = {
    {"D1001", "Number out of range: {{value}}"},
    {"D1002", "Cannot negate a non-numeric value: {{value}}"},
    {"D1004", "Regular expression matches zero length string"},
    {"D1009", "Multiple key definitions evaluate to same key: {{value}}"},
    {"D1011", "Stack overflow. Check for non-terminating recursive function.  Consider rewriting "
              "as tail-recursive"},
    {"D1012", "Evaluation timeout after {{value}} milliseconds. Check for infinite loop"},
    {"D1013",
     "Object property names starting with _jsonata_ are reserved for internal use: {{value}}"},
    {"D2014", "The size of the sequence allocated by the range operator (..) must not exceed 1e7.  "
              "Attempted to allocate {{value}}."},
    {"D2015", "The maximum sequence length of {{value}} was exceeded."},
    {"D3001", "Attempting to invoke string function on Infinity or NaN"},
    {"D3010", "Second argument of replace function cannot be an empty string"},
    {"D3011", "Fourth argument of replace function must evaluate to a positive number"},
    {"D3012", "Attempted to replace a matched string with a non-string value"},
    {"D3020", "Third argument of split function must evaluate to a positive number"},
    {"D3030", "Unable to cast value to a number: {{value}}"},
    {"D3040", "Third argument of match function must evaluate to a positive number"},
    {"D3050",
     "The second argument of reduce function must be a function with at least two arguments"},
    {"D3060", "The sqrt function cannot be applied to a negative number: {{value}}"},
    {"D3061", "The power function has resulted in a value that cannot be represented as a JSON "
              "number: base={{value}}, exponent={{exp}}"},
    {"D3070",
     "The single argument form of the sort function can only be applied to an array of strings or "
     "an array of numbers.  Use the second argument to specify a comparison function"},
    {"D3080", "The picture string must only contain a maximum of two sub-pictures"},
    {"D3081", "The sub-picture must not contain more than one instance of the 'decimal-separator' "
              "character"},
    {"D3082", "The sub-picture must not contain more than one instance of the 'percent' character"},
    {"D3083",
     "The sub-picture must not contain more than one instance of the 'per-mille' character"},
    {"D3084", "The sub-picture must not contain both a 'percent' and a 'per-mille' character"},
    {"D3085", "The mantissa part of a sub-picture must contain at least one character that is "
              "either an 'optional digit character' or a member of the 'decimal digit family'"},
    {"D3086", "The sub-picture must not contain a passive character that is preceded by an active "
              "character and that is followed by another active character"},
    {"D3087", "The sub-picture must not contain a 'grouping-separator' character that appears "
              "adjacent to a 'decimal-separator' character"},
    {"D3088",
     "The sub-picture must not contain a 'grouping-separator' at the end of the integer part"},
    {"D3089", "The sub-picture must not contain two adjacent instances of the 'grouping-separator' "
              "character"},
    {"D3090", "The integer part of the sub-picture must not contain a member of the 'decimal digit "
              "family' that is followed by an instance of the 'optional digit character'"},
    {"D3091",
     "The fractional part of the sub-picture must not contain an instance of the 'optional digit "
     "character' that is followed by a member of the 'decimal digit family'"},
    {"D3092", "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a "
              "character treated as an 'exponent-separator'"},
    {"D3093", "The exponent part of the sub-picture must comprise only of one or more characters "
              "that are members of the 'decimal digit family'"},
    {"D3100",
     "The radix of the formatBase function must be between 2 and 36.  It was given {{value}}"},
    {"D3110", "The argument of the toMillis function must be an ISO 8601 formatted timestamp. "
              "Given {{value}}"},
    {"D3120", "Syntax error in expression passed to function eval: {{value}}"},
    {"D3121", "Dynamic error evaluating the expression passed to function eval: {{value}}"},
    {"D3130", "Formatting or parsing an integer as a sequence starting with {{value}} is not "
              "supported by this implementation"},
    {"D3131", "In a decimal digit pattern, all digits must be from the same decimal group"},
    {"D3132", "Unknown component specifier {{value}} in date/time picture string"},
    {"D3133", "The 'name' modifier can only be applied to months and days in the date/time picture "
              "string, not {{value}}"},
    {"D3134", "The timezone integer format specifier cannot have more than four digits"},
    {"D3135", "No matching closing bracket ']' in date/time picture string"},
    {"D3136", "The date/time picture string is missing specifiers required to parse the timestamp"},
    {"D3137", "{{{message}}}"},
    {"D3138",
     "The $single() function expected exactly 1 matching result.  Instead it matched more."},
    {"D3139", "The $single() function expected exactly 1 matching result.  Instead it matched 0."},
    {"D3140", "Malformed URL passed to ${{{functionName}}}(): {{value}}"},
    {"D3141", "{{{message}}}"},
    {"S0101", "String literal must be terminated by a matching quote"},
    {"S0102", "Number out of range: {{token}}"},
    {"S0103", "Unsupported escape sequence: \\{{token}}"},
    {"S0104", "The escape sequence \\u must be followed by 4 hex digits"},
    {"S0105", "Quoted property name must be terminated with a backquote (`)"},
    {"S0106", "Comment has no closing tag"},
    {"S0201", "Syntax error: {{token}}"},
    {"S0202", "Expected {{value}}, got {{token}}"},
    {"S0203", "Expected {{value}} before end of expression"},
    {"S0204", "Unknown operator: {{token}}"},
    {"S0207", "Unexpected end of expression"},
    {"S0208", "Parameter {{value}} of function definition must be a variable name (start with $)"},
    {"S0209", "A predicate cannot follow a grouping expression in a step"},
    {"S0210", "Each step can only have one grouping expression"},
    {"S0211", "The symbol {{token}} cannot be used as a unary operator"},
    {"S0212", "The left side of := must be a variable name (start with $)"},
    {"S0213", "The literal value {{value}} cannot be used as a step within a path expression"},
    {"S0214", "The right side of {{token}} must be a variable name (start with $)"},
    {"S0215", "A context variable binding must precede any predicates on a step"},
    {"S0216", "A context variable binding must precede the 'order-by' clause on a step"},
    {"S0217", "The object representing the 'parent' cannot be derived from this expression"},
    {"S0301", "Empty regular expressions are not allowed"},
    {"S0302", "No terminating / in regular expression"},
    {"S0401", "Type parameters can only be applied to functions and arrays"},
    {"S0402", "Choice groups containing parameterized types are not supported"},
    {"S0901", "The expression is nested too deeply"},
    {"T0410", "Argument {{index}} of function {{token}} does not match function signature"},
    {"T0411",
     "Context value is not a compatible type with argument {{index}} of function {{token}}"},
    {"T0412", "Argument {{index}} of function {{token}} must be an array of {{type}}"},
    {"T1003", "Key in object structure must evaluate to a string; got: {{value}}"},
    {"T1005", "Attempted to invoke a non-function. Did you mean ${{{token}}}?"},
    {"T1006", "Attempted to invoke a non-function"},
    {"T1007", "Attempted to partially apply a non-function. Did you mean ${{{token}}}?"},
    {"T1008", "Attempted to partially apply a non-function"},
    {"T1010", "The matcher function argument passed to function {{token}} does not return the "
              "correct object structure"},
    {"T2001", "The left side of the {{token}} operator must evaluate to a number"},
    {"T2002", "The right side of the {{token}} operator must evaluate to a number"},
    {"T2003", "The left side of the range operator (..) must evaluate to an integer"},
    {"T2004", "The right side of the range operator (..) must evaluate to an integer"},
    {"T2006", "The right side of the function application operator ~> must be a function"},
    {"T2007", "Type mismatch when comparing values {{value}} and {{value2}} in order-by clause"},
    {"T2008",
     "The expressions within an order-by clause must evaluate to numeric or string values"},
    {"T2009", "The values {{value}} and {{value2}} either side of operator {{token}} must be of "
              "the same data type"},
    {"T2010",
     "The expressions either side of operator {{token}} must evaluate to numeric or string values"},
    {"T2011",
     "The insert/update clause of the transform expression must evaluate to an object: {{value}}"},
    {"T2012", "The delete clause of the transform expression must evaluate to a string or array of "
              "strings: {{value}}"},
    {"T2013", "The transform expression clones the input object using the $clone() function.  This "
              "has been overridden in the current scope by a non-function."},
};

const char *ps_jx_message(const char *code)
{
    size_t low = 0, high = sizeof messages / sizeof messages[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(messages[middle].code, code);
        if (order == 0) {
            return messages[middle].words;
        }
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    return NULL;
}

/* -- words ---------------------------------------------------------------------------------- */

/* JSON as JavaScript prints it: numbers are doubles. */
static void print(const ps_value *v, ps_buf *out)
{
    size_t count = 0;
    switch (ps_value_kind(v)) {
    case PS_INT:
    case PS_DOUBLE:
    case PS_DECIMAL: {
        double d = ps_value_double(v);
        if (isfinite(d)) {
            ps_double_print_js(d, out);
        } else {
            ps_buf_add(out, PS_STR("null"));
        }
        return;
    }
    case PS_ARRAY:
        count = ps_value_count(v);
        ps_buf_add_char(out, '[');
        for (size_t i = 0; i < count; i++) {
            ps_buf_add(out, i ? PS_STR(",") : PS_STR(""));
            print(ps_array_at(v, i), out);
        }
        ps_buf_add_char(out, ']');
        return;
    case PS_OBJECT:
        count = ps_value_count(v);
        ps_buf_add_char(out, '{');
        for (size_t i = 0; i < count; i++) {
            ps_buf_add(out, i ? PS_STR(",") : PS_STR(""));
            ps_json_print(ps_object_key_at(v, i), out);
            ps_buf_add_char(out, ':');
            print(ps_object_value_at(v, i), out);
        }
        ps_buf_add_char(out, '}');
        return;
    default:
        ps_json_print(v, out);
    }
}

static void fill(const ps_value *fields, ps_str name, bool json, ps_buf *out)
{
    const ps_value *v = fields ? ps_object_get(fields, name) : NULL;
    if (!v) {
        ps_buf_add(out, PS_STR("undefined"));
    } else if (!json && ps_value_kind(v) == PS_STRING) {
        ps_buf_add(out, ps_value_str(v));
    } else {
        print(v, out);
    }
}

static void put_words(const char *words, const ps_value *fields, ps_buf *out)
{
    for (const char *open; (open = strstr(words, "{{")) != NULL;) {
        ps_buf_add(out, (ps_str){words, (size_t)(open - words)});
        bool json = open[2] != '{';
        const char *name = open + (json ? 2 : 3);
        const char *close = strchr(name, '}');
        fill(fields, (ps_str){name, (size_t)(close - name)}, json, out);
        words = close + (json ? 2 : 3);
    }
    ps_buf_add(out, ps_str_from(words));
}

/* -- errors --------------------------------------------------------------------------------- */

/* The UTF-16 units before byte `at` of valid UTF-8; bytes beyond its end count one each. */
static size_t position_of(ps_str text, size_t at)
{
    size_t units = at > text.len ? at - text.len : 0;
    size_t end = at > text.len ? text.len : at;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)text.p[i];
        units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
    }
    return units;
}

void ps_jx_error_set(ps_jsonata_error *err, ps_str expression, const char *code, size_t at,
                     ps_value *fields_take)
{
    size_t len = strlen(code);
    PS_ASSERT(len < sizeof err->code);
    memmove(err->code, code, len + 1);
    err->at = at < expression.len ? at : expression.len;
    ps_value *fields = fields_take ? fields_take : ps_object(1);
    if (at > 0) {
        size_t position = position_of(expression, at);
        ps_object_put_take(fields, PS_STR("position"), ps_int((int64_t)position));
    }
    ps_value_set_take(&err->fields, fields);
    const char *words = ps_jx_message(err->code);
    if (words) {
        ps_buf_clear(&err->text);
        put_words(words, fields, &err->text);
    }
}

void ps_jsonata_error_free(ps_jsonata_error *e)
{
    ps_value_unref(e->fields);
    ps_buf_free(&e->text);
    *e = (ps_jsonata_error){0};
}
