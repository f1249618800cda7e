/* postgres.h -- PostgreSQL as a port's database. */
#ifndef PS_STORE_POSTGRES_POSTGRES_H
#define PS_STORE_POSTGRES_POSTGRES_H

#include "store/backend.h"

/* The target is a connection string of libpq's, as a URL or as words; `wait_ms` how long a caller
 * waits for a server that is away. */
extern const ps_backend ps_backend_postgres;

/* Of the client library that is loaded: 150004. */
int ps_postgres_version(void);

#endif
