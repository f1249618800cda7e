/* port_test.c -- ports and transfers against a small server of this test's own, with the engine in
 * a thread and without; what a fork, a close or a cancel leaves behind. Run it under the thread and
 * address sanitizers. */
#include "check.h"
#include "io/io.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- the server: a thread a connection ------------------------------------------------------ */

static int listener;
static char base[64];

static bool send_all(int fd, const char *p, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, p, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        p += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Answers "GET /N" with N bytes, "GET /never" never, "PUT" with the length of its body. */
static bool answer(int fd, const char *head, size_t body_sent)
{
    char text[128];
    size_t count = (size_t)strtoul(head + 5, NULL, 10);
    if (strncmp(head, "GET /never", 10) == 0) {
        struct pollfd until_gone = {fd, POLLIN, 0};
        (void)poll(&until_gone, 1, 20000);
        return false;
    }
    if (strncmp(head, "PUT", 3) == 0) {
        char number[32];
        int digits = snprintf(number, sizeof number, "%zu", body_sent);
        int len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
                           digits, number);
        return send_all(fd, text, (size_t)len);
    }
    int len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", count);
    bool good = send_all(fd, text, (size_t)len);
    char piece[4096];
    memset(piece, 'x', sizeof piece);
    while (good && count) {
        size_t now = count < sizeof piece ? count : sizeof piece;
        good = send_all(fd, piece, now);
        count -= now;
    }
    return good;
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char head[4096];
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, head + len, sizeof head - 1 - len, 0);
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
        head[len] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        if (!end) {
            continue;
        }
        size_t body = 0, have = len - (size_t)(end + 4 - head);
        const char *length = strstr(head, "Content-Length: ");
        size_t want = length ? (size_t)strtoul(length + 16, NULL, 10) : 0;
        char rest[4096];
        body = have;
        while (body < want && (got = recv(fd, rest, sizeof rest, 0)) > 0) {
            body += (size_t)got;
        }
        if (!answer(fd, head, body)) {
            break;
        }
        len = 0;
    }
    close(fd);
    return NULL;
}

static void *serve(void *unused)
{
    (void)unused;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0) {
            pthread_detach(thread);
        }
    }
}

static void start_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, len) != 0 || listen(listener, 128) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
        pthread_create(&thread, NULL, serve, NULL) != 0) {
        abort();
    }
    pthread_detach(thread);
    (void)snprintf(base, sizeof base, "http://127.0.0.1:%d", ntohs(at.sin_port));
}

/* -- the client ----------------------------------------------------------------------------- */

static ps_transfer *submit(ps_port *p, const char *path, ps_io_request r)
{
    char url[128];
    ps_error err;
    (void)snprintf(url, sizeof url, "%s%s", base, path);
    r.url = ps_str_from(url);
    r.method = r.streams_body ? PS_STR("PUT") : PS_STR("GET");
    r.timeout_ms = 20000;
    ps_transfer *t = ps_port_submit(p, &r, &err);
    if (!t) {
        abort();
    }
    return t;
}

/* Waits for news of anything, in either mode. */
static void wait_for_news(ps_port *p, ps_port_mode mode)
{
    bool is_last;
    if (mode == PS_PORT_INLINE) {
        (void)ps_port_step(p, 1000, NULL, 0);
    } else {
        struct pollfd readable = {ps_port_fd(p), POLLIN, 0};
        (void)poll(&readable, 1, 1000);
        ps_port_ack(p);
    }
    while (ps_port_next(p, &is_last)) {
    }
}

static ps_news take(ps_port *p, ps_port_mode mode, ps_transfer *t, ps_result *r)
{
    ps_news news;
    for (int i = 0; (news = ps_transfer_take(t, r)) == PS_NEWS_NONE && i < 100000; i++) {
        wait_for_news(p, mode);
    }
    return news;
}

static void many_at_once(ps_port_mode mode)
{
    enum { COUNT = 200 };
    ps_error err;
    ps_result r;
    ps_port *p = ps_port_open(mode, &err);
    ps_transfer *all[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            char path[32];
            (void)snprintf(path, sizeof path, "/%d", i * 100);
            all[i] = submit(p, path, (ps_io_request){0});
        }
        for (int i = 0; i < COUNT; i++) {
            CHECK(take(p, mode, all[i], &r) == PS_NEWS_DONE);
            CHECK(r.status == 200 && r.body.len == (size_t)i * 100);
            CHECK(ps_transfer_take(all[i], &r) == PS_NEWS_NONE);
            ps_transfer_free(all[i]);
        }
    }
    ps_port_close(p);
    ps_port_free(p);
}

static void streams(ps_port_mode mode)
{
    ps_error err;
    ps_result r;
    ps_port *p = ps_port_open(mode, &err);
    ps_transfer *t = submit(p, "/5000000", (ps_io_request){.streams_reply = true});
    size_t total = 0;
    ps_news news;
    while ((news = take(p, mode, t, &r)) == PS_NEWS_BODY) {
        total += r.body.len;
        CHECK(r.body.len <= (size_t)1024 * 1024);
    }
    CHECK(news == PS_NEWS_DONE && total == 5000000);
    ps_transfer_free(t);

    char piece[10000];
    memset(piece, 'y', sizeof piece);
    size_t left = 300;
    t = submit(p, "/", (ps_io_request){.streams_body = true, .length = 3000000});
    while ((news = take(p, mode, t, &r)) == PS_NEWS_WANTED) {
        while (left-- && ps_transfer_feed(t, (ps_str){piece, sizeof piece})) {
        }
        if (left == SIZE_MAX) {
            ps_transfer_end(t);
        }
        left = left == SIZE_MAX ? 0 : left;
    }
    CHECK(news == PS_NEWS_DONE);
    CHECK_STR(r.body, "3000000");
    ps_transfer_free(t);
    ps_port_close(p);
    ps_port_free(p);
}

static void cancels(ps_port_mode mode)
{
    enum { COUNT = 50 };
    ps_error err;
    ps_result r;
    ps_port *p = ps_port_open(mode, &err);
    ps_transfer *all[COUNT];
    for (int i = 0; i < COUNT; i++) {
        all[i] = submit(p, "/never", (ps_io_request){0});
    }
    for (int i = 0; i < COUNT; i++) {
        ps_transfer_cancel(all[i]);
        if (i % 2) {
            ps_transfer_free(all[i]);
            continue;
        }
        CHECK(take(p, mode, all[i], &r) == PS_NEWS_FAILED && r.fault == PS_IO_CANCELLED);
        ps_transfer_free(all[i]);
    }
    /* A port that closes ends its own, whose owner may look later. */
    ps_transfer *left = submit(p, "/never", (ps_io_request){0});
    ps_transfer *streamed = submit(p, "/100000000", (ps_io_request){.streams_reply = true});
    CHECK(take(p, mode, streamed, &r) == PS_NEWS_BODY);
    ps_port_close(p);
    ps_port_close(p);
    CHECK(ps_transfer_take(left, &r) == PS_NEWS_FAILED && r.fault == PS_IO_HOST);
    CHECK(ps_port_submit(p, &(ps_io_request){.url = PS_STR("http://a/"), .method = PS_STR("GET")},
                         &err) == NULL);
    ps_port_free(p);
    ps_transfer_free(left);
    ps_transfer_free(streamed);
}

/* Two owners with ports of their own, in threads of their own, share the process's engine. Each
 * counts what went well. */
static void *owner(void *arg)
{
    int *good = arg;
    for (int i = 0; i < 20; i++) {
        ps_error err;
        ps_result r;
        ps_port *p = ps_port_open(PS_PORT_THREAD, &err);
        ps_transfer *t = submit(p, "/1000", (ps_io_request){0});
        ps_transfer *never = submit(p, "/never", (ps_io_request){0});
        *good += take(p, PS_PORT_THREAD, t, &r) == PS_NEWS_DONE;
        ps_transfer_free(t);
        ps_port_close(p);
        ps_port_free(p);
        ps_transfer_free(never);
    }
    return NULL;
}

static void two_owners(void)
{
    pthread_t threads[2];
    int good[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, owner, &good[i]) != 0) {
            abort();
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        CHECK(good[i] == 20);
    }
}

static void forks(ps_port_mode mode)
{
    ps_error err;
    ps_result r;
    ps_port *p = ps_port_open(mode, &err);
    ps_transfer *t = submit(p, "/never", (ps_io_request){0});
    pid_t child = fork();
    if (child == 0) {
        bool good = !ps_port_is_ours(p) && ps_transfer_take(t, &r) == PS_NEWS_FAILED &&
                    r.fault == PS_IO_HOST;
        ps_transfer_free(t);
        ps_port_close(p);
        ps_port_free(p);
        p = ps_port_open(mode, &err);
        t = submit(p, "/10", (ps_io_request){0});
        good = good && take(p, mode, t, &r) == PS_NEWS_DONE && r.body.len == 10;
        ps_transfer_free(t);
        ps_port_close(p);
        ps_port_free(p);
        _exit(good ? 0 : 1);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    ps_transfer_free(t);
    t = submit(p, "/10", (ps_io_request){0});
    CHECK(take(p, mode, t, &r) == PS_NEWS_DONE);
    ps_transfer_free(t);
    ps_port_close(p);
    ps_port_free(p);
}

static int count_fds(void)
{
    int count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (all && readdir(all)) {
        count++;
    }
    closedir(all);
    return count;
}

static void nothing_is_left(ps_port_mode mode)
{
    usleep(100000);
    int before = count_fds();
    for (int i = 0; i < 5; i++) {
        streams(mode);
        cancels(mode);
    }
    usleep(300000); /* the server's ends */
    CHECK(count_fds() <= before);
}

int main(void)
{
    start_server();
    static const ps_port_mode modes[] = {PS_PORT_INLINE, PS_PORT_THREAD};
    for (int i = 0; i < 2; i++) {
        many_at_once(modes[i]);
        streams(modes[i]);
        cancels(modes[i]);
        nothing_is_left(modes[i]);
        /* A sanitizer that watches threads cannot follow a fork of many. */
        if (!getenv("PASSO_NO_FORK")) {
            forks(modes[i]);
        }
    }
    two_owners();
    return check_report();
}
