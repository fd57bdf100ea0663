/* The receiver on a computer, for its tests: lines "MILLISECONDS HEX" in, lines "HEX-OF-ANSWER|- SOUND" out. */
#include "siren.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t from_hex(const char *text, uint8_t *out, size_t most) {
    size_t n = 0;
    unsigned byte;
    while (n < most && sscanf(text + 2 * n, "%2x", &byte) == 1) out[n++] = (uint8_t)byte;
    return n;
}

int main(int argc, char **argv) {
    static const char *names[] = {"silence", "siren-rocket", "siren-drone", "siren-unknown", "all-clear"};
    uint8_t key[32], datagram[600], answer[SIREN_ACK_BYTES];
    char line[2048], hex[1300];
    unsigned long now;
    siren s;
    if (argc != 5 || from_hex(argv[1], key, 32) != 32) return 2; /* key name kind seen */
    siren_begin(&s, key, argv[2], (uint8_t)atoi(argv[3]), strtoull(argv[4], NULL, 10));
    while (fgets(line, sizeof line, stdin)) {
        hex[0] = '\0';
        if (sscanf(line, "%lu %1299s", &now, hex) < 1) continue;
        size_t length = from_hex(hex, datagram, sizeof datagram);
        size_t said = siren_receive(&s, datagram, length, (uint32_t)now, answer);
        for (size_t i = 0; i < said; i++) printf("%02x", answer[i]);
        printf("%s %s\n", said ? "" : "-", names[siren_sound_now(&s, (uint32_t)now)]);
    }
    return 0;
}
