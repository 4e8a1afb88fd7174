// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_route.h"

#include <errno.h>
#include <string.h>

int rtc_rtp_router_add(rtc_rtp_router *router, const rtc_rtp_route *route)
{
	for (uint8_t i = 0; i < router->count; i++)
		if (!strcmp(router->routes[i].mid, route->mid) && !strcmp(router->routes[i].rid, route->rid))
			return EEXIST;
	if (router->count == RTC_RTP_ROUTES)
		return ENOSPC;
	router->routes[router->count++] = *route;
	return 0;
}

// Places move up, so what was learnt of them is forgotten, or follows.
static void removeAt(rtc_rtp_router *router, uint8_t place)
{
	router->count--;
	memmove(&router->routes[place], &router->routes[place + 1], (router->count - place) * sizeof router->routes[0]);
	for (int i = 0; i < RTC_RTP_ROUTE_SSRCS; i++) {
		uint8_t *route = &router->learnt[i].route;
		if (*route == place + 1)
			*route = 0;
		else if (*route > place + 1)
			--*route;
	}
}

void rtc_rtp_router_remove(rtc_rtp_router *router, const void *context)
{
	for (uint8_t i = router->count; i-- > 0;)
		if (router->routes[i].context == context)
			removeAt(router, i);
}

// What an SSRC belongs to may change: the newest word counts (RFC 8843 section 9.2). Where all places are taken the
// oldest goes: its next packet with a MID brings it back.
static void learn(rtc_rtp_router *router, uint32_t ssrc, uint8_t place)
{
	int found = -1;
	for (int i = 0; i < RTC_RTP_ROUTE_SSRCS && found < 0; i++)
		if (router->learnt[i].route && router->learnt[i].ssrc == ssrc)
			found = i;
	for (int i = 0; i < RTC_RTP_ROUTE_SSRCS && found < 0; i++)
		if (!router->learnt[i].route)
			found = i;
	if (found < 0) {
		found = router->oldest;
		router->oldest = (uint8_t)((router->oldest + 1) % RTC_RTP_ROUTE_SSRCS);
	}
	router->learnt[found].ssrc = ssrc;
	router->learnt[found].route = (uint8_t)(place + 1);
}

int rtc_rtp_router_learn(rtc_rtp_router *router, uint32_t ssrc, const void *context)
{
	for (uint8_t i = 0; i < router->count; i++)
		if (router->routes[i].context == context) {
			learn(router, ssrc, i);
			return 0;
		}
	return ENOENT;
}

static int is(const rtc_rtp_packet *packet, uint8_t id, const char *text, int *present)
{
	size_t size = 0;
	const uint8_t *data = id ? rtc_rtp_find_extension(packet, id, &size) : NULL;
	if (!data)
		return 0;
	*present = 1;
	return size == strlen(text) && !memcmp(data, text, size);
}

// The place that the packet's own names lead to, -1 for names that are not known; *named: it bears a MID or RID.
static int byName(const rtc_rtp_router *router, const rtc_rtp_packet *packet, int *named)
{
	int found = -1;
	for (uint8_t i = 0; i < router->count; i++) {
		const rtc_rtp_route *route = &router->routes[i];
		int hasMid = 0, hasRid = 0;
		int mid = is(packet, route->midId, route->mid, &hasMid);
		int rid = route->ridId ? is(packet, route->ridId, route->rid, &hasRid) : 0;
		if (route->repairedId)
			rid |= is(packet, route->repairedId, route->rid, &hasRid);
		*named |= hasMid | hasRid;
		if ((hasMid && !mid) || (hasRid && !rid && route->rid[0]) || (!hasMid && !hasRid))
			continue;
		// A RID without a MID only says something where one section has it.
		if (!hasMid && !route->rid[0])
			continue;
		if (rid)
			return i;
		// One that is not said to be of a simulcast stream is the section's own.
		if (found < 0 || (router->routes[found].rid[0] && !route->rid[0]))
			found = i;
	}
	return found;
}

static int byPayloadType(const rtc_rtp_router *router, uint8_t payloadType)
{
	int found = -1;
	for (uint8_t i = 0; i < router->count; i++) {
		if (!(router->routes[i].payloadTypes[payloadType >> 5] >> (payloadType & 31) & 1))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

const rtc_rtp_route *rtc_rtp_router_find(rtc_rtp_router *router, const rtc_rtp_packet *packet)
{
	int named = 0, place = byName(router, packet, &named);
	if (named && place < 0)
		return NULL;
	if (!named) {
		for (int i = 0; i < RTC_RTP_ROUTE_SSRCS; i++)
			if (router->learnt[i].route && router->learnt[i].ssrc == packet->ssrc)
				return &router->routes[router->learnt[i].route - 1];
		place = byPayloadType(router, packet->payloadType);
		if (place < 0)
			return NULL;
	}
	learn(router, packet->ssrc, (uint8_t)place);
	return &router->routes[place];
}
