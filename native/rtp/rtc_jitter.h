// SPDX-License-Identifier: Apache-2.0
// The jitter buffer of one stream of sound: it gives packets back in order, each at its time, after a delay that
// follows what the network does. No locks, no clock: its owner has them.
#ifndef RTC_JITTER_H
#define RTC_JITTER_H

#include <stddef.h>
#include <stdint.h>

#define RTC_JITTER_PACKETS 128      // at once
#define RTC_JITTER_PAYLOAD 1500     // bytes of a packet
#define RTC_JITTER_MINIMUM 40000u   // microseconds: what two threads and a frame of 20 ms need
#define RTC_JITTER_MAXIMUM 1000000u // microseconds
#define RTC_JITTER_START 80000u     // microseconds, while nothing is known of the network

typedef enum {
	RTC_JITTER_IDLE,    // nothing is due: silence
	RTC_JITTER_PACKET,  // the next packet
	RTC_JITTER_LOST,    // one packet is missing; the one after it is given where it is there, and comes again
	RTC_JITTER_STARVED, // nothing has come in time: conceal, and ask again
	RTC_JITTER_PAUSE,   // the sender was silent for this long
} rtc_jitter_result;

typedef struct {
	const void *codec; // as it was put
	size_t size;       // of the payload, 0: none
	uint32_t ticks;    // LOST, PAUSE: of the stream's clock
	uint32_t timestamp;
	uint64_t arrival;
} rtc_jitter_packet;

typedef struct {
	uint64_t late;       // packets that came after their time, or twice
	uint64_t overflowed; // that found no room, or made it by going
	uint64_t skipped;    // that were too old once sound began
	uint64_t lost;       // that never came
	uint64_t resets;     // the sender's time has jumped
	uint64_t emitted;    // packets that were played
	uint64_t waited;     // microseconds that these have waited, in sum
} rtc_jitter_statistics;

typedef struct rtc_jitter rtc_jitter;

// `bytes` of payloads at most: about 160 for each packet of 20 ms. NULL without memory.
rtc_jitter *rtc_jitter_new(uint32_t clockRate, uint32_t bytes);
void rtc_jitter_free(rtc_jitter *jitter); // accepts NULL
// Forgets what it holds, and what it knows of the network: another stream, or another clock.
void rtc_jitter_reset(rtc_jitter *jitter, uint32_t clockRate);

// Takes a packet that came at `now`, in microseconds; `sequence` is extended. Returns whether it was kept.
int rtc_jitter_put(rtc_jitter *jitter, uint32_t sequence, uint32_t timestamp, const void *codec, const uint8_t *payload,
				   size_t size, uint64_t now);
// What is to be played at `now`. `payload` has room for RTC_JITTER_PAYLOAD bytes.
rtc_jitter_result rtc_jitter_get(rtc_jitter *jitter, uint64_t now, rtc_jitter_packet *packet, uint8_t *payload);
// How long the packet was that was given last, in ticks: the next follows on it.
void rtc_jitter_played(rtc_jitter *jitter, uint32_t ticks);
// How many ticks were concealed while it starved.
void rtc_jitter_concealed(rtc_jitter *jitter, uint32_t ticks);
// By how many microseconds sound is older than it should be, when what was taken last has to wait for `pending`
// microseconds; negative: it is played too soon. 0 while nothing plays.
int64_t rtc_jitter_excess(const rtc_jitter *jitter, uint64_t now, uint64_t pending);
// Sound is to be this much older than the network asks for.
void rtc_jitter_hold(rtc_jitter *jitter, uint32_t microseconds);
uint32_t rtc_jitter_target(const rtc_jitter *jitter); // microseconds
void rtc_jitter_get_statistics(const rtc_jitter *jitter, rtc_jitter_statistics *statistics);

#endif
