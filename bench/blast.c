// Sends UDP datagrams over loopback as fast as it can: COUNT SIZE. Nobody reads them; the bound receiver only keeps the
// kernel from answering with ICMP. Prints datagrams per second.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, LARGEST = 65507 };

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long count = atol(argv[1]);
    int size = atoi(argv[2]);
    if (size < 1 || size > LARGEST) return 2;

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(receiver, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    if (getsockname(receiver, (struct sockaddr *)&address, &length) != 0) return 1;
    if (connect(sender, (struct sockaddr *)&address, sizeof address) != 0) return 1;

    static char data[LARGEST];
    struct iovec vector = {data, size};
    struct mmsghdr messages[BATCH] = {0};
    for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &vector, .msg_iovlen = 1};

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long sent = 0; sent < count;) {
        int n = sendmmsg(sender, messages, count - sent < BATCH ? count - sent : BATCH, 0);
        if (n < 0) return 1;
        sent += n;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9;
    fprintf(stderr, "%.0f\n", count / seconds);
    return 0;
}
