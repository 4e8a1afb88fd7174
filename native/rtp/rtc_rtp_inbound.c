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
	size_t size = 0;
	if (!packet->payload || !session->inbounds)
		return;
	const uint8_t *element = session->arrivals ? rtc_rtp_find_extension(packet, session->arrivalId, &size) : NULL;
	if (element && size >= 2)
		rtc_twcc_log_take(session->arrivals, rtc_rtp_get16(element), now);
	session->arrivalSsrc = packet->ssrc;
	if (!session->remb)
		return;
	element = rtc_rtp_find_extension(packet, session->sendId, &size);
	rtc_remb_take(session->remb, element && size >= 3 ? element : NULL, packet->headerSize + packet->payloadSize, now);
}

// Whosever packets they are: the sender's estimate is of them all.
static uint64_t tellArrivals(rtc_rtp_session *session, uint64_t now)
{
	uint8_t feedback[RTC_RTP_INBOUND_REPORT];
	if (!session->arrivals || !session->arrivals->due)
		return UINT64_MAX;
	if (now < session->arrivals->due) // as for most packets
		return session->arrivals->due;
	size_t size = rtc_twcc_log_write(session->arrivals, feedback, sizeof feedback, session->inbounds->ssrc,
									 session->arrivalSsrc, now);
	rtc_rtp_send_rtcp(session->srtp, feedback, size);
	return session->arrivals->due ? session->arrivals->due : UINT64_MAX;
}

// Whosever packets they are, as above. Receivers write it behind their reports.
static uint64_t judgeArrivals(rtc_rtp_session *session, uint64_t now)
{
	int64_t lost = 0;
	if (!session->remb || !session->remb->due)
		return UINT64_MAX;
	if (now >= session->remb->due)
		for (const rtc_rtp_inbound *inbound = session->inbounds; inbound; inbound = inbound->next)
			lost += inbound->lost(inbound);
	rtc_remb_judge(session->remb, lost, now);
	return session->remb->due ? session->remb->due : UINT64_MAX;
}

size_t rtc_rtp_session_write_remb(rtc_rtp_session *session, const rtc_rtp_inbound *inbound, uint8_t *buffer,
								  uint64_t now)
{
	uint32_t sources[RTC_REMB_SOURCES];
	size_t count = 0;
	if (!session->remb || !inbound->isRated)
		return 0;
	for (const rtc_rtp_inbound *one = session->inbounds; one && count < RTC_REMB_SOURCES; one = one->next)
		if (one->heard)
			sources[count++] = one->heard;
	return rtc_remb_write(session->remb, buffer, inbound->ssrc, sources, count, now);
}

uint64_t rtc_rtp_tick_inbound(rtc_rtp_session *session, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	uint8_t report[RTC_RTP_INBOUND_REPORT];
	if (!session->inbounds)
		return UINT64_MAX;
	uint64_t earliest = tellArrivals(session, now), judged = judgeArrivals(session, now);
	if (judged < earliest)
		earliest = judged;
	for (rtc_rtp_inbound *inbound = session->inbounds; inbound; inbound = inbound->next) {
		if (deliveries)
			inbound->give(inbound, now, deliveries);
		uint64_t due = inbound->due(inbound);
		if (due <= now || (inbound->isRated && session->remb && session->remb->isWorth)) {
			rtc_rtp_send_rtcp(session->srtp, report, inbound->report(inbound, report, now));
			due = inbound->due(inbound);
		}
		if (due < earliest)
			earliest = due;
	}
	return earliest;
}
