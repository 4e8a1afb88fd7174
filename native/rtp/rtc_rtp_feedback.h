// SPDX-License-Identifier: Apache-2.0
// What a receiver tells about one stream by RTCP, and the sender reports that its answers refer to. No locks: its owner
// has them.
#ifndef RTC_RTP_FEEDBACK_H
#define RTC_RTP_FEEDBACK_H

#include "rtc_rtcp.h"

// As W3C's outbound-rtp and remote-inbound-rtp count them.
typedef struct {
	uint64_t packetsSent;
	uint64_t bytesSent; // of payload
	uint64_t headerBytesSent;
	uint64_t framesSent, keyFramesSent;
	uint64_t framesDropped;                 // before the keys or the first key frame, or not sendable
	uint32_t pliCount, firCount, nackCount; // received
	uint32_t reportsReceived;               // report blocks about this SSRC
	int32_t packetsLost;                    // from the newest; cumulative, and duplicates can make it negative
	double fractionLost;                    // 0 … 1
	double jitter;                          // seconds
	double roundTripTime;                   // seconds; 0 before the first
	double totalRoundTripTime;
	uint32_t roundTripTimeMeasurements;
	uint64_t retransmittedPacketsSent, retransmittedBytesSent;
	uint64_t firstFrame; // rtc_now() when it was sent; 0: none was
	uint64_t congested;  // frames that were not sent because the way is too narrow; of framesDropped
} rtc_rtp_stream_statistics;

// Reports whose answers are still understood: a receiver answers the newest that has come to it, so with one a second
// this allows for round trips of some seconds.
#define RTC_RTP_FEEDBACK_REPORTS 4

typedef struct {
	uint32_t clockRate;
	struct {
		uint32_t ntp;  // the middle 32 bits; 0: none
		uint64_t time; // rtc_now() when it left
	} reports[RTC_RTP_FEEDBACK_REPORTS];
	uint8_t nextReport;
	uint8_t firKnown, firSequence; // of the newest FIR, from firSender
	uint32_t firSender;
	rtc_rtp_stream_statistics statistics;
} rtc_rtp_feedback;

void rtc_rtp_feedback_init(rtc_rtp_feedback *feedback, uint32_t clockRate);
// Notes a sender report that leaves at `now`.
void rtc_rtp_feedback_reported(rtc_rtp_feedback *feedback, uint64_t ntp, uint64_t now);
// Takes an item about the stream in. Returns 1 when it asks for a key frame: a PLI, or a FIR that is no repetition.
int rtc_rtp_feedback_take(rtc_rtp_feedback *feedback, const rtc_rtcp_item *item, uint64_t now);

#endif
