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

typedef struct rtc_playout rtc_playout;

// NULL without memory.
rtc_playout *rtc_playout_new(uint32_t sampleRate, uint8_t channels, uint32_t bytes);
void rtc_playout_free(rtc_playout *playout); // accepts NULL
// A packet; any thread.
void rtc_playout_put(rtc_playout *playout, const rtc_frame *frame);
// The next `samples`, 20 ms at most, of each channel, for `now`: always on the same thread.
void rtc_playout_read(rtc_playout *playout, uint64_t now, int16_t *pcm, uint32_t samples);
void rtc_playout_get_statistics(rtc_playout *playout, rtc_playout_statistics *statistics); // any thread

#endif
