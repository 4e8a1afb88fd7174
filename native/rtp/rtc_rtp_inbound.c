// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_session_core.h"

#include <string.h>

void rtc_rtp_deliver(rtc_rtp_deliveries *deliveries)
{
	for (uint8_t i = 0; i < deliveries->count; i++) {
		rtc_source_deliver(deliveries->entries[i].source, deliveries->entries[i].frame);
		rtc_frame_release(deliveries->entries[i].frame);
		rtc_source_release(deliveries->entries[i].source);
	}
	deliveries->count = 0;
}

void rtc_rtp_send_rtcp(rtc_srtp *srtp, const uint8_t *packet, size_t size)
{
	rtc_srtp_transmit *transmit = size ? rtc_srtp_begin(srtp) : NULL;
	if (!transmit)
		return;
	memcpy(rtc_srtp_buffer(transmit), packet, size);
	rtc_srtp_commit(transmit, size, 1);
	rtc_srtp_end(transmit);
}

void rtc_rtp_note_arrival(rtc_rtp_session *session, const rtc_rtp_packet *packet, uint64_t now)
{
	size_t size;
	if (!session->arrivals || !session->inbounds)
		return;
	const uint8_t *element = rtc_rtp_find_extension(packet, session->arrivalId, &size);
	if (element && size >= 2)
		rtc_twcc_log_take(session->arrivals, rtc_rtp_get16(element), now);
	session->arrivalSsrc = packet->ssrc;
}

// Whosever packets they are: the sender's estimate is of them all.
static uint64_t tellArrivals(rtc_rtp_session *session, uint64_t now)
{
	uint8_t feedback[RTC_RTP_INBOUND_REPORT];
	if (!session->arrivals || !session->arrivals->due)
		return UINT64_MAX;
	size_t size = rtc_twcc_log_write(session->arrivals, feedback, sizeof feedback, session->inbounds->ssrc,
									 session->arrivalSsrc, now);
	rtc_rtp_send_rtcp(session->srtp, feedback, size);
	return session->arrivals->due ? session->arrivals->due : UINT64_MAX;
}

uint64_t rtc_rtp_tick_inbound(rtc_rtp_session *session, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	uint8_t report[RTC_RTP_INBOUND_REPORT];
	if (!session->inbounds)
		return UINT64_MAX;
	uint64_t earliest = tellArrivals(session, now);
	for (rtc_rtp_inbound *inbound = session->inbounds; inbound; inbound = inbound->next) {
		if (deliveries)
			inbound->give(inbound, now, deliveries);
		rtc_rtp_send_rtcp(session->srtp, report, inbound->report(inbound, report, now));
		uint64_t due = inbound->due(inbound);
		if (due < earliest)
			earliest = due;
	}
	return earliest;
}
