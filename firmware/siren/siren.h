/* The siren's side of the siren datagram (layout: src/marsad/adapters/siren.py), for a microcontroller.
 *
 * No allocation, no clock of its own, no library: a received datagram and a millisecond counter that only runs forward
 * come in, an answer and what to sound come out.  The caller keeps `seen` in memory that survives a power cut and gives
 * it back at start, so that an old order cannot be replayed.  About 0.6 kB of RAM.
 */
#ifndef MARSAD_SIREN_H
#define MARSAD_SIREN_H

#include <stddef.h>
#include <stdint.h>

#define SIREN_MOST_BYTES 256u
#define SIREN_ACK_BYTES 57u

enum siren_level { SIREN_CLEAR, SIREN_WATCH, SIREN_PREPARE, SIREN_TAKE_SHELTER, SIREN_REMAIN, SIREN_ALL_CLEAR, SIREN_PROBE };
enum siren_sound { SIREN_SILENCE, SIREN_SOUND_ROCKET, SIREN_SOUND_DRONE, SIREN_SOUND_UNKNOWN, SIREN_SOUND_ALL_CLEAR };

typedef struct {
    uint8_t key[32];   /* shared with the station, this siren's alone */
    uint8_t mark[16];  /* first half of SHA-256 of the siren's name */
    uint8_t kind;      /* 1 actual, 2 exercise: orders of the other kind are ignored */
    uint64_t seen;     /* highest counter so far */
    uint8_t level, hazard;
    uint32_t since_ms, stands_ms;
} siren;

/* Make a siren from its key and name; `seen` from lasting memory, 0 the first time. */
void siren_begin(siren *s, const uint8_t key[32], const char *name, uint8_t kind, uint64_t seen);

/* Take a datagram.  Returns the length of the answer put into `answer` (SIREN_ACK_BYTES), 0 for what is no order here. */
size_t siren_receive(siren *s, const uint8_t *datagram, size_t length, uint32_t now_ms, uint8_t answer[SIREN_ACK_BYTES]);

/* What is to be heard now.  An alarm ends by a later order or when its time is over, whether or not the station lives. */
enum siren_sound siren_sound_now(siren *s, uint32_t now_ms);

void siren_sha256(const uint8_t *data, size_t length, uint8_t digest[32]);
void siren_hmac(const uint8_t key[32], const uint8_t *data, size_t length, uint8_t mac[32]);

#endif
