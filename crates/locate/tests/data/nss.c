/* The shape of NSS built without its key log, to be compiled in the ways that distributions compile it: libssl3, or with
   SOFTOKEN its PKCS#11 module. OFFSET says where the randoms are. */
/* No header: those of another machine need not be there. */
void *memcpy(void *to, const void *from, unsigned long length);
void *PORT_Alloc(unsigned long length);

/* Not to be looked into by callers, as in a file of its own. */
#define APART __attribute__((weak, visibility("hidden")))

#ifndef SOFTOKEN

struct key;
int PK11_ExtractKeyValue(struct key *key);
struct key *PK11_Derive(struct key *key, const char *label);
int PK11_Seed(const void *seed, unsigned long length, void *out);

struct socket {
    char before[OFFSET];
    unsigned char server_random[32];
    unsigned char client_random[32];
    struct key *secret;
};

APART struct socket *ssl_FindSocket(void *fd) {
    return *(struct socket **)fd;
}

APART void ssl3_RecordKeyLog(struct socket *ss, const char *label, struct key *key) {
}

APART int tls13_DeriveSecret(struct socket *ss, struct key *key, int hash, int length, const char *label) {
    ss->secret = PK11_Derive(key, "c hs traffic");
    if (hash != length)
        return 1;
    ssl3_RecordKeyLog(ss, label, ss->secret);
    return 0;
}

int tls13_secrets(struct socket *ss, struct key *key, int length) {
    return tls13_DeriveSecret(ss, key, 32, length, "CLIENT_HANDSHAKE_TRAFFIC_SECRET") +
           tls13_DeriveSecret(ss, key, 32, length, "SERVER_HANDSHAKE_TRAFFIC_SECRET") +
           tls13_DeriveSecret(ss, key, 32, length, "CLIENT_TRAFFIC_SECRET_0");
}

int ssl3_SendFinished(struct socket *ss) {
    int error = PK11_ExtractKeyValue(ss->secret);
    ssl3_RecordKeyLog(ss, "CLIENT_RANDOM", ss->secret);
    return error;
}

int SSL_ExportKeyingMaterial(void *fd, void *out, int length) {
    struct socket *ss = ssl_FindSocket(fd);
    unsigned char *seed;
    if (ss == 0 || length <= 0)
        return -1;
    seed = PORT_Alloc(64);
    if (seed == 0)
        return -1;
    memcpy(seed, ss->client_random, 32);
    memcpy(seed + 32, ss->server_random, 32);
    return PK11_Seed(seed, 64, out);
}

#else

struct object {
    long type;
    const void *value;
    unsigned length;
    long handle;
};
int HMAC(void *out, const void *value, unsigned length, const void *data, unsigned long data_length);

APART int sftk_AddAttributeType(struct object *object, long type, const void *value, unsigned length) {
    object->type = type;
    object->value = value;
    object->length = length;
    return value == 0;
}

APART struct object *sftk_FindAttribute(struct object *object, long type) {
    return object->type == type ? object : 0;
}

APART int sftk_forceAttribute(struct object *object, long type, const void *value, unsigned length) {
    if (object == 0)
        return 5;
    if (sftk_FindAttribute(object, type))
        return HMAC(object, value, length, 0, 0);
#ifdef INLINED
    object->value = PORT_Alloc(length);
    return object->value == 0;
#else
    return sftk_AddAttributeType(object, type, value, length);
#endif
}

static struct object session;

static int NSC_CreateObject(long slot, void **template, unsigned long count, long *handle) {
    int error = sftk_AddAttributeType(&session, (long)template[0], template[1], count);
    *handle = session.handle;
    return error;
}

static int NSC_UnwrapKey(long slot, void *mechanism, long key, void *wrapped, unsigned long length, void **template,
                         unsigned long count, long *handle) {
    void *plain = PORT_Alloc(length);
    int error = sftk_AddAttributeType(&session, (long)template[0], template[1], count);
    error += HMAC(plain, wrapped, length, mechanism, key);
    error += sftk_AddAttributeType(&session, 0x11, plain, length);
    *handle = session.handle;
    return error;
}

static int NSC_DeriveKey(long slot, void *mechanism, long base, void **template, unsigned long count, long *handle) {
    unsigned char block[64];
    struct object *source = sftk_FindAttribute(&session, 0x11);
    int error;
    if (source == 0)
        return 1;
    switch (base) {
    case 1:
        HMAC(block, source->value, source->length, mechanism, 32);
        error = sftk_forceAttribute(&session, 0x11, block, 32);
        break;
    case 2:
        HMAC(block, source->value, source->length, mechanism, 48);
        error = sftk_forceAttribute(&session, 0x11, block, 48);
        break;
    default:
        HMAC(block, source->value, source->length, mechanism, count);
        source = sftk_FindAttribute(&session, 0x11);
        error = source ? sftk_forceAttribute(source, 0x11, block, count) : 7;
    }
    *handle = session.handle;
    return error;
}

static int unsupported(void) {
    return 0x54;
}

/* CK_FUNCTION_LIST */
static struct {
    unsigned char version[8];
    void *before[20], *CreateObject, *between[40], *UnwrapKey, *DeriveKey, *behind[5];
} list = {
    {2, 40},
    {unsupported, unsupported},
    NSC_CreateObject,
    {unsupported},
    NSC_UnwrapKey,
    NSC_DeriveKey,
};

int NSC_GetFunctionList(void **result) {
    *result = &list;
    return 0;
}

#endif
