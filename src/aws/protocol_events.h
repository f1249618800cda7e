/* protocol_events.h -- replies that are streams of events, read as lists; for protocol_*.c only. */
#ifndef PS_AWS_PROTOCOL_EVENTS_H
#define PS_AWS_PROTOCOL_EVENTS_H

#include "aws/protocol_layout.h"

/* The member of a reply that is a stream of events; NULL for most. */
const ps_member *ps_events_member(const ps_operation *op);

/* The result of a reply whose body is a whole stream: the stream's member is a list of
 * {EventName = {...}}; members of the first reply (initial-response, headers) are beside it. With
 * `streamed` the body is not looked at.
 *
 * Errors: PS_EINPUT  the stream is damaged, or the service ended it with an exception */
ps_value *ps_events_read(const ps_operation *op, const ps_reply *reply, bool streamed,
                         ps_error *err);

#endif
