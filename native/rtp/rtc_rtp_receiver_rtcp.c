// SPDX-License-Identifier: Apache-2.0
// What a receiver tells its sender, and hears from it.
#include <string.h>
#include "rtc_rtp_receiver_core.h"

#define AUDIO_INTERVAL 5000000 // microseconds between reports, halved to one and a half times, by chance
#define VIDEO_INTERVAL 1000000

void rtc_rtp_receiver_hear(rtc_rtp_inbound *inbound, const rtc_rtcp_item *item, uint64_t now)
{
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_of(inbound);
	uint32_t about = item->kind == RTC_RTCP_BYE ? item->target : item->sender;
	if (!receiver->statistics.ssrc || about != receiver->statistics.ssrc)
		return;
	if (item->kind == RTC_RTCP_BYE)
		rtc_rtp_receiver_set_active(receiver, 0);
	else
		rtc_rtp_reception_reported(&receiver->reception, &item->info, now);
}

// RFC 3550 section 6.3: reports go out while something comes in, and one when it has ended.
static size_t writeReport(rtc_rtp_receiver *receiver, uint8_t *buffer, uint64_t now)
{
	rtc_rtcp_report block;
	receiver->statistics.reportsSent++;
	receiver->reported = now;
	rtc_rtp_reception_report(&receiver->reception, now, &block);
	size_t size = rtc_rtcp_write_receiver_report(buffer, receiver->options.ssrc, receiver->statistics.ssrc, &block);
	return size + rtc_rtcp_write_description(buffer + size, receiver->options.ssrc, receiver->options.cname);
}

static size_t writeDueReport(rtc_rtp_receiver *receiver, uint8_t *buffer, uint64_t now)
{
	if (!receiver->nextReport || now < receiver->nextReport)
		return 0;
	receiver->nextReport = 0; // until something comes
	if (receiver->statistics.received <= receiver->reported)
		return 0;
	uint64_t interval = receiver->options.isVideo ? VIDEO_INTERVAL : AUDIO_INTERVAL;
	receiver->random = receiver->random * 1664525 + 1013904223; // Numerical Recipes; spreads reports, hides nothing
	receiver->nextReport = now + interval / 2 + (interval * (receiver->random >> 16) >> 16);
	return writeReport(receiver, buffer, now);
}

size_t rtc_rtp_receiver_report(rtc_rtp_inbound *inbound, uint8_t *buffer, uint64_t now)
{
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_of(inbound);
	uint8_t feedback[RTC_RTP_PICTURES_FEEDBACK + RTC_RTP_SESSION_REMB];
	size_t size = writeDueReport(receiver, buffer, now), more = 0;
	if (receiver->pictures)
		more = rtc_rtp_pictures_write(receiver->pictures, feedback, receiver->options.ssrc, receiver->statistics.ssrc,
									  now);
	if (inbound->isRated)
		more += rtc_rtp_session_write_remb(receiver->session, inbound, feedback + more, now);
	if (!more)
		return size;
	if (!size && !receiver->options.isReducedSize)
		size = writeReport(receiver, buffer, now);
	memcpy(buffer + size, feedback, more);
	return size + more;
}

uint64_t rtc_rtp_receiver_due(rtc_rtp_inbound *inbound)
{
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_of(inbound);
	uint64_t pictures = receiver->pictures ? rtc_rtp_pictures_due(receiver->pictures) : UINT64_MAX;
	return receiver->nextReport && receiver->nextReport < pictures ? receiver->nextReport : pictures;
}

int32_t rtc_rtp_receiver_lost(const rtc_rtp_inbound *inbound)
{
	return rtc_rtp_reception_lost(&rtc_rtp_receiver_of((rtc_rtp_inbound *)inbound)->reception);
}

size_t rtc_rtp_receiver_leave(rtc_rtp_receiver *receiver, uint8_t *buffer, uint64_t now)
{
	if (!receiver->statistics.reportsSent)
		return 0;
	size_t size = writeReport(receiver, buffer, now);
	return size + rtc_rtcp_write_bye(buffer + size, receiver->options.ssrc);
}
