// SPDX-License-Identifier: Apache-2.0
// The bandwidth of the way to one peer, estimated by who sends, or by who receives (rtc_remb.h;
// draft-ietf-rmcat-gcc-02): from the delay of groups of
// packets, from loss, and from probes. Arithmetic alone: times and packets are parameters, so that it runs in virtual
// time. No locks: its owner has them. Times are microseconds of rtc_now(), rates bit/s.
//
// What a receiver reports is believed of its own way only: bytes are those that were sent, arrivals that go back or
// leap are held within bounds, and no rate leaves `minimum` … `maximum`.
#ifndef RTC_BWE_H
#define RTC_BWE_H

#include <stddef.h>
#include <stdint.h>

#define RTC_BWE_MINIMUM 30000u // an encoder's least (RTC_VIDEO_MINIMUM_BITRATE)
#define RTC_BWE_START 1000000u // what is assumed before anything is known
#define RTC_BWE_TREND 20       // samples of the delay's slope
#define RTC_BWE_CLUSTERS 2     // probes that are waited for

// A packet that the receiver has.
typedef struct {
	uint64_t sent;
	int64_t arrived; // by the receiver's clock
	uint32_t size;   // bytes
	uint8_t cluster; // of the probe that it belonged to; 0: none
} rtc_bwe_packet;

typedef enum { RTC_BWE_NORMAL, RTC_BWE_UNDERUSE, RTC_BWE_OVERUSE } rtc_bwe_usage;

// Packets that left together (section 5.2).
typedef struct {
	uint64_t firstSent, lastSent;
	int64_t firstArrived, lastArrived;
	uint32_t packets;
} rtc_bwe_group;

typedef struct {
	rtc_bwe_group current, previous;
	uint32_t deltas;       // so far
	float delay, smoothed; // milliseconds, accumulated
	int64_t firstArrival;
	struct {
		int32_t time; // quarters of a millisecond
		float delay;  // milliseconds
	} trend[RTC_BWE_TREND];
	uint8_t trendCount, trendNext;
	float threshold, slope, overTime;
	uint8_t overCount;
	uint64_t thresholdUpdated;
	rtc_bwe_usage usage;
} rtc_bwe_delay;

typedef struct {
	uint32_t bytes; // in the window
	uint64_t start; // of the window; 0: none yet
	float rate;     // bit/s; 0: not known
	float variance; // relative
	uint8_t others; // samples in a row that were far from it
} rtc_bwe_throughput;

typedef struct {
	uint8_t id; // 0: free
	uint32_t rate, sentBytes, sentPackets;
	uint64_t ended; // when its last packet was sent
	uint64_t firstSent, lastSent;
	int64_t firstArrived, lastArrived;
	uint32_t bytes, packets, lastSize, firstSize; // acknowledged
} rtc_bwe_cluster;

#define RTC_BWE_LOSS_WINDOWS 16
typedef struct {
	uint32_t minimum, maximum;
	uint32_t target;    // what the way carries
	uint8_t known;      // it is from measurements
	uint32_t delayRate; // the delay's word
	uint32_t lossRate;  // the loss's word; UINT32_MAX: it has none
	uint32_t remb;      // the receiver's; UINT32_MAX: none
	rtc_bwe_delay delay;
	rtc_bwe_throughput throughput;
	float capacity, capacityDeviation; // where the delay has grown before (section 5.5)
	uint64_t lastChange, lastDecrease, lastOveruse;
	float roundTrip; // microseconds
	float leastTrip; // microseconds, without a queue; 0: not known
	uint64_t lastFeedback, lastSent, lastBackOff;
	uint32_t acknowledged; // by the present feedback packet, and
	uint8_t isOver;        // whether it tells of a growing delay
	// Loss in windows (section 6), and the least of them: what the way loses however little is sent.
	uint32_t received, lost;
	uint64_t windowStart, lastLossDecrease;
	float losses[RTC_BWE_LOSS_WINDOWS];
	uint8_t lossNext, lossCount;
	float loss; // of the newest windows
	// Probes.
	uint32_t wanted; // bit/s that there is use for
	uint8_t nextCluster, probing;
	uint64_t lastProbe;
	rtc_bwe_cluster clusters[RTC_BWE_CLUSTERS];
	uint64_t probes, overuses;
} rtc_bwe;

void rtc_bwe_init(rtc_bwe *bwe, uint32_t minimum, uint32_t start, uint32_t maximum, uint64_t now);
// More is of no use to the application: no probes go far beyond it. 0: not known.
void rtc_bwe_set_wanted(rtc_bwe *bwe, uint32_t bitsPerSecond);
// A packet leaves.
void rtc_bwe_sent(rtc_bwe *bwe, uint32_t size, uint8_t cluster, uint64_t now);
// A feedback packet: each packet that has come, in the order of sending, and then how many have not.
void rtc_bwe_acknowledge(rtc_bwe *bwe, const rtc_bwe_packet *packet, uint64_t now);
void rtc_bwe_feedback(rtc_bwe *bwe, uint32_t lost, uint64_t now);
// The receiver's own estimate (REMB): a limit.
void rtc_bwe_limit(rtc_bwe *bwe, uint64_t bitsPerSecond);
// Of a receiver that has no transport-wide feedback: a report's loss, 0 … 1 (section 6).
void rtc_bwe_report(rtc_bwe *bwe, float loss, uint64_t now);
void rtc_bwe_round_trip(rtc_bwe *bwe, uint64_t microseconds);
// Time has passed: feedback that stays away lowers the rate, probes that were lost end.
void rtc_bwe_time(rtc_bwe *bwe, uint64_t now);

// Nothing was known but what comes through, and no probe tells more: the delay's word begins with this rate.
void rtc_bwe_begin(rtc_bwe *bwe, float rate);

// Whether a probe is due: *rate, and how many bytes at least it takes. Returns its cluster's number, 0: none.
uint8_t rtc_bwe_probe(rtc_bwe *bwe, uint64_t now, uint32_t *rate, uint32_t *bytes);
// All its packets have left.
void rtc_bwe_probed(rtc_bwe *bwe, uint8_t cluster, uint64_t now);

// Whether feedback that was there stays away.
int rtc_bwe_is_silent(const rtc_bwe *bwe, uint64_t now);

uint32_t rtc_bwe_pacing(const rtc_bwe *bwe); // bit/s at which packets may leave

#endif
