/* sqlite.h -- the backend of one database file, shared by the processes of one machine.
 *
 * Beside the file X there are SQLite's own X-wal and X-shm, X-passo (locks) and, while a process
 * listens, X-bell-N (a unix datagram socket). None of them may be removed while X is in use.
 *
 * Durability: WAL with synchronous=FULL, so what was answered has reached the disk; `relaxed`
 * (synchronous=NORMAL) may lose the last commits when the power goes, never when a process does. */
#ifndef PS_STORE_SQLITE_SQLITE_H
#define PS_STORE_SQLITE_SQLITE_H

#include "store/backend.h"

extern const ps_backend ps_backend_sqlite;

/* The name SQLite knows a file by: whole, whatever folder the process goes to, and behind symbolic
 * links, so that whoever opens it by another name finds the same files beside it. False: it has
 * none, or none so short. */
bool ps_sqlite_whole_path(const char *path, char *out, size_t size);

/* The version of the library that is loaded: "3.40.1". */
const char *ps_sqlite_version(void);

#endif
