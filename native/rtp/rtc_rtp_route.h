// SPDX-License-Identifier: Apache-2.0
// Which media section a packet that comes in belongs to (RFC 8843 section 9.2): by its MID, by its SSRC, or by a
// payload type that only one section has. No locks: its owner has them.
#ifndef RTC_RTP_ROUTE_H
#define RTC_RTP_ROUTE_H

#include "rtc_rtp.h"

#define RTC_RTP_ROUTES 8
#define RTC_RTP_ROUTE_SSRCS 16 // as many as SRTP lets in at once

// A section, or one of its simulcast streams.
typedef struct {
	char mid[RTC_RTP_MID + 1];        // "": it has none
	char rid[RTC_RTP_MID + 1];        // RFC 8852; "": any
	uint8_t midId, ridId, repairedId; // ids of the header extensions that carry them, 0: none
	uint32_t payloadTypes[4];         // a bit for each
	void *context;                    // whose packets they are
} rtc_rtp_route;

typedef struct {
	rtc_rtp_route routes[RTC_RTP_ROUTES];
	uint8_t count;
	uint8_t oldest; // of `learnt`: the next that goes
	struct {
		uint32_t ssrc;
		uint8_t route; // its place, plus 1; 0: free
	} learnt[RTC_RTP_ROUTE_SSRCS];
} rtc_rtp_router;

// Adds a route, or one more description of what its context has. 0, EEXIST when another has the same MID and RID,
// ENOSPC.
int rtc_rtp_router_add(rtc_rtp_router *router, const rtc_rtp_route *route);
void rtc_rtp_router_remove(rtc_rtp_router *router, const void *context);
// The SSRC is one that the remote has announced for what `context` has (RFC 5576). 0, or ENOENT.
int rtc_rtp_router_learn(rtc_rtp_router *router, uint32_t ssrc, const void *context);
// Whose packet it is; NULL: nobody's.
const rtc_rtp_route *rtc_rtp_router_find(rtc_rtp_router *router, const rtc_rtp_packet *packet);

#endif
