/* extract.c -- the state machine definitions inside SAM, CloudFormation and serverless.yml files.
 */
#include "asl/extract.h"
#include "asl/substitute.h"
#include "value/json.h"

static const ps_value *get(const ps_value *object, const char *name)
{
    bool there = object && ps_value_kind(object) == PS_OBJECT;
    return there ? ps_object_get(object, ps_str_from(name)) : NULL;
}

static bool is_text(const ps_value *v, const char *text)
{
    return v && ps_value_kind(v) == PS_STRING && ps_str_equal(ps_value_str(v), ps_str_from(text));
}

/* -- CloudFormation's functions ---------------------------------------------------------------- */

static ps_value *resolve(const ps_value *v);

/* {"Ref": x} or {"Fn::...": x}: the function's name; else empty. */
static ps_str function_of(const ps_value *v)
{
    if (ps_value_kind(v) != PS_OBJECT || ps_value_count(v) != 1) {
        return PS_STR("");
    }
    ps_str name = ps_value_str(ps_object_key_at(v, 0));
    return ps_str_equal(name, PS_STR("Ref")) || ps_str_starts(name, PS_STR("Fn::")) ? name
                                                                                    : PS_STR("");
}

static ps_value *placeholder(ps_str name)
{
    ps_buf b = {0};
    ps_buf_add(&b, PS_STR("${"));
    ps_buf_add(&b, name);
    ps_buf_add_char(&b, '}');
    ps_value *v = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}

static ps_value *unknown(ps_str function)
{
    ps_buf b = {0};
    for (size_t i = 0; i < function.len; i++) {
        if (function.p[i] != ':') {
            ps_buf_add_char(&b, function.p[i]);
        }
    }
    ps_value *v = placeholder(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}

/* "Resource.Attribute", or ["Resource", "Attribute"]. */
static ps_value *resolve_attribute(ps_str function, const ps_value *argument)
{
    if (ps_value_kind(argument) == PS_STRING) {
        return placeholder(ps_value_str(argument));
    }
    if (ps_value_kind(argument) != PS_ARRAY || ps_value_count(argument) != 2 ||
        ps_value_kind(ps_array_at(argument, 0)) != PS_STRING ||
        ps_value_kind(ps_array_at(argument, 1)) != PS_STRING) {
        return unknown(function);
    }
    ps_buf b = {0};
    ps_buf_add(&b, ps_value_str(ps_array_at(argument, 0)));
    ps_buf_add_char(&b, '.');
    ps_buf_add(&b, ps_value_str(ps_array_at(argument, 1)));
    ps_value *v = placeholder(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}

/* `${!Name}` is CloudFormation's way to write a literal `${Name}`. */
static ps_value *without_escapes(ps_value *taken)
{
    ps_str s = ps_value_str(taken);
    ps_buf b = {0};
    for (size_t i = 0; i < s.len; i++) {
        bool escape = s.p[i] == '!' && i >= 2 && s.p[i - 1] == '{' && s.p[i - 2] == '$';
        if (!escape) {
            ps_buf_add_char(&b, s.p[i]);
        }
    }
    ps_value *v = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    ps_value_unref(taken);
    return v;
}

static ps_value *resolve_sub(ps_str function, const ps_value *argument)
{
    const ps_value *text = argument, *values = NULL;
    if (ps_value_kind(argument) == PS_ARRAY && ps_value_count(argument) == 2) {
        text = ps_array_at(argument, 0);
        values = ps_array_at(argument, 1);
    }
    if (ps_value_kind(text) != PS_STRING || (values && ps_value_kind(values) != PS_OBJECT)) {
        return unknown(function);
    }
    if (!values) {
        return without_escapes(ps_value_ref(text));
    }
    ps_error err = {0};
    ps_value *resolved = resolve(values);
    ps_value *filled = ps_substitute(text, resolved, NULL, &err);
    ps_value_unref(resolved);
    if (filled && ps_value_kind(filled) == PS_STRING) {
        return without_escapes(filled);
    }
    ps_value_unref(filled);
    return unknown(function);
}

static ps_value *resolve_join(ps_str function, const ps_value *argument)
{
    const ps_value *parts = NULL;
    if (ps_value_kind(argument) == PS_ARRAY && ps_value_count(argument) == 2 &&
        ps_value_kind(ps_array_at(argument, 0)) == PS_STRING) {
        parts = ps_array_at(argument, 1);
    }
    if (!parts || ps_value_kind(parts) != PS_ARRAY) {
        return unknown(function);
    }
    ps_buf b = {0};
    for (size_t i = 0; i < ps_value_count(parts); i++) {
        ps_value *part = resolve(ps_array_at(parts, i));
        if (i > 0) {
            ps_buf_add(&b, ps_value_str(ps_array_at(argument, 0)));
        }
        if (ps_value_kind(part) == PS_STRING) {
            ps_buf_add(&b, ps_value_str(part));
        } else {
            ps_json_print(part, &b);
        }
        ps_value_unref(part);
    }
    ps_value *v = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    return v;
}

static ps_value *resolve_function(ps_str function, const ps_value *argument)
{
    if (ps_str_equal(function, PS_STR("Ref")) && ps_value_kind(argument) == PS_STRING) {
        return placeholder(ps_value_str(argument));
    }
    if (ps_str_equal(function, PS_STR("Fn::GetAtt"))) {
        return resolve_attribute(function, argument);
    }
    if (ps_str_equal(function, PS_STR("Fn::Sub"))) {
        return resolve_sub(function, argument);
    }
    if (ps_str_equal(function, PS_STR("Fn::Join"))) {
        return resolve_join(function, argument);
    }
    return unknown(function);
}

/* `v` without any function: a new reference. */
static ps_value *resolve(const ps_value *v)
{
    ps_str function = function_of(v);
    if (function.len > 0) {
        return resolve_function(function, ps_object_value_at(v, 0));
    }
    if (ps_value_kind(v) == PS_ARRAY) {
        ps_value *out = ps_array(ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_array_add_take(out, resolve(ps_array_at(v, i)));
        }
        return out;
    }
    if (ps_value_kind(v) == PS_OBJECT) {
        ps_value *out = ps_object(ps_value_count(v));
        for (size_t i = 0; i < ps_value_count(v); i++) {
            ps_object_set_take(out, ps_value_ref(ps_object_key_at(v, i)),
                               resolve(ps_object_value_at(v, i)));
        }
        return out;
    }
    return ps_value_ref(v);
}

/* -- machines ---------------------------------------------------------------------------------- */

static void put_error(ps_value *entry, const char *text)
{
    ps_object_put_take(entry, PS_STR("error"), ps_string(ps_str_from(text)));
}

/* A definition as text or as a value, its functions resolved and substitutions made. */
static void put_definition(ps_value *entry, const ps_value *written, const ps_value *values)
{
    ps_error err = {0};
    ps_value *v = resolve(written);
    if (ps_value_kind(v) == PS_STRING) {
        ps_value *parsed = ps_json_parse(ps_value_str(v), NULL, &err);
        ps_value_unref(v);
        if (!parsed) {
            put_error(entry, err.text);
            return;
        }
        v = parsed;
    }
    ps_value *filled = ps_substitute(v, values, NULL, &err);
    ps_value_unref(v);
    if (filled) {
        ps_object_put_take(entry, PS_STR("definition"), filled);
    } else {
        put_error(entry, err.text);
    }
}

static void put_uri(ps_value *entry, const ps_value *uri, const ps_value *values)
{
    ps_value *v = resolve(uri);
    if (ps_value_kind(v) != PS_STRING) { /* a place in S3 */
        ps_value_unref(v);
        put_error(entry, "DefinitionUri names no local file");
        return;
    }
    ps_object_put_take(entry, PS_STR("uri"), v);
    ps_object_put_take(entry, PS_STR("values"), ps_value_ref(values));
}

static void add_escaped(ps_buf *b, ps_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        ps_buf_add(b, name.p[i] == '~'   ? PS_STR("~0")
                      : name.p[i] == '/' ? PS_STR("~1")
                                         : (ps_str){name.p + i, 1});
    }
}

static ps_value *new_entry(const ps_value *name, const char *before, const char *after)
{
    ps_value *entry = ps_object(4);
    ps_buf pointer = {0};
    ps_buf_add(&pointer, ps_str_from(before));
    add_escaped(&pointer, ps_value_str(name));
    ps_buf_add(&pointer, ps_str_from(after));
    ps_object_put_take(entry, PS_STR("name"), ps_value_ref(name));
    ps_object_put_take(entry, PS_STR("pointer"), ps_string(ps_buf_str(&pointer)));
    ps_buf_free(&pointer);
    return entry;
}

static void put_type(ps_value *entry, const ps_value *type)
{
    if (is_text(type, "STANDARD") || is_text(type, "EXPRESS")) {
        ps_object_put_take(entry, PS_STR("type"), ps_value_ref(type));
    }
}

/* Properties in which a definition may stand, in the order of looking. */
static const struct {
    const char *property, *pointer;
    bool uri;
} properties[] = {
    {"Definition", "/Properties/Definition", false},
    {"DefinitionString", "/Properties/DefinitionString", false},
    {"DefinitionUri", "/Properties/DefinitionUri", true},
};

static void add_resource(ps_value *out, const ps_value *name, const ps_value *resource)
{
    const ps_value *type = get(resource, "Type"), *given = get(resource, "Properties");
    bool sam = is_text(type, "AWS::Serverless::StateMachine");
    if (!sam && !is_text(type, "AWS::StepFunctions::StateMachine")) {
        return;
    }
    const ps_value *written = get(given, "DefinitionSubstitutions");
    ps_value *values =
        written && ps_value_kind(written) == PS_OBJECT ? resolve(written) : ps_object(0);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        const ps_value *v = get(given, properties[i].property);
        if (!v) {
            continue;
        }
        ps_value *entry = new_entry(name, "/Resources/", properties[i].pointer);
        put_type(entry, get(given, sam ? "Type" : "StateMachineType"));
        if (properties[i].uri) {
            put_uri(entry, v, values);
        } else {
            put_definition(entry, v, values);
        }
        ps_array_add_take(out, entry);
        break;
    }
    ps_value_unref(values);
}

static void add_serverless(ps_value *out, const ps_value *name, const ps_value *machine)
{
    const ps_value *definition = get(machine, "definition");
    if (!definition) {
        return;
    }
    ps_value *values = ps_object(0);
    ps_value *entry = new_entry(name, "/stepFunctions/stateMachines/", "/definition");
    put_type(entry, get(machine, "type"));
    put_definition(entry, definition, values);
    ps_array_add_take(out, entry);
    ps_value_unref(values);
}

ps_value *ps_extract(const ps_value *file)
{
    ps_value *out = ps_array(2);
    const ps_value *resources = get(file, "Resources");
    const ps_value *machines = get(get(file, "stepFunctions"), "stateMachines");
    if (ps_value_depth(file) > PS_MAX_DEPTH) {
        return out;
    }
    for (size_t i = 0;
         resources && ps_value_kind(resources) == PS_OBJECT && i < ps_value_count(resources); i++) {
        add_resource(out, ps_object_key_at(resources, i), ps_object_value_at(resources, i));
    }
    for (size_t i = 0;
         machines && ps_value_kind(machines) == PS_OBJECT && i < ps_value_count(machines); i++) {
        add_serverless(out, ps_object_key_at(machines, i), ps_object_value_at(machines, i));
    }
    return out;
}
