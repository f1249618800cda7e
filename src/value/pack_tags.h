/* pack_tags.h -- how a packed value begins: between pack.c and unpack.c. Never renumbered. */
#ifndef PS_VALUE_PACK_TAGS_H
#define PS_VALUE_PACK_TAGS_H

#include "value/pack.h"

typedef enum tag {
    TAG_NONE,
    TAG_AGAIN, /* a back reference */
    TAG_NULL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INT,
    TAG_DOUBLE,
    TAG_DECIMAL,
    TAG_STRING,
    TAG_ARRAY,
    TAG_OBJECT,
    TAG_BLOB, /* its hash */
} tag;

#endif
