// SPDX-License-Identifier: Apache-2.0
// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1): which
// packets have come, and when.
#ifndef RTC_TWCC_H
#define RTC_TWCC_H

#include <stddef.h>
#include <stdint.h>

#define RTC_TWCC_PACKETS 4096 // of one feedback packet: more is refused, for each costs time

typedef struct {
	uint16_t base, count;
	int32_t reference; // of the receiver's clock, in units of 64 ms
	uint8_t number;    // of the feedback packet
	// Reading:
	const uint8_t *chunk, *delta;
	uint16_t index;   // of the next packet
	uint16_t symbols; // left in the chunk, of `width` bits each; of a run all are `run`
	uint8_t width, run;
	uint16_t bits;
} rtc_twcc_reader;

typedef struct {
	uint16_t sequence;
	uint8_t received;
	int16_t delta; // units of 250 us after the packet that was received before, or after the reference
} rtc_twcc_packet;

// `body` is what follows the two SSRCs of the RTCP packet. Returns 0, or -1 when it is not well-formed: what is counted
// does not fit, or a symbol is reserved.
int rtc_twcc_begin(rtc_twcc_reader *reader, const uint8_t *body, size_t size);
// Returns 1 with the next packet, 0 after the last.
int rtc_twcc_next(rtc_twcc_reader *reader, rtc_twcc_packet *packet);

#endif
