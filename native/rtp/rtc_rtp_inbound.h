// SPDX-License-Identifier: Apache-2.0
// What a session's receivers are to it, each a stream that comes in, and what becomes of what they take.
#ifndef RTC_RTP_INBOUND_H
#define RTC_RTP_INBOUND_H

#include "rtc_frame.h"
#include "rtc_rtcp.h"
#include "rtc_rtp_route.h"
#include "rtc_srtp.h"

// Frames that are given to their sources' sinks when the session's lock is let go: these may be another session's.
#define RTC_RTP_DELIVERIES 8
typedef struct {
	uint8_t count;
	struct {
		rtc_source *source; // both are retained
		rtc_frame *frame;
	} entries[RTC_RTP_DELIVERIES];
} rtc_rtp_deliveries;

// A receiver keeps one. All is called on the network thread, with the session's lock held.
typedef struct rtc_rtp_inbound rtc_rtp_inbound;
struct rtc_rtp_inbound {
	rtc_rtp_inbound *next;
	uint32_t ssrc;     // under which it reports
	uint32_t heard;    // the remote's SSRC; 0: none yet
	uint8_t arrivalId; // header extension of transport-wide sequence numbers, whose arrival is told of; 0: it is not
	uint8_t isRated;   // it tells what the way carries (rtc_remb.h)
	uint8_t sendId;    // header extension of times of sending, for that; 0: there is none
	// A packet that the router finds to be its own.
	void (*take)(rtc_rtp_inbound *inbound, const rtc_rtp_packet *packet, uint64_t now, rtc_rtp_deliveries *deliveries);
	// A sender report, or a BYE, of any SSRC.
	void (*hear)(rtc_rtp_inbound *inbound, const rtc_rtcp_item *item, uint64_t now);
	// Writes what is due at `now` into the RTC_RTP_INBOUND_REPORT bytes at `buffer`. Returns its size, 0: nothing is.
	size_t (*report)(rtc_rtp_inbound *inbound, uint8_t *buffer, uint64_t now);
	// Takes what time alone brings.
	void (*give)(rtc_rtp_inbound *inbound, uint64_t now, rtc_rtp_deliveries *deliveries);
	// When the two before are to be called again; UINT64_MAX: not before a packet comes.
	uint64_t (*due)(rtc_rtp_inbound *inbound);
	int32_t (*lost)(const rtc_rtp_inbound *inbound); // packets that are missing by now
};
#define RTC_RTP_INBOUND_REPORT 512

void rtc_rtp_deliver(rtc_rtp_deliveries *deliveries);
// Sends one RTCP packet, if there is a way out.
void rtc_rtp_send_rtcp(rtc_srtp *srtp, const uint8_t *packet, size_t size);

#endif
