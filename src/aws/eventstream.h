/* eventstream.h -- application/vnd.amazon.eventstream: messages with typed headers and a payload.
 *
 * A message is: its length and its headers' length (4 bytes each, big-endian), their CRC-32, the
 * headers, the payload, the CRC-32 of all before it. */
#ifndef PS_AWS_EVENTSTREAM_H
#define PS_AWS_EVENTSTREAM_H

#include "base/error.h"
#include "value/value.h"

typedef struct ps_event_message {
    ps_value *headers; /* PS_OBJECT: booleans, integers, strings (bytes and UUIDs too), instants as
                        * seconds since 1970 */
    ps_str payload;    /* borrowed from the stream */
} ps_event_message;

void ps_event_message_free(ps_event_message *m);

/* Reads the message at `*at` of `stream` and moves `*at` behind it; *at < stream.len.
 *
 * Errors: PS_EINPUT  cut off, lengths that do not fit together, a wrong CRC, a header of no known
 *                    type (`err->at`) */
ps_status ps_event_message_read(ps_str stream, size_t *at, ps_event_message *m, ps_error *err);

#endif
