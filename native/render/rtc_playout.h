// SPDX-License-Identifier: Apache-2.0
// One stream of sound on its way to the loudspeaker: packets in as they come, PCM out when it is asked for. What is
// late or missing is concealed, and a sender's clock that runs otherwise than the loudspeaker's is followed.
#ifndef RTC_PLAYOUT_H
#define RTC_PLAYOUT_H

#include "rtc_frame.h"

// Of packets that wait.
#if defined(ESP_PLATFORM) || defined(RTC_SMALL_BUFFERS)
#define RTC_PLAYOUT_BYTES 8192
#else
#define RTC_PLAYOUT_BYTES 16384
#endif

typedef struct {
	uint64_t packets;                // that were kept
	uint64_t packetsDiscarded;       // too late, too old, or too many
	uint64_t packetsLost;            // that never came
	uint64_t undecodable;            // of a codec that is not decoded here, or damaged
	uint64_t samplesReceived;        // per channel, that were played
	uint64_t concealedSamples;       // of these, those that were made up
	uint64_t silentConcealedSamples; // of these, silence for want of packets
	uint64_t concealmentEvents;
	uint64_t samplesInserted, samplesRemoved; // to follow the sender's clock and the network
	uint64_t jitterBufferDelay;               // microseconds that samples have waited, in sum of all samples
	uint64_t jitterBufferEmitted;             // samples of which it is the sum
	uint32_t jitterBufferTarget;              // microseconds
	double energy;                            // sum of squares of samples, 1 being full scale, times seconds
	double duration;                          // seconds
	float level;                              // root of the newest 20 ms' mean square, 0 … 1
} rtc_playout_statistics;

// Of what is played: the newest packet.
typedef struct {
	uint64_t sent; // when it was taken, as its frame has it
	uint64_t time; // when it is given to who reads
	int64_t early; // microseconds by which sound is younger than it should be
	uint32_t held; // as it was wanted then
} rtc_playout_head;

typedef struct rtc_playout rtc_playout;

// NULL without memory.
rtc_playout *rtc_playout_new(uint32_t sampleRate, uint8_t channels, uint32_t bytes);
void rtc_playout_free(rtc_playout *playout); // accepts NULL
// A packet; any thread.
void rtc_playout_put(rtc_playout *playout, const rtc_frame *frame);
// The next `samples`, 20 ms at most, of each channel, for `now`: always on the same thread.
void rtc_playout_read(rtc_playout *playout, uint64_t now, int16_t *pcm, uint32_t samples);
// Of what is read from now on: it is to be this much older than the network asks for. On the reading thread, as is the
// next.
void rtc_playout_hold(rtc_playout *playout, uint32_t microseconds);
// 1, or 0: there was no packet since the last call whose `sent` is known.
int rtc_playout_take_head(rtc_playout *playout, rtc_playout_head *head);
void rtc_playout_get_statistics(rtc_playout *playout, rtc_playout_statistics *statistics); // any thread

#endif
