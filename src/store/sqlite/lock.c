/* lock.c -- the file beside the database whose bytes processes lock: who lives, and (turn.c) who
 * writes next.
 *
 * The locks belong to an open file (F_OFD_*), not to a process: closing some other descriptor of
 * the file does not lose them, and two ports of one process exclude each other, too. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "base/mem.h"
#include "store/sqlite/layout.h"
#include "wake/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Bytes of the file, behind those of turn.c. It is empty: locks need none to be there. */
enum { FIRST_HOLD = 1024 };

/* -- where it lies -------------------------------------------------------------------------------
 */

static const struct {
    uint32_t magic;
    const char *name;
} remote[] = {
    {0x6969, "NFS"},       {0x517b, "SMB"},       {0xff534d42, "CIFS"},   {0xfe534d42, "SMB2"},
    {0x01021997, "9p"},    {0x00c36400, "Ceph"},  {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},  {0x564c, "NCP"},       {0x7461636f, "OCFS2"},  {0x0bd00bd0, "Lustre"},
    {0x47504653, "GPFS"},  {0x01161970, "GFS2"},  {0x19830326, "BeeGFS"}, {0xaad7aaea, "PanFS"},
    {0x013111a8, "IBRIX"}, {0x6e736673, "FhGFS"},
};

/* The folder's, for the file may not be there yet; through a link, the file's own. */
static bool ask_file_system(const char *path, struct statfs *out)
{
    if (statfs(path, out) == 0) {
        return true;
    }
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return statfs(".", out) == 0;
    }
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    char *folder = ps_alloc(len + 1);
    memcpy(folder, path, len);
    folder[len] = '\0';
    bool good = statfs(folder, out) == 0;
    ps_free(folder);
    return good;
}

bool ps_sqlite_check_place(const char *path, ps_trouble *t)
{
    struct statfs fs;
    if (!ask_file_system(path, &fs)) {
        ps_trouble_set(t, PS_STORE_STORE, 0, "the store '%s' cannot be opened: %s", path,
                       strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++) {
        if ((uint32_t)fs.f_type == remote[i].magic) {
            ps_trouble_set(t, PS_STORE_STORE, 0,
                           "the store '%s' lies on a network file system (%s), where SQLite's "
                           "locks and its shared memory do not work: use a local disk, or "
                           "PostgreSQL for several machines",
                           path, remote[i].name);
            return false;
        }
    }
    return true;
}

/* -- the file
 * ---------------------------------------------------------------------------------------- */

static int open_lock_file(const ps_session *s)
{
    size_t len = strlen(s->path);
    char *path = ps_alloc(len + sizeof "-passo");
    memcpy(path, s->path, len);
    memcpy(path + len, "-passo", sizeof "-passo");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0) {
        ps_wake_guard(fd);
    }
    ps_free(path);
    return fd;
}

bool ps_sqlite_open_locks(ps_session *s, ps_trouble *t)
{
    s->hold_fd = -1;
    s->lock_fd = open_lock_file(s);
    if (s->lock_fd < 0) {
        ps_trouble_set(t, PS_STORE_STORE, 0,
                       "the lock file '%s-passo' beside the store cannot be opened for writing: "
                       "%s; every process that uses the store must be able to write there",
                       s->path, strerror(errno));
    }
    return s->lock_fd >= 0;
}

static void close_lock_file(int fd)
{
    if (fd >= 0) {
        ps_wake_unguard(fd);
        close(fd);
    }
}

void ps_sqlite_close_locks(ps_session *s)
{
    ps_sqlite_end_turn(s);
    close_lock_file(s->lock_fd);
    close_lock_file(s->hold_fd);
}

/* -- whether they are still there
 * ------------------------------------------------------------------- */

static bool identify(const char *path, ps_file_id *out)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return false;
    }
    *out = (ps_file_id){st.st_dev, st.st_ino};
    return true;
}

/* By the name SQLite has made whole: the process may go to another folder. */
static bool identify_both(const ps_session *s, ps_file_id *file, ps_file_id *lock_file)
{
    const char *path = sqlite3_db_filename(s->db, "main");
    if (!path || !identify(path, file)) {
        return false;
    }
    size_t len = strlen(path);
    char *lock_path = ps_alloc(len + sizeof "-passo");
    memcpy(lock_path, path, len);
    memcpy(lock_path + len, "-passo", sizeof "-passo");
    bool good = identify(lock_path, lock_file);
    ps_free(lock_path);
    return good;
}

void ps_sqlite_watch_files(ps_session *s)
{
    s->is_watched = identify_both(s, &s->file, &s->lock_file);
}

static bool is_same(ps_file_id a, ps_file_id b)
{
    return a.device == b.device && a.number == b.number;
}

bool ps_sqlite_check_files(const ps_session *s, ps_trouble *t)
{
    ps_file_id file, lock_file;
    if (!s->is_watched || (identify_both(s, &file, &lock_file) && is_same(file, s->file) &&
                           is_same(lock_file, s->lock_file))) {
        return true;
    }
    ps_trouble_set(t, PS_STORE_STORE, 0,
                   "the store '%s' cannot be used: its file, or '-passo' beside it, was removed or "
                   "replaced while it is in use; put it back, or start this process anew",
                   s->path);
    return false;
}

/* -- locks
 * ------------------------------------------------------------------------------------------- */

static int set_lock(int fd, int command, short type, int64_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
    int answer;
    do {
        answer = fcntl(fd, command, &lock);
    } while (answer != 0 && errno == EINTR);
    return answer;
}

int ps_sqlite_hold(ps_session *s, int64_t number)
{
    if (s->hold_fd < 0) {
        s->hold_fd = open_lock_file(s);
    }
    if (s->hold_fd < 0) {
        return -1;
    }
    if (set_lock(s->hold_fd, F_OFD_SETLK, F_WRLCK, FIRST_HOLD + number) == 0) {
        return 1;
    }
    return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

int ps_sqlite_let_go(ps_session *s, int64_t number)
{
    return s->hold_fd < 0 || set_lock(s->hold_fd, F_OFD_SETLK, F_UNLCK, FIRST_HOLD + number) == 0
               ? 1
               : -1;
}

/* Asked by another open file than the one that holds, so that our own holds count. */
int ps_sqlite_held(const ps_session *s, int64_t number)
{
    struct flock lock = {.l_type = F_WRLCK,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)(FIRST_HOLD + number),
                         .l_len = 1};
    if (fcntl(s->lock_fd, F_OFD_GETLK, &lock) != 0) {
        return -1;
    }
    return lock.l_type != F_UNLCK;
}
