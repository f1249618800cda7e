/* model.h -- what a service looks like: operations, shapes, and where their members travel.
 *
 * Read once from a compact model file (lua/passo/aws/models, made from botocore's service models by
 * lua/passo/aws/compile.lua) with cJSON into tables of our own; immutable afterwards. Every slice
 * and pointer lives as long as the model. */
#ifndef PS_AWS_MODEL_H
#define PS_AWS_MODEL_H

#include "base/error.h"
#include "base/str.h"
#include "value/value.h"

typedef struct ps_model ps_model;
typedef struct ps_shape ps_shape;
typedef struct ps_operation ps_operation;

typedef enum ps_protocol {
    PS_PROTOCOL_JSON, /* 1.0 and 1.1 */
    PS_PROTOCOL_QUERY,
    PS_PROTOCOL_EC2,
    PS_PROTOCOL_REST_JSON,
    PS_PROTOCOL_REST_XML,
    PS_PROTOCOL_CBOR, /* smithy-rpc-v2-cbor */
} ps_protocol;

typedef enum ps_shape_kind {
    PS_SHAPE_STRUCTURE,
    PS_SHAPE_LIST,
    PS_SHAPE_MAP,
    PS_SHAPE_STRING,
    PS_SHAPE_BOOLEAN,
    PS_SHAPE_INTEGER, /* byte, short, integer */
    PS_SHAPE_LONG,
    PS_SHAPE_FLOAT,
    PS_SHAPE_DOUBLE, /* and the big numbers */
    PS_SHAPE_TIMESTAMP,
    PS_SHAPE_BLOB,
    PS_SHAPE_DOCUMENT, /* any JSON */
} ps_shape_kind;

typedef enum ps_location {
    PS_LOCATION_BODY,
    PS_LOCATION_HEADER,
    PS_LOCATION_HEADERS, /* a map; wire_name is the prefix of its headers */
    PS_LOCATION_URI,
    PS_LOCATION_QUERY,
    PS_LOCATION_STATUS, /* replies only */
} ps_location;

typedef enum ps_time_format {
    PS_TIME_DEFAULT, /* the protocol's own */
    PS_TIME_ISO8601,
    PS_TIME_UNIX,
    PS_TIME_RFC822,
} ps_time_format;

/* A member of a structure, the element of a list, the key or value of a map. */
typedef struct ps_member {
    ps_str name;       /* as programs write it: "Bucket"; empty for elements */
    ps_str wire_name;  /* locationName where there is one, else name */
    ps_str query_name; /* ec2: queryName, or empty */
    bool named;        /* the model gives a locationName */
    const ps_shape *shape;
    ps_location location;
    ps_time_format time_format; /* of the member itself; PS_TIME_DEFAULT: see the shape's */
    bool required;
    bool flattened;    /* of the member itself; the shape may be, too */
    bool attribute;    /* an XML attribute */
    bool streaming;    /* the body is not read or written in one piece */
    bool idempotency;  /* a token is put in when the caller gives none */
    bool host_label;   /* may stand in the operation's host prefix */
    bool json_text;    /* jsonvalue in a header: JSON, base64; in a body it is a string like any */
    bool event_stream; /* a stream of events */
    bool event_header, event_payload; /* of an event: where in its message */
    ps_str xml_namespace, xml_prefix;
} ps_member;

struct ps_shape {
    ps_shape_kind kind;
    ps_str name;        /* of exceptions, and of structures of rest-xml; else empty */
    ps_member *members; /* STRUCTURE: sorted by name. LIST: one. MAP: key, value. */
    size_t member_count;
    const ps_member **by_wire; /* STRUCTURE: sorted by wire name; NULL: as `members` are */
    const ps_member *payload;  /* STRUCTURE: the member that is the whole body, or NULL */
    ps_str wire_name;          /* locationName of the shape itself (XML roots), or empty */
    ps_str xml_namespace, xml_prefix;
    ps_time_format time_format;
    bool flattened, is_union, exception, streaming, event_stream, sensitive;
    bool sparse;                /* LIST, MAP: nulls are kept */
    bool retryable, throttling; /* exceptions: what the model says of calling again */
    ps_str error_code; /* STRUCTURE that is an exception: its code on the wire; empty: its name */
    int error_status;  /* HTTP status of the exception; 0: not said */
};

struct ps_operation {
    const ps_model *model;
    ps_str name;             /* "GetItem" */
    ps_str method;           /* "POST" */
    ps_str uri;              /* "/{Bucket}/{Key+}?uploads" */
    ps_str host_prefix;      /* "sync-", "{AccountId}."; empty for most */
    const ps_member *input;  /* NULL: no input; the member's wire_name is the XML root's name */
    const ps_member *output; /* NULL: no output */
    ps_str result_wrapper;   /* query: "PublishResult"; empty: none */
    bool unsigned_body;      /* authtype v4-unsigned-body */
    bool anonymous;          /* authtype none: not signed */
    bool bearer;             /* authtype bearer */
    bool gzip;               /* a large body may be packed */
    bool checksum_required;  /* Content-MD5 or x-amz-checksum-* must be sent */
    const ps_member *checksum_algorithm; /* of the input: "ChecksumAlgorithm"; NULL: Content-MD5 */
    const ps_member *checksum_mode; /* of the input: asks the reply for its checksum, or NULL */
    const ps_shape **errors;
    size_t error_count;
};

struct ps_model {
    ps_str service_id;      /* "DynamoDB" */
    ps_str endpoint_prefix; /* "dynamodb" */
    ps_str signing_name;    /* "dynamodb" */
    ps_protocol protocol;
    ps_str json_version;   /* "1.0" */
    ps_str target_prefix;  /* "DynamoDB_20120810" */
    ps_str api_version;    /* "2012-08-10" */
    ps_str xml_namespace;  /* of the service; empty: none */
    bool query_compatible; /* awsQueryCompatible: errors tell the query protocol's code */
    bool is_s3;
    ps_str global_endpoint; /* "iam.amazonaws.com"; empty for most */
    ps_str signature;       /* signatureVersion: "v4", "s3", "bearer" ... */
    ps_value *paginators;   /* PS_OBJECT: operation -> {input_token, output_token, result_key,
                             * limit_key, more_results}, as botocore has them */
    ps_value *waiters; /* PS_OBJECT: "BucketExists" -> {operation, delay, attempts, acceptors} */
    const ps_shape **exceptions; /* sorted by code on the wire */
    size_t exception_count;
    ps_operation *operations; /* sorted by name */
    size_t operation_count;
    struct ps_model_block *blocks; /* where all of this lies */
};

/* Reads a model from the text of its file. NULL with `err`.
 * Errors: PS_EINPUT  not a model of this format */
ps_model *ps_model_new(ps_str text, ps_error *err);
void ps_model_free(ps_model *m);

/* The operation "GetItem"; NULL where there is none. */
const ps_operation *ps_model_operation(const ps_model *m, ps_str name);
/* The exception that a code on the wire, or a shape's name, stands for; NULL where the model has
 * none. */
const ps_shape *ps_model_exception(const ps_model *m, ps_str code);
/* The code of an exception on the wire: its own where the model gives one, else its name. */
ps_str ps_shape_error_code(const ps_shape *exception);
/* The member `name` of a structure; NULL where there is none. O(log n). */
const ps_member *ps_shape_member(const ps_shape *s, ps_str name);
const ps_member *ps_shape_wire_member(const ps_shape *s, ps_str wire_name);
/* The time format that holds for a member: its own, else its shape's. */
ps_time_format ps_member_time_format(const ps_member *m);

#endif
