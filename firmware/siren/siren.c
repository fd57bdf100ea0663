/* See siren.h.  SHA-256 after FIPS 180-4, HMAC after RFC 2104. */
#include "siren.h"

#include <string.h>

enum { HEAD = 52, MAC = 32, ACK_BODY = 25, MOST_NAME = 64, ORDER = 1, ACKNOWLEDGEMENT = 2 };

typedef struct {
    uint32_t h[8];
    uint8_t block[64];
    uint64_t length;
} sha256;

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

static void compress(sha256 *c) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)c->block[4 * i] << 24 | (uint32_t)c->block[4 * i + 1] << 16 | (uint32_t)c->block[4 * i + 2] << 8 |
               c->block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t b = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, c->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) c->h[i] += v[i];
}

static void begin(sha256 *c) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(c->h, start, sizeof start);
    c->length = 0;
}

static void feed(sha256 *c, const uint8_t *data, size_t length) {
    for (size_t i = 0; i < length; i++) {
        c->block[c->length++ % 64] = data[i];
        if (c->length % 64 == 0) compress(c);
    }
}

static void end(sha256 *c, uint8_t digest[32]) {
    uint64_t bits = c->length * 8;
    uint8_t byte = 0x80;
    feed(c, &byte, 1);
    byte = 0;
    while (c->length % 64 != 56) feed(c, &byte, 1);
    for (int i = 7; i >= 0; i--) {
        byte = (uint8_t)(bits >> (8 * i));
        feed(c, &byte, 1);
    }
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(c->h[i / 4] >> (24 - 8 * (i % 4)));
}

void siren_sha256(const uint8_t *data, size_t length, uint8_t digest[32]) {
    sha256 c;
    begin(&c);
    feed(&c, data, length);
    end(&c, digest);
}

void siren_hmac(const uint8_t key[32], const uint8_t *data, size_t length, uint8_t mac[32]) {
    uint8_t pad[64], inner[32];
    sha256 c;
    for (int i = 0; i < 64; i++) pad[i] = (uint8_t)((i < 32 ? key[i] : 0) ^ 0x36);
    begin(&c);
    feed(&c, pad, 64);
    feed(&c, data, length);
    end(&c, inner);
    for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    begin(&c);
    feed(&c, pad, 64);
    feed(&c, inner, 32);
    end(&c, mac);
}

static uint64_t get(const uint8_t *p, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | p[i];
    return value;
}

static void put(uint8_t *p, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8) p[i] = (uint8_t)value;
}

static int same(const uint8_t *a, const uint8_t *b, int bytes) { /* in a time that tells nothing */
    uint8_t different = 0;
    for (int i = 0; i < bytes; i++) different |= a[i] ^ b[i];
    return different == 0;
}

static void expire(siren *s, uint32_t now_ms) {
    if (s->level != SIREN_CLEAR && now_ms - s->since_ms >= s->stands_ms) s->level = SIREN_CLEAR;
}

void siren_begin(siren *s, const uint8_t key[32], const char *name, uint8_t kind, uint64_t seen) {
    uint8_t digest[32];
    memset(s, 0, sizeof *s);
    siren_sha256((const uint8_t *)name, strlen(name), digest);
    memcpy(s->key, key, 32);
    memcpy(s->mark, digest, 16);
    s->kind = kind;
    s->seen = seen;
}

size_t siren_receive(siren *s, const uint8_t *datagram, size_t length, uint32_t now_ms, uint8_t answer[SIREN_ACK_BYTES]) {
    uint8_t mac[32], status = 0;
    if (length < HEAD + MAC || length > HEAD + MOST_NAME + MAC) return 0;
    siren_hmac(s->key, datagram, length - MAC, mac);
    if (!same(mac, datagram + length - MAC, MAC) || memcmp(datagram, "MRS1", 4) != 0) return 0;
    if (datagram[4] != ORDER || datagram[5] != s->kind || !same(datagram + 28, s->mark, 16)) return 0;
    if (datagram[6] > SIREN_PROBE || datagram[7] > 2) return 0;
    uint64_t counter = get(datagram + 8, 8);
    if (counter < s->seen) {
        status = 2;
    } else if (counter == s->seen) {
        status = 1;
    } else {
        s->seen = counter;
        if (datagram[6] != SIREN_PROBE) {
            s->level = datagram[6];
            s->hazard = datagram[7];
            s->since_ms = now_ms;
            s->stands_ms = (uint32_t)get(datagram + 24, 4);
        }
    }
    expire(s, now_ms);
    memcpy(answer, "MRS1", 4);
    answer[4] = ACKNOWLEDGEMENT;
    answer[5] = s->kind;
    answer[6] = s->level;
    answer[7] = s->hazard;
    put(answer + 8, counter);
    put(answer + 16, s->seen);
    answer[24] = status;
    siren_hmac(s->key, answer, ACK_BODY, answer + ACK_BODY);
    return SIREN_ACK_BYTES;
}

enum siren_sound siren_sound_now(siren *s, uint32_t now_ms) {
    static const uint8_t sounds[3] = {SIREN_SOUND_UNKNOWN, SIREN_SOUND_ROCKET, SIREN_SOUND_DRONE};
    expire(s, now_ms);
    if (s->level == SIREN_TAKE_SHELTER) return (enum siren_sound)sounds[s->hazard];
    return s->level == SIREN_ALL_CLEAR ? SIREN_SOUND_ALL_CLEAR : SIREN_SILENCE;
}
