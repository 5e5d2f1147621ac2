/* A crowd of stream subscribers in one thread: opens what it is told to, counts what arrives.
 *
 *   _stream_client HOST PORT TIMES MOST
 *
 * A change is known by its number, which stands in the bytes as "on_hand":NUMBER. TIMES is a file
 * of MOST 64-bit numbers that the writer fills: the monotonic nanosecond of each change's commit.
 *
 * Commands on standard input, one answer of JSON each:
 *   open FILE AT_ONCE   one connection for each request in FILE (they end with a NUL), at most
 *                       AT_ONCE of them under way; returns at once
 *   mark                forget what was counted; from now on changes count that were committed now
 *   stats               what was counted
 *   close               close all connections
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TAIL 64
#define BUFFER 262144
#define BUCKETS 200000 /* of 0.1 ms */
#define BUCKET_NS 100000

enum state { IDLE, CONNECTING, WAITING, OPEN, CLOSED };

struct subscriber {
    int fd;
    enum state state;
    uint32_t tail;
    char rest[TAIL];
    const char *request;
    uint8_t *seen;
};

static const char MARK[] = "\"on_hand\":";
static struct sockaddr_in address;
static struct subscriber *crowd;
static volatile uint64_t *times;
static uint32_t *reached, most, count, next_to_open, at_once;
static uint32_t under_way, open_now, failed, ended;
static uint64_t marked_ns, deliveries, bytes, last_complete_ns, opened_ns, complete;
static uint32_t buckets[BUCKETS];
static char *requests, buffer[BUFFER + TAIL + 1];
static int poller;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void forget(struct subscriber *one) {
    if (one->state == CONNECTING || one->state == WAITING) under_way--, failed++;
    if (one->state == OPEN) open_now--, ended++;
    if (one->fd >= 0) close(one->fd);
    one->fd = -1;
    one->state = CLOSED;
}

static void open_more(void) {
    while (next_to_open < count && under_way < at_once) {
        struct subscriber *one = &crowd[next_to_open++];
        int yes = 1;
        one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        one->state = CONNECTING;
        under_way++;
        if (one->fd < 0) { forget(one); continue; }
        setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (connect(one->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) {
            forget(one);
            continue;
        }
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = one};
        epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event);
    }
}

static void send_request(struct subscriber *one) {
    size_t size = strlen(one->request);
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error || send(one->fd, one->request, size, MSG_NOSIGNAL) != (ssize_t)size) {
        forget(one);
        return;
    }
    one->state = WAITING;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
}

static void count_change(struct subscriber *one, uint64_t number, uint64_t now) {
    if (number >= most) return;
    uint64_t committed = times[number];
    if (committed < marked_ns || one->seen[number >> 3] >> (number & 7) & 1) return;
    one->seen[number >> 3] |= (uint8_t)(1 << (number & 7));
    deliveries++;
    uint64_t bucket = now > committed ? (now - committed) / BUCKET_NS : 0;
    buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    if (++reached[number] == count) complete++, last_complete_ns = now;
}

/* Find the changes in what arrived; keep an end in which half a change may stand. */
static void scan(struct subscriber *one, char *start, char *end, uint64_t now) {
    char *at = start, *keep = end - start > (long)sizeof MARK - 2 ? end - (sizeof MARK - 2) : start;
    while ((at = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1))) {
        char *digit = at + sizeof MARK - 1;
        uint64_t number = 0;
        while (digit < end && *digit >= '0' && *digit <= '9') number = number * 10 + (uint64_t)(*digit++ - '0');
        if (digit == end) { keep = at; break; }
        count_change(one, number, now);
        at = digit;
        if (keep < at) keep = at;
    }
    one->tail = (uint32_t)(end - keep);
    memcpy(one->rest, keep, one->tail);
}

static void receive(struct subscriber *one) {
    memcpy(buffer, one->rest, one->tail);
    ssize_t size = recv(one->fd, buffer + one->tail, BUFFER, 0);
    if (size <= 0) {
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        forget(one);
        open_more();
        return;
    }
    uint64_t now = now_ns();
    bytes += (uint64_t)size;
    char *end = buffer + one->tail + size;
    *end = 0;
    if (one->state == WAITING) {
        if (size < 12 || (memcmp(buffer + 9, "200", 3) && memcmp(buffer + 9, "101", 3))) {
            fprintf(stderr, "refused: %.300s\n", buffer);
            forget(one);
            open_more();
            return;
        }
        one->state = OPEN;
        under_way--, open_now++, opened_ns = now;
        open_more();
    }
    scan(one, buffer, end, now);
}

static void mark(void) {
    marked_ns = now_ns();
    deliveries = bytes = last_complete_ns = complete = ended = 0;
    memset(buckets, 0, sizeof buckets);
    memset(reached, 0, most * sizeof *reached);
    for (uint32_t i = 0; i < count; i++) memset(crowd[i].seen, 0, most / 8 + 1);
}

static void close_all(void) {
    for (uint32_t i = 0; i < count; i++) {
        if (crowd[i].state != CLOSED) forget(&crowd[i]);
        free(crowd[i].seen);
    }
    free(crowd);
    free(requests);
    crowd = NULL, requests = NULL;
    count = next_to_open = under_way = open_now = failed = ended = 0;
}

static void open_all(const char *path, uint32_t limit) {
    close_all();
    int fd = open(path, O_RDONLY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) exit(2);
    requests = malloc((size_t)info.st_size + 1);
    for (off_t got = 0; got < info.st_size;) {
        ssize_t part = read(fd, requests + got, (size_t)(info.st_size - got));
        if (part <= 0) exit(2);
        got += part;
    }
    close(fd);
    for (off_t i = 0; i < info.st_size; i++) count += requests[i] == 0;
    crowd = calloc(count, sizeof *crowd);
    char *at = requests;
    for (uint32_t i = 0; i < count; i++, at += strlen(at) + 1) {
        crowd[i].fd = -1;
        crowd[i].request = at;
        crowd[i].seen = calloc(most / 8 + 1, 1);
    }
    at_once = limit;
    open_more();
}

static double latency_ms(double part) {
    uint64_t wanted = (uint64_t)(part * (double)deliveries), sum = 0;
    for (uint32_t i = 0; i < BUCKETS; i++)
        if ((sum += buckets[i]) > wanted) return (i + 0.5) * BUCKET_NS / 1e6;
    return 0;
}

static void tell_stats(void) {
    printf("{\"count\":%u,\"open\":%u,\"failed\":%u,\"ended\":%u,\"deliveries\":%lu,\"bytes\":%lu,"
           "\"complete\":%lu,\"last_complete_ns\":%lu,\"opened_ns\":%lu,\"now_ns\":%lu,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"longest_ms\":%.2f}\n",
           count, open_now, failed, ended, deliveries, bytes, complete, last_complete_ns, opened_ns,
           now_ns(), latency_ms(0.5), latency_ms(0.99), latency_ms(1 - 1e-9));
}

static void obey(void) {
    char path[4096];
    uint32_t limit;
    static char line[5000];
    if (!fgets(line, sizeof line, stdin)) exit(0);
    if (sscanf(line, "open %4095s %u", path, &limit) == 2) open_all(path, limit), puts("{}");
    else if (!strncmp(line, "mark", 4)) mark(), puts("{}");
    else if (!strncmp(line, "stats", 5)) tell_stats();
    else if (!strncmp(line, "close", 5)) close_all(), puts("{}");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(argv[2]));
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    most = (uint32_t)atoi(argv[4]);
    int fd = open(argv[3], O_RDONLY);
    times = mmap(NULL, most * 8, PROT_READ, MAP_SHARED, fd, 0);
    if (times == MAP_FAILED) return 2;
    reached = calloc(most, sizeof *reached);
    setvbuf(stdin, NULL, _IONBF, 0);
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, 0, &event);
    for (;;) {
        int found = epoll_wait(poller, ready, 256, -1);
        for (int i = 0; i < found; i++) {
            struct subscriber *one = ready[i].data.ptr;
            if (!one) { obey(); break; } /* closing frees what the other events point to */
            if (one->state == CONNECTING) send_request(one);
            else if (one->state == WAITING || one->state == OPEN) receive(one);
        }
    }
}
