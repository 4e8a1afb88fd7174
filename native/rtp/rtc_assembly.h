// SPDX-License-Identifier: Apache-2.0
// Packets of one stream of pictures, put together to frames: each is given once all of it, and of those before it, is
// there. It begins with a key frame, and does so again after a loss. No locks, no clock: its owner has them.
#ifndef RTC_ASSEMBLY_H
#define RTC_ASSEMBLY_H

#include "rtc_frame.h"

// Packets that can wait, and bytes of theirs: more than the packets of a key frame and what comes in a round trip after
// it. A power of two. What a frame needs beside them is its pool's.
#if defined(ESP_PLATFORM) || defined(RTC_SMALL_BUFFERS)
#define RTC_ASSEMBLY_PACKETS 128
#define RTC_ASSEMBLY_BYTES 26112u
#else
#define RTC_ASSEMBLY_PACKETS 1024
#define RTC_ASSEMBLY_BYTES 524288u
#endif
#define RTC_ASSEMBLY_BYTES_MINIMUM 8192u
#define RTC_ASSEMBLY_BYTES_MAXIMUM 4194304u

typedef struct {
	uint32_t sequence; // extended: it never goes back, also when another sender takes the place of one
	uint32_t timestamp;
	uint8_t marker;
	const rtc_codec *codec;
	const uint8_t *payload;
	size_t size; // of the payload, RTC_MTU at most; 0: padding
	uint64_t arrival;
} rtc_assembly_packet;

typedef enum {
	RTC_ASSEMBLY_KEPT,
	RTC_ASSEMBLY_LATE,       // it came twice, or its frame is over
	RTC_ASSEMBLY_OVERFLOWED, // too much waits: what was waited for is given up, and a key frame is needed
} rtc_assembly_result;

typedef struct rtc_assembly rtc_assembly;

rtc_assembly *rtc_assembly_new(uint32_t bytes);  // NULL without memory
void rtc_assembly_free(rtc_assembly *assembly);  // accepts NULL
void rtc_assembly_reset(rtc_assembly *assembly); // nothing is there, and a key frame is needed
rtc_assembly_result rtc_assembly_put(rtc_assembly *assembly, const rtc_assembly_packet *packet);
// Whether a frame is whole.
int rtc_assembly_is_ready(rtc_assembly *assembly);
// Writes the frame that is ready. 1, or 0 when there was nothing in it to show; -1 when it is damaged, larger than
// `frame`, or no key frame where one is needed: then one is needed.
int rtc_assembly_get(rtc_assembly *assembly, rtc_frame *frame);
// What is missing will not come: the next key frame is waited for.
void rtc_assembly_skip(rtc_assembly *assembly);
int rtc_assembly_needs_key(const rtc_assembly *assembly);
// Packets before it are of no use any more.
uint32_t rtc_assembly_next(const rtc_assembly *assembly);

#endif
