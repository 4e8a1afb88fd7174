// SPDX-License-Identifier: Apache-2.0
// Private to the files of the receiver: rtc_rtp_receiver.c (packets), rtc_rtp_receiver_rtcp.c (reports and feedback).
// All of it is guarded by the session's lock, but for what its sinks are given: that is done without.
#ifndef RTC_RTP_RECEIVER_CORE_H
#define RTC_RTP_RECEIVER_CORE_H

#include "rtc_rtp_receiver.h"

#define RTC_RTP_RECEIVER_FIRST_REPORT 300000 // microseconds from the first packet

struct rtc_rtp_receiver {
	rtc_source source; // first
	rtc_rtp_inbound inbound;
	rtc_rtp_session *session;
	rtc_rtp_receiver_options options;
	void (*changed)(void *context);
	void *context;
	rtc_frame_pool *pool;
	rtc_rtp_reception reception;
	uint32_t numbers;    // what is added to sequence numbers, so that they grow from SSRC to SSRC
	uint32_t newest;     // of those that were given out
	uint64_t nextReport; // 0: when something comes
	uint64_t reported;
	uint32_t random;
	uint8_t active, closed;
	rtc_rtp_pictures *pictures; // NULL: it is sound
	rtc_rtp_receiver_statistics statistics;
};

static inline rtc_rtp_receiver *rtc_rtp_receiver_of(rtc_rtp_inbound *inbound)
{
	return (rtc_rtp_receiver *)((char *)inbound - offsetof(rtc_rtp_receiver, inbound));
}

void rtc_rtp_receiver_set_active(rtc_rtp_receiver *receiver, uint8_t active);
// As rtc_rtp_inbound has them.
void rtc_rtp_receiver_hear(rtc_rtp_inbound *inbound, const rtc_rtcp_item *item, uint64_t now);
size_t rtc_rtp_receiver_report(rtc_rtp_inbound *inbound, uint8_t *buffer, uint64_t now);
uint64_t rtc_rtp_receiver_due(rtc_rtp_inbound *inbound);
int32_t rtc_rtp_receiver_lost(const rtc_rtp_inbound *inbound);
// Writes a last report and BYE into the RTC_RTP_INBOUND_REPORT bytes at `buffer`; 0: it has not reported.
size_t rtc_rtp_receiver_leave(rtc_rtp_receiver *receiver, uint8_t *buffer, uint64_t now);

#endif
