/* power_loss.c -- the power goes while units are committed: what was answered is there, and no unit
 * is half there.
 *
 * A VFS stands between SQLite and the disk. It remembers what a file held when it was last synced
 * and what was written since. At a chosen call the power goes: that call and all later ones fail,
 * and of what was not synced any sectors survive, in any combination; a file that was never synced
 * may be missing. What then lies on the disk is written to another folder and opened there, by
 * SQLite's own VFS, and the next round goes on with it.
 *
 *   power_loss [rounds [seed]] */
#include "check.h"

#ifndef PS_WITH_SQLITE
int main(void)
{
    return 0; /* built without sqlite3 */
}
#else
#include "base/mem.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECTOR = 512, FILES = 8 };

/* The schedule's, and the disk's: the latter under `lock`, for the store's threads write. */
static uint64_t random_state, disk_state;

static uint64_t draw_from(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

static uint64_t draw(uint64_t below)
{
    return draw_from(&random_state, below);
}

static uint64_t draw_disk(uint64_t below)
{
    return draw_from(&disk_state, below);
}

/* -- the disk ---------------------------------------------------------------------------------- */

/* A write that was not synced; `len` 0: the file was cut to `at`. */
typedef struct change {
    struct change *next;
    size_t at, len;
    char bytes[];
} change;

typedef struct disk_file {
    char name[64];
    bool exists; /* in what survives */
    char *p;     /* as synced */
    size_t len;
    change *first, **end;
} disk_file;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static disk_file files[FILES];
static long calls_left; /* until the power goes; negative: it has gone */

static disk_file *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int i = 0; i < FILES; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    for (int i = 0; i < FILES; i++) {
        if (!files[i].name[0]) {
            (void)snprintf(files[i].name, sizeof files[i].name, "%s", name);
            files[i].end = &files[i].first;
            return &files[i];
        }
    }
    abort();
}

static void put(disk_file *f, size_t at, const char *p, size_t len)
{
    if (at + len > f->len) {
        f->p = ps_realloc(f->p, at + len, 1);
        memset(f->p + f->len, 0, at + len - f->len);
        f->len = at + len;
    }
    memcpy(f->p + at, p, len);
}

static void apply(disk_file *f, const change *c)
{
    if (c->len) {
        put(f, c->at, c->bytes, c->len);
    } else if (c->at < f->len) {
        f->len = c->at;
    }
}

static void forget(disk_file *f)
{
    while (f->first) {
        change *next = f->first->next;
        ps_free(f->first);
        f->first = next;
    }
    f->end = &f->first;
}

static void remember(disk_file *f, size_t at, const void *p, size_t len)
{
    change *c = ps_alloc(sizeof *c + len);
    *c = (change){.at = at, .len = len};
    if (len) {
        memcpy(c->bytes, p, len);
    }
    *f->end = c;
    f->end = &c->next;
}

/* Whole, in part, or not at all; by sectors. */
static void survive(disk_file *f)
{
    bool all_or_nothing = draw_disk(4) == 0;
    bool keeps = draw_disk(2);
    for (const change *c = f->first; c; c = c->next) {
        if (c->len == 0) {
            if (draw_disk(2)) {
                apply(f, c);
            }
            continue;
        }
        for (size_t at = 0; at < c->len; at += SECTOR) {
            size_t len = c->len - at < SECTOR ? c->len - at : SECTOR;
            if (all_or_nothing ? keeps : draw_disk(2)) {
                put(f, c->at + at, c->bytes + at, len);
            }
        }
    }
    f->exists = f->exists || draw_disk(2);
    forget(f);
}

/* Under the lock: whether the power is still there. At the moment it goes, the disk is what it will
 * be. */
static bool has_power(void)
{
    if (calls_left < 0) {
        return false;
    }
    if (calls_left-- > 0) {
        return true;
    }
    for (int i = 0; i < FILES; i++) {
        if (files[i].name[0]) {
            survive(&files[i]);
        }
    }
    return false;
}

/* -- the VFS ----------------------------------------------------------------------------------- */

typedef struct shim_file {
    sqlite3_file base;
    disk_file *disk; /* NULL: a temporary file */
    sqlite3_file *real;
} shim_file;

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((shim_file *)f)->real;
}

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), p, len, at);
}

static int shim_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
    disk_file *d = ((shim_file *)f)->disk;
    if (d) {
        pthread_mutex_lock(&lock);
        if (calls_left == 0) {
            remember(d, (size_t)at, p, (size_t)len); /* the last one may be there in part */
        }
        bool good = has_power();
        if (good) {
            remember(d, (size_t)at, p, (size_t)len);
        }
        pthread_mutex_unlock(&lock);
        if (!good) {
            return SQLITE_IOERR_WRITE;
        }
    }
    return real_of(f)->pMethods->xWrite(real_of(f), p, len, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    disk_file *d = ((shim_file *)f)->disk;
    if (d) {
        pthread_mutex_lock(&lock);
        bool good = has_power();
        if (good) {
            remember(d, (size_t)size, NULL, 0);
        }
        pthread_mutex_unlock(&lock);
        if (!good) {
            return SQLITE_IOERR_TRUNCATE;
        }
    }
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    disk_file *d = ((shim_file *)f)->disk;
    (void)flags; /* the real disk is not what is tried here */
    if (d) {
        pthread_mutex_lock(&lock);
        bool good = has_power();
        if (good) {
            for (const change *c = d->first; c; c = c->next) {
                apply(d, c);
            }
            d->exists = true;
            forget(d);
        }
        pthread_mutex_unlock(&lock);
        return good ? SQLITE_OK : SQLITE_IOERR_FSYNC;
    }
    return SQLITE_OK;
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int shim_check(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int shim_control(sqlite3_file *f, int what, void *p)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), what, p);
}

static int shim_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

/* What ext4 says: nothing that the disk could be trusted with. */
static int shim_device(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void shim_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_unmap(sqlite3_file *f, int removes)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), removes);
}

static const sqlite3_io_methods methods = {
    2,           shim_close, shim_read,     shim_write,   shim_truncate, shim_sync,
    shim_size,   shim_lock,  shim_unlock,   shim_check,   shim_control,  shim_sector,
    shim_device, shim_map,   shim_shm_lock, shim_barrier, shim_unmap,    NULL,
    NULL,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    shim_file *shim = (shim_file *)f;
    (void)vfs;
    shim->real = (sqlite3_file *)(shim + 1);
    shim->disk = NULL;
    int rc = real_vfs->xOpen(real_vfs, name, shim->real, flags, out);
    f->pMethods = rc == SQLITE_OK ? &methods : NULL;
    if (rc == SQLITE_OK && name &&
        flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) {
        pthread_mutex_lock(&lock);
        shim->disk = file_of(name);
        pthread_mutex_unlock(&lock);
    }
    return rc;
}

/* A file that is gone is gone for good only when its folder is synced: it may come back. */
static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    pthread_mutex_lock(&lock);
    bool good = has_power();
    if (good) {
        disk_file *d = file_of(name);
        if (sync_folder || draw_disk(2)) {
            d->exists = false;
            d->len = 0;
        }
        forget(d);
    }
    pthread_mutex_unlock(&lock);
    return good ? real_vfs->xDelete(real_vfs, name, 0) : SQLITE_IOERR_DELETE;
}

static void register_shim(void)
{
    static sqlite3_vfs shim;
    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "power";
    shim.szOsFile = (int)sizeof(shim_file) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    shim.xDelete = shim_delete;
    (void)sqlite3_vfs_register(&shim, 1);
}

/* -- rounds --------------------------------------------------------------------------------------
 */

static char root[64] = "/tmp/passo-power-XXXXXX";

static void write_disk(const char *folder)
{
    for (int i = 0; i < FILES; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%.60s", folder, files[i].name);
        if (files[i].name[0] && files[i].exists) {
            FILE *f = fopen(path, "wb");
            CHECK(f && (!files[i].len || fwrite(files[i].p, 1, files[i].len, f) == files[i].len));
            (void)fclose(f);
        }
    }
}

static void drop_disk(void)
{
    for (int i = 0; i < FILES; i++) {
        forget(&files[i]);
        ps_free(files[i].p);
        files[i] = (disk_file){0};
    }
}

/* The disk knows the files that a round begins with. */
static void read_disk(const char *folder)
{
    static const char *const names[] = {"x.db", "x.db-wal", "x.db-journal"};
    for (int i = 0; i < 3; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *f = fopen(path, "rb");
        if (f) {
            disk_file *d = file_of(names[i]);
            char block[4096];
            for (size_t len; (len = fread(block, 1, sizeof block, f)) > 0;) {
                put(d, d->len, block, len);
            }
            d->exists = true;
            (void)fclose(f);
        }
    }
}

enum { PARTS = 3 };
static int64_t last_id;
static bool *answered; /* by id: it was said to be there */
static size_t answered_capacity;

static ps_store *open_store(const char *folder, bool relaxed)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/x.db", folder);
    return ps_store_open(&ps_backend_sqlite,
                         &(ps_store_options){.target = path, .relaxed = relaxed});
}

static ps_store_fault run_sql(ps_store *s, const char *sql, int64_t *out)
{
    bool rows = out != NULL;
    ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
    ps_unit_add(u, ps_store_prepare(s, ps_str_from(sql), "", rows, -1));
    (void)ps_store_submit_take(s, u, 0);
    while (!(u = ps_store_take(s))) {
        (void)ps_store_step(s, 1000, NULL, 0);
    }
    ps_store_fault fault = ps_unit_fault(u);
    if (fault && rows) {
        fprintf(stderr, "%s\n", ps_unit_text(u));
    }
    if (!fault && rows) {
        ps_cell cell = ps_unit_cell(u, 0, 0, 0);
        *out = cell.kind == PS_CELL_INT ? cell.as.i
                                        : (cell.as.s.len == 2 && !memcmp(cell.as.s.p, "ok", 2));
    }
    ps_unit_free(u);
    return fault;
}

static void work_until_the_power_goes(const char *folder, bool relaxed)
{
    static char bytes[30000];
    ps_store *s = open_store(folder, relaxed);
    bool is_over =
        run_sql(s, "CREATE TABLE IF NOT EXISTS t (unit INTEGER, part INTEGER, v BLOB)", NULL) != 0;
    const ps_statement *insert =
        ps_store_prepare(s, PS_STR("INSERT INTO t VALUES (?, ?, ?)"), "iib", false, 1);
    const ps_statement *fail =
        ps_store_prepare(s, PS_STR("DELETE FROM t WHERE unit < 0"), "", false, 1);
    int64_t first = last_id - 1; /* the first ticket was the table's */
    while (!is_over && last_id < first + 3000) {
        size_t burst = 1 + draw(8);
        for (size_t i = 0; i < burst; i++) {
            ps_unit *u = ps_unit_new(s, PS_VERB_UNIT);
            int64_t id = ++last_id;
            for (int part = 0; part < PARTS; part++) {
                size_t len = draw(20) ? draw(400) : draw(sizeof bytes);
                ps_unit_add(u, insert);
                ps_unit_add_int(u, id);
                ps_unit_add_int(u, part);
                ps_unit_add_bytes(u, (ps_str){bytes, len});
            }
            if (draw(16) == 0) {
                ps_unit_add(u, fail);
            }
            (void)ps_store_submit_take(s, u, 0);
            if ((size_t)id >= answered_capacity) {
                size_t more = answered_capacity ? answered_capacity * 2 : 1024;
                answered = ps_realloc(answered, more, sizeof *answered);
                for (size_t k = answered_capacity; k < more; k++) {
                    answered[k] = false;
                }
                answered_capacity = more;
            }
        }
        if (draw(2)) {
            ps_store_kick(s);
        }
        for (size_t taken = 0; taken < burst;) {
            ps_unit *u = ps_store_take(s);
            if (!u) {
                (void)ps_store_step(s, 1000, NULL, 0);
                continue;
            }
            int64_t id = (int64_t)ps_unit_ticket(u) + first;
            answered[id] = ps_unit_fault(u) == PS_STORE_FINE;
            is_over |= ps_unit_fault(u) == PS_STORE_STORE;
            taken++;
            ps_unit_free(u);
        }
    }
    ps_store_close(s);
    ps_store_free(s);
}

static void look(const char *folder, bool relaxed)
{
    int64_t answer = 0;
    ps_store *s = open_store(folder, false);
    CHECK(run_sql(s, "PRAGMA integrity_check", &answer) == 0 && answer == 1);
    CHECK(run_sql(s, "CREATE TABLE IF NOT EXISTS t (unit INTEGER, part INTEGER, v BLOB)", NULL) ==
          0);
    CHECK(run_sql(s, "SELECT count(*) FROM (SELECT 1 FROM t GROUP BY unit HAVING count(*) <> 3)",
                  &answer) == 0 &&
          answer == 0);
    ps_unit *u = ps_unit_new(s, PS_VERB_READ);
    ps_unit_add(
        u, ps_store_prepare(s, PS_STR("SELECT DISTINCT unit FROM t ORDER BY 1"), "", true, -1));
    (void)ps_store_submit_take(s, u, 0);
    while (!(u = ps_store_take(s))) {
        (void)ps_store_step(s, 1000, NULL, 0);
    }
    size_t rows = ps_unit_rows(u, 0), row = 0;
    int64_t lost = 0;
    for (int64_t id = 1; id <= last_id; id++) {
        bool is_there = row < rows && ps_unit_cell(u, 0, row, 0).as.i == id;
        row += is_there;
        lost += answered[id] && !is_there;
        answered[id] = is_there; /* what the next round begins with */
    }
    CHECK(row == rows);
    CHECK(relaxed || lost == 0);
    ps_unit_free(u);
    ps_store_close(s);
    ps_store_free(s);
}

static void play(uint64_t seed)
{
    char folder[128], next[128], command[320];
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    disk_state = ~random_state | 1;
    last_id = 0;
    ps_free(answered);
    answered = NULL;
    answered_capacity = 0;
    bool relaxed = draw(4) == 0;
    (void)snprintf(folder, sizeof folder, "%s/%llu-0", root, (unsigned long long)seed);
    (void)snprintf(command, sizeof command, "mkdir %s", folder);
    CHECK(system(command) == 0);
    int rounds = 1 + (int)draw(4), before = check_failures;
    for (int round = 1; round <= rounds; round++) {
        drop_disk();
        read_disk(folder);
        calls_left = (long)draw(draw(3) ? 60 : 3000);
        work_until_the_power_goes(folder, relaxed);
        calls_left = calls_left < 0 ? -1 : 0;
        (void)has_power();
        (void)snprintf(next, sizeof next, "%s/%llu-%d", root, (unsigned long long)seed, round);
        (void)snprintf(command, sizeof command, "mkdir %s", next);
        CHECK(system(command) == 0);
        write_disk(next);
        drop_disk();
        calls_left = INT32_MAX; /* from here the disk is the machine's */
        look(next, relaxed);
        memcpy(folder, next, sizeof folder);
    }
    if (check_failures > before) {
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    }
    (void)snprintf(command, sizeof command, "rm -rf %s/%llu-*", root, (unsigned long long)seed);
    CHECK(system(command) == 0);
}

int main(int count, char **arguments)
{
    uint64_t seeds = count > 1 ? strtoull(arguments[1], NULL, 10) : 100;
    uint64_t first = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    if (access("/dev/shm", W_OK) == 0) {
        (void)snprintf(root, sizeof root, "/dev/shm/passo-power-XXXXXX");
    }
    CHECK(mkdtemp(root) != NULL);
    register_shim();
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        play(seed);
    }
    CHECK(rmdir(root) == 0);
    drop_disk();
    ps_free(answered);
    return check_report();
}
#endif
