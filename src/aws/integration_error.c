/* integration_error.c -- what went wrong at a service -> a Task's error name and cause. */
#include "aws/integration.h"
#include "value/json.h"

void ps_task_error_free(ps_task_error *e)
{
    ps_value_unref(e->error);
    ps_value_unref(e->cause);
    *e = (ps_task_error){0};
}

static ps_value *text_of(ps_buf *b)
{
    ps_value *v = ps_integration_text(ps_buf_str(b));
    ps_buf_free(b);
    return v;
}

static void add_prefix(const ps_integration_call *call, const ps_operation *op, ps_buf *out)
{
    const ps_integration_service *service = ps_integration_service_find(call->service);
    if (service) {
        ps_buf_add(out, service->prefix);
    } else {
        ps_java_service(op->model->service_id, out);
    }
}

static void add_name(const ps_integration_call *call, const ps_operation *op, ps_str shape,
                     ps_buf *out)
{
    const ps_integration_service *service = ps_integration_service_find(call->service);
    add_prefix(call, op, out);
    ps_buf_add_char(out, '.');
    if (shape.len > 0) {
        ps_java_exception(shape, service ? service->sdk : PS_SDK_V2, out);
    } else if (service) {
        ps_buf_add(out, service->fallback);
    } else {
        ps_java_service(op->model->service_id, out);
        ps_buf_add(out, PS_STR("Exception"));
    }
}

static ps_str text_or_null(ps_str text)
{
    return text.len ? text : PS_STR("null");
}

static void add_cause_v1(const ps_integration_service *service, const ps_refused *refused,
                         ps_buf *out)
{
    ps_buf_add(out, text_or_null(refused->message));
    ps_buf_add(out, PS_STR(" (Service: "));
    ps_buf_add(out, service->java);
    ps_buf_addf(out, "; Status Code: %d; Error Code: ", refused->status);
    ps_buf_add(out, text_or_null(refused->code));
    ps_buf_add(out, PS_STR("; Request ID: "));
    ps_buf_add(out, text_or_null(refused->request_id));
    ps_buf_add(out, PS_STR("; Proxy: null)"));
}

static void add_cause_v2(const ps_integration_call *call, const ps_operation *op,
                         const ps_refused *refused, ps_buf *out)
{
    ps_headers headers = {0};
    ps_headers_parse(&headers, refused->headers);
    ps_str extended = ps_headers_get(&headers, PS_STR("x-amz-id-2"));
    ps_buf_add(out, text_or_null(refused->message));
    ps_buf_add(out, PS_STR(" (Service: "));
    add_prefix(call, op, out);
    ps_buf_addf(out, ", Status Code: %d, Request ID: ", refused->status);
    ps_buf_add(out, text_or_null(refused->request_id));
    if (extended.len > 0) {
        ps_buf_add(out, PS_STR(", Extended Request ID: "));
        ps_buf_add(out, extended);
    }
    ps_buf_add_char(out, ')');
    if (refused->attempts > 0) {
        ps_buf_addf(out, " (SDK Attempt Count: %d)", refused->attempts);
    }
    ps_headers_free(&headers);
}

void ps_integration_refused(const ps_integration_call *call, const ps_operation *op,
                            const ps_refused *refused, ps_task_error *out)
{
    const ps_integration_service *service = ps_integration_service_find(call->service);
    ps_buf name = {0}, cause = {0};
    add_name(call, op, refused->shape, &name);
    if (service && service->sdk == PS_SDK_V1) {
        add_cause_v1(service, refused, &cause);
    } else {
        add_cause_v2(call, op, refused, &cause);
    }
    *out = (ps_task_error){text_of(&name), text_of(&cause)};
}

void ps_integration_unreached(const ps_integration_call *call, const ps_operation *op, ps_str why,
                              ps_task_error *out)
{
    ps_buf name = {0};
    add_prefix(call, op, &name);
    ps_buf_add(&name, PS_STR(".SdkClientException"));
    *out = (ps_task_error){text_of(&name), ps_integration_text(why)};
}

/* -- accepted, and yet failed -------------------------------------------------------------------
 */

/* A function that raised says so in its payload. One that Lambda ended says no type. */
static void function_raised(ps_str body, ps_task_error *out)
{
    ps_error err;
    ps_value *payload = ps_json_parse(body, &ps_json_payload, &err);
    const ps_value *type = payload && ps_value_kind(payload) == PS_OBJECT
                               ? ps_object_get(payload, PS_STR("errorType"))
                               : NULL;
    if (type && ps_value_kind(type) == PS_STRING && ps_value_str(type).len > 0) {
        *out = (ps_task_error){ps_value_ref(type), ps_integration_text(body)};
    } else {
        ps_buf cause = {0};
        ps_buf_add(&cause, PS_STR("The cause could not be determined because Lambda did not return "
                                  "an error type. Returned payload: "));
        ps_buf_add(&cause, body);
        *out = (ps_task_error){ps_string(PS_STR("Lambda.Unknown")), text_of(&cause)};
    }
    ps_value_unref(payload);
}

static bool calls(const ps_integration_call *call, ps_str service, ps_str verb)
{
    return ps_str_equal(call->service, service) && ps_str_equal(call->verb, verb);
}

bool ps_integration_failed(const ps_integration_call *call, const ps_value *result,
                           const ps_value *spelt, const ps_reply *reply, ps_task_error *out)
{
    const ps_value *found = NULL;
    int64_t count;
    if (calls(call, PS_STR("lambda"), PS_STR("invoke"))) {
        ps_headers headers = {0};
        ps_headers_parse(&headers, reply->headers);
        bool raised = ps_headers_get(&headers, PS_STR("X-Amz-Function-Error")).p != NULL;
        ps_headers_free(&headers);
        if (raised) {
            found = ps_object_get(result, PS_STR("Payload"));
            bool text = found && ps_value_kind(found) == PS_STRING;
            function_raised(text ? ps_value_str(found) : PS_STR(""), out);
        }
        return raised;
    }
    if (calls(call, PS_STR("events"), PS_STR("putEvents"))) {
        found = ps_object_get(spelt, PS_STR("FailedEntryCount"));
        if (found && ps_value_is_number(found) && ps_value_int(found, &count) && count > 0) {
            *out = (ps_task_error){ps_string(PS_STR("EventBridge.FailedEntry")),
                                   ps_json_string(spelt)};
            return true;
        }
    }
    if (calls(call, PS_STR("ecs"), PS_STR("runTask")) && call->sync) {
        found = ps_object_get(spelt, PS_STR("Failures"));
        if (found && ps_value_kind(found) == PS_ARRAY && ps_value_count(found) > 0) {
            *out = (ps_task_error){ps_string(PS_STR("AmazonECS.Unknown")), ps_json_string(spelt)};
            return true;
        }
    }
    return false;
}
