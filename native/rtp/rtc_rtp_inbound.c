// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_inbound.h"

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

void rtc_rtp_report_inbound(rtc_srtp *srtp, rtc_rtp_inbound *inbounds, uint64_t now)
{
	uint8_t report[RTC_RTP_INBOUND_REPORT];
	for (rtc_rtp_inbound *inbound = inbounds; inbound; inbound = inbound->next)
		rtc_rtp_send_rtcp(srtp, report, inbound->report(inbound, report, now));
}
