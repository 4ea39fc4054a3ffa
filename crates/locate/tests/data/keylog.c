/* The shape of OpenSSL's key log code, to be compiled in the ways that distributions compile it.
   OFFSET and OUTER say where the client random is; INLINED leaves nss_keylog_int as the only function. */
/* No header: those of another machine need not be there. */
void *memcpy(void *to, const void *from, unsigned long length);
unsigned long strlen(const char *text);

struct handshake {
    char before[OFFSET];
    unsigned char client_random[32];
};

struct ssl {
    char before[OUTER];
    struct handshake *handshake;
    void (*callback)(const struct ssl *, const char *);
};

static char *hexadecimal(char *out, const unsigned char *bytes, unsigned long length) {
    static const char digits[] = "0123456789abcdef";
    for (unsigned long i = 0; i < length; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

#ifdef INLINED
static __attribute__((KEEP))
#else
static inline __attribute__((always_inline))
#endif
int nss_keylog_int(const char *label, struct ssl *ssl, const unsigned char *parameter_1, unsigned long parameter_1_length,
                   const unsigned char *parameter_2, unsigned long parameter_2_length) {
    char line[512], *out = line;
    if (ssl->callback == 0)
        return 1;
    unsigned long prefix = strlen(label);
    memcpy(out, label, prefix);
    out += prefix;
    *out++ = ' ';
    out = hexadecimal(out, parameter_1, parameter_1_length);
    *out++ = ' ';
    out = hexadecimal(out, parameter_2, parameter_2_length);
    *out = 0;
    ssl->callback(ssl, line);
    return 1;
}

#ifdef INLINED
static inline __attribute__((always_inline))
#else
__attribute__((noinline))
#endif
int ssl_log_secret(struct ssl *ssl, const char *label, const unsigned char *secret, unsigned long length) {
    return nss_keylog_int(label, ssl, ssl->handshake->client_random, 32, secret, length);
}

int application_keys(struct ssl *ssl, const unsigned char *secret, unsigned long length, int server) {
    if (server)
        return ssl_log_secret(ssl, "SERVER_TRAFFIC_SECRET_0", secret, length) + 1;
    return ssl_log_secret(ssl, "CLIENT_TRAFFIC_SECRET_0", secret, length) + 1;
}

int handshake_keys(struct ssl *ssl, const unsigned char *secret, unsigned long length) {
    int done = ssl_log_secret(ssl, "SERVER_HANDSHAKE_TRAFFIC_SECRET", secret, length);
    done += ssl_log_secret(ssl, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", secret, length);
    return done + ssl_log_secret(ssl, "EARLY_EXPORTER_SECRET", secret, length);
}

int exporter(struct ssl *ssl, const unsigned char *secret, unsigned long length) {
    return ssl_log_secret(ssl, "EXPORTER_SECRET", secret, length);
}

int master_secret(struct ssl *ssl, const unsigned char *secret) {
    return ssl_log_secret(ssl, "CLIENT_RANDOM", secret, 48);
}

int main(int count, char **arguments) {
    return application_keys((void *)arguments, (void *)arguments, count, count) +
           handshake_keys((void *)arguments, (void *)arguments, count) +
           exporter((void *)arguments, (void *)arguments, count) + master_secret((void *)arguments, (void *)arguments);
}
