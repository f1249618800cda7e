/* address.h -- which addresses a request may go to that somebody else has chosen.
 *
 * What is not reachable from the whole Internet is private: loopback, link-local (with the cloud's
 * metadata services), private, shared and unique-local networks, test networks, multicast, and
 * every form of IPv6 that carries such an IPv4 address. Sources: the IANA special-purpose address
 * registries (RFC 6890 and its updates). */
#ifndef PS_IO_ADDRESS_H
#define PS_IO_ADDRESS_H

#include "base/str.h"

#include <stdint.h>

/* Four bytes (IPv4) or sixteen (IPv6), in network order. */
typedef struct ps_address {
    uint8_t bytes[16];
    size_t len;
} ps_address;

/* Reads an address as a URL has it: "10.0.0.1", also in the short and numeric forms that resolvers
 * take ("127.1", "0x7f000001"), "::1", "[::1]". */
bool ps_address_parse(ps_str text, ps_address *out);
bool ps_address_is_private(const ps_address *a);

/* Whether `allow` (entries separated by commas) lets a request to `host` reach `a`: an entry is an
 * address, a network ("10.0.0.0/8", "fd00::/8") or the host's name, each perhaps with ":port". */
bool ps_address_is_allowed(const ps_address *a, unsigned port, ps_str host, ps_str allow);

#endif
