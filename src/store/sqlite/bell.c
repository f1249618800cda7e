/* bell.c -- rings between processes: a unix datagram socket beside the database for each listener.
 *
 * A ring that cannot be sent is lost, and the listener only later: it looks by itself now and then.
 */
#include "base/mem.h"
#include "store/sqlite/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void close_folder(int folder)
{
    if (folder >= 0) {
        close(folder);
    }
}

/* The socket's address; one whose path is too long is reached through its folder's descriptor, to
 * be closed afterwards (-1: none). False: too long all the same. */
static bool find_address(const ps_session *s, int64_t number, struct sockaddr_un *out, int *folder)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    *folder = -1;
    int len =
        snprintf(out->sun_path, sizeof out->sun_path, "%s-bell-%lld", s->path, (long long)number);
    if (len > 0 && (size_t)len < sizeof out->sun_path) {
        return true;
    }
    const char *slash = strrchr(s->path, '/');
    if (!slash) {
        return false;
    }
    size_t folder_len = (size_t)(slash - s->path) + 1;
    char *path = ps_alloc(folder_len + 1);
    memcpy(path, s->path, folder_len);
    path[folder_len] = '\0';
    *folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ps_free(path);
    len = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s-bell-%lld", *folder,
                   slash + 1, (long long)number);
    if (*folder >= 0 && len > 0 && (size_t)len < sizeof out->sun_path) {
        return true;
    }
    close_folder(*folder);
    return false;
}

static bool bind_socket(int fd, const struct sockaddr_un *address)
{
    /* Left by a process that was killed: numbers are never used twice at a time. */
    (void)unlink(address->sun_path);
    return bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
}

static bool watch_socket(ps_session *s, int fd)
{
    if (s->epoll_fd < 0) {
        s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    }
    struct epoll_event event = {.events = EPOLLIN};
    return s->epoll_fd >= 0 && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool ps_sqlite_listen(ps_session *s, int64_t number)
{
    struct sockaddr_un address;
    int folder;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && find_address(s, number, &address, &folder);
    if (good) {
        good = bind_socket(fd, &address) && watch_socket(s, fd);
        close_folder(folder);
    }
    if (!good) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    size_t size = strlen(s->path) + 32;
    char *path = ps_alloc(size);
    (void)snprintf(path, size, "%s-bell-%lld", s->path, (long long)number);
    s->bells = ps_realloc(s->bells, s->bell_count + 1, sizeof *s->bells);
    s->bells[s->bell_count++] = (ps_bell){number, fd, path};
    return true;
}

void ps_sqlite_ring(ps_session *s, int64_t number)
{
    struct sockaddr_un address;
    int folder;
    if (s->ring_fd < 0) {
        s->ring_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (s->ring_fd >= 0 && find_address(s, number, &address, &folder)) {
        ssize_t sent = sendto(s->ring_fd, "r", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
                              (const struct sockaddr *)&address, sizeof address);
        (void)sent; /* full: it rings already; nobody there: nobody is to be woken */
        close_folder(folder);
    }
}

/* Rings of one number are one. */
bool ps_sqlite_next_ring(ps_session *s, int64_t *number, bool *lost)
{
    (void)lost;
    for (size_t i = 0; i < s->bell_count; i++) {
        char bytes[8];
        bool rang = false;
        while (recv(s->bells[i].fd, bytes, sizeof bytes, MSG_DONTWAIT) >= 0) {
            rang = true;
        }
        if (rang) {
            *number = s->bells[i].number;
            return true;
        }
    }
    return false;
}

void ps_sqlite_close_bells(ps_session *s)
{
    for (size_t i = 0; i < s->bell_count; i++) {
        (void)unlink(s->bells[i].path);
        close(s->bells[i].fd);
        ps_free(s->bells[i].path);
    }
    ps_free(s->bells);
    if (s->epoll_fd >= 0) {
        close(s->epoll_fd);
    }
    if (s->ring_fd >= 0) {
        close(s->ring_fd);
    }
}
