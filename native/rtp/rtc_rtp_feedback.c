// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_feedback.h"

#include <string.h>

void rtc_rtp_feedback_init(rtc_rtp_feedback *feedback, uint32_t clockRate)
{
	memset(feedback, 0, sizeof *feedback);
	feedback->clockRate = clockRate;
}

void rtc_rtp_feedback_reported(rtc_rtp_feedback *feedback, uint64_t ntp, uint64_t now)
{
	uint8_t index = feedback->nextReport;
	feedback->reports[index].ntp = (uint32_t)(ntp >> 16);
	feedback->reports[index].time = now;
	feedback->nextReport = (uint8_t)((index + 1) % RTC_RTP_FEEDBACK_REPORTS);
}

// RFC 3550 section 6.4.1, but by the monotonic clock: when the wall clock is set meanwhile (a device asks for the time
// after it has started), A - LSR would be nonsense. A report that we did not send measures nothing.
static void measureRoundTrip(rtc_rtp_feedback *feedback, const rtc_rtcp_report *report, uint64_t now)
{
	rtc_rtp_stream_statistics *statistics = &feedback->statistics;
	if (!report->lastReport)
		return;
	for (int i = 0; i < RTC_RTP_FEEDBACK_REPORTS; i++) {
		if (feedback->reports[i].ntp != report->lastReport)
			continue;
		double trip = (double)(int64_t)(now - feedback->reports[i].time) / 1e6 - report->delay / 65536.0;
		if (trip < 0) // DLSR is rounded, and the peer may lie
			trip = 0;
		statistics->roundTripTime = trip;
		statistics->totalRoundTripTime += trip;
		statistics->roundTripTimeMeasurements++;
		return;
	}
}

static void takeReport(rtc_rtp_feedback *feedback, const rtc_rtcp_report *report, uint64_t now)
{
	rtc_rtp_stream_statistics *statistics = &feedback->statistics;
	statistics->reportsReceived++;
	statistics->packetsLost = report->packetsLost;
	statistics->fractionLost = report->fractionLost / 256.0;
	statistics->jitter = (double)report->jitter / feedback->clockRate;
	measureRoundTrip(feedback, report, now);
}

// RFC 5104 section 4.3.1.2: a repeated request bears the same sequence number. Each requester has its own.
static int takeFir(rtc_rtp_feedback *feedback, const rtc_rtcp_item *item)
{
	feedback->statistics.firCount++;
	if (feedback->firKnown && feedback->firSender == item->sender && feedback->firSequence == item->sequence)
		return 0;
	feedback->firKnown = 1;
	feedback->firSender = item->sender;
	feedback->firSequence = item->sequence;
	return 1;
}

int rtc_rtp_feedback_take(rtc_rtp_feedback *feedback, const rtc_rtcp_item *item, uint64_t now)
{
	switch (item->kind) {
	case RTC_RTCP_REPORT:
		takeReport(feedback, &item->report, now);
		return 0;
	case RTC_RTCP_PLI:
		feedback->statistics.pliCount++;
		return 1;
	case RTC_RTCP_FIR:
		return takeFir(feedback, item);
	case RTC_RTCP_NACK:
		feedback->statistics.nackCount += item->first; // W3C counts packets
		return 0;
	default:
		return 0;
	}
}
