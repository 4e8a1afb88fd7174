// SPDX-License-Identifier: Apache-2.0
// What a receiver tells about one stream by RTCP, and the sender reports that its answers refer to. No locks: its owner
// has them.
#ifndef RTC_RTP_FEEDBACK_H
#define RTC_RTP_FEEDBACK_H

#include "rtc_rtp_sender.h"

// Reports whose answers are still understood: a receiver answers the newest that has come to it, so with one a second
// this allows for round trips of some seconds.
#define RTC_RTP_FEEDBACK_REPORTS 4

typedef struct {
	uint32_t ssrc;
	uint32_t clockRate;
	struct {
		uint32_t ntp;  // the middle 32 bits; 0: none
		uint64_t time; // rtc_now() when it left
	} reports[RTC_RTP_FEEDBACK_REPORTS];
	uint8_t nextReport;
	uint8_t firKnown, firSequence; // of the newest FIR, from firSender
	uint32_t firSender;
	rtc_rtp_sender_statistics statistics;
} rtc_rtp_feedback;

void rtc_rtp_feedback_init(rtc_rtp_feedback *feedback, uint32_t ssrc, uint32_t clockRate);
// Notes a sender report that leaves at `now`.
void rtc_rtp_feedback_reported(rtc_rtp_feedback *feedback, uint64_t ntp, uint64_t now);
// Takes a compound packet in. Returns 1 when it asks for a key frame: by PLI, or by a FIR that is not a repetition.
int rtc_rtp_feedback_receive(rtc_rtp_feedback *feedback, const uint8_t *packet, size_t size, uint64_t now);

#endif
