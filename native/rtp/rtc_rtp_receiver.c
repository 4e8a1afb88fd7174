// SPDX-License-Identifier: Apache-2.0
// All of it is guarded by the session's lock, but for what its sinks are given: that is done without.
#include "rtc_rtp_receiver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_port.h"

#define FRAMES 4               // that sinks may hold at once
#define SILENCE 500000u        // microseconds, after which another SSRC may take the place of one
#define CYCLES 0x20000u        // by which numbers go on with another SSRC
#define AUDIO_INTERVAL 5000000 // microseconds between reports, halved to one and a half times, by chance
#define VIDEO_INTERVAL 1000000
#define FIRST_REPORT 300000

struct rtc_rtp_receiver {
	rtc_source source; // first
	rtc_rtp_inbound inbound;
	rtc_rtp_session *session;
	rtc_rtp_receiver_options options;
	void (*changed)(void *context);
	void *context;
	rtc_frame_pool *pool;
	rtc_rtp_reception reception;
	uint32_t numbers; // what is added to sequence numbers, so that they grow from SSRC to SSRC
	uint32_t newest;  // of those that were given out
	uint64_t nextReport;
	uint32_t random;
	uint8_t active, closed;
	rtc_rtp_receiver_statistics statistics;
};

static rtc_rtp_receiver *ofInbound(rtc_rtp_inbound *inbound)
{
	return (rtc_rtp_receiver *)((char *)inbound - offsetof(rtc_rtp_receiver, inbound));
}

static void setActive(rtc_rtp_receiver *receiver, uint8_t active)
{
	if (receiver->active == active || receiver->closed)
		return;
	receiver->active = active;
	if (receiver->changed)
		receiver->changed(receiver->context);
}

static const rtc_codec *codecOf(const rtc_rtp_receiver *receiver, uint8_t payloadType)
{
	for (uint8_t i = 0; i < receiver->options.formatCount; i++)
		if (receiver->options.formats[i].payloadType == payloadType)
			return receiver->options.formats[i].codec;
	return NULL;
}

static int isAnnounced(const rtc_rtp_receiver *receiver, uint32_t ssrc)
{
	for (uint8_t i = 0; i < receiver->options.sourceCount; i++)
		if (receiver->options.sources[i] == ssrc)
			return 1;
	return 0;
}

// One SSRC at a time is heard: the first, until it is silent, or the remote has announced another.
static int isHeard(rtc_rtp_receiver *receiver, uint32_t ssrc, const rtc_codec *codec, uint64_t now)
{
	rtc_rtp_receiver_statistics *statistics = &receiver->statistics;
	int isFirst = !statistics->ssrc;
	if (ssrc == statistics->ssrc && codec->clockRate == receiver->reception.clockRate)
		return 1;
	if (!isFirst && ssrc != statistics->ssrc && now - statistics->received < SILENCE &&
		(!isAnnounced(receiver, ssrc) || isAnnounced(receiver, statistics->ssrc)))
		return 0;
	if (!isFirst)
		receiver->numbers = (receiver->newest & 0xffff0000u) + CYCLES;
	rtc_rtp_reception_init(&receiver->reception, codec->clockRate);
	statistics->ssrc = ssrc;
	return 1;
}

static void give(rtc_rtp_receiver *receiver, const rtc_rtp_packet *packet, const rtc_codec *codec, uint64_t now,
				 rtc_rtp_deliveries *deliveries)
{
	rtc_frame *frame = packet->payloadSize <= RTC_MTU ? rtc_frame_pool_get(receiver->pool) : NULL;
	if (!frame || deliveries->count == RTC_RTP_DELIVERIES) {
		receiver->statistics.packetsDiscarded++;
		rtc_frame_release(frame);
		return;
	}
	memcpy(frame->data, packet->payload, packet->payloadSize);
	frame->size = (uint32_t)packet->payloadSize;
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = codec;
	frame->time = now;
	frame->sampleRate = codec->clockRate;
	frame->sequence = receiver->newest;
	frame->timestamp = packet->timestamp;
	deliveries->entries[deliveries->count].source = rtc_source_retain(&receiver->source);
	deliveries->entries[deliveries->count++].frame = frame;
}

static void take(rtc_rtp_inbound *inbound, const rtc_rtp_packet *packet, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	rtc_rtp_receiver *receiver = ofInbound(inbound);
	rtc_rtp_receiver_statistics *statistics = &receiver->statistics;
	const rtc_codec *codec = codecOf(receiver, packet->payloadType);
	uint32_t extended;
	if (!codec || !isHeard(receiver, packet->ssrc, codec, now) ||
		rtc_rtp_reception_take(&receiver->reception, packet->sequence, packet->timestamp, now, &extended) ==
			RTC_RTP_RECEPTION_JUMPED) {
		statistics->packetsDiscarded++;
		return;
	}
	statistics->packetsReceived++;
	statistics->bytesReceived += packet->payloadSize;
	statistics->headerBytesReceived += packet->headerSize;
	statistics->payloadType = packet->payloadType;
	statistics->received = now;
	if (!receiver->nextReport)
		receiver->nextReport = now + FIRST_REPORT;
	setActive(receiver, 1);
	receiver->newest = receiver->numbers + extended;
	if (packet->payloadSize) // else it is padding
		give(receiver, packet, codec, now, deliveries);
}

static void hear(rtc_rtp_inbound *inbound, const rtc_rtcp_item *item, uint64_t now)
{
	rtc_rtp_receiver *receiver = ofInbound(inbound);
	uint32_t about = item->kind == RTC_RTCP_BYE ? item->target : item->sender;
	if (!receiver->statistics.ssrc || about != receiver->statistics.ssrc)
		return;
	if (item->kind == RTC_RTCP_BYE)
		setActive(receiver, 0);
	else
		rtc_rtp_reception_reported(&receiver->reception, &item->info, now);
}

// RFC 3550 section 6.3: reports go out while something comes in, and one when it has ended.
static size_t report(rtc_rtp_inbound *inbound, uint8_t *buffer, uint64_t now)
{
	rtc_rtp_receiver *receiver = ofInbound(inbound);
	rtc_rtcp_report block;
	if (!receiver->nextReport || now < receiver->nextReport)
		return 0;
	uint64_t interval = receiver->options.isVideo ? VIDEO_INTERVAL : AUDIO_INTERVAL;
	receiver->random = receiver->random * 1664525 + 1013904223; // Numerical Recipes; spreads reports, hides nothing
	receiver->nextReport = now + interval / 2 + (interval * (receiver->random >> 16) >> 16);
	receiver->statistics.reportsSent++;
	rtc_rtp_reception_report(&receiver->reception, now, &block);
	size_t size = rtc_rtcp_write_receiver_report(buffer, receiver->options.ssrc, receiver->statistics.ssrc, &block);
	return size + rtc_rtcp_write_description(buffer + size, receiver->options.ssrc, receiver->options.cname);
}

static size_t leave(rtc_rtp_receiver *receiver, uint8_t *buffer, uint64_t now)
{
	if (!receiver->statistics.reportsSent)
		return 0;
	receiver->nextReport = now;
	size_t size = report(&receiver->inbound, buffer, now);
	return size + rtc_rtcp_write_bye(buffer + size, receiver->options.ssrc);
}

static void destroy(rtc_source *source)
{
	rtc_rtp_receiver *receiver = (rtc_rtp_receiver *)source;
	rtc_frame_pool_close(receiver->pool);
	rtc_rtp_session_release(receiver->session);
	free(receiver);
}

static int check(const rtc_rtp_receiver_options *options)
{
	for (uint8_t i = 0; i < options->formatCount && i < RTC_RTP_RECEIVER_FORMATS; i++)
		if (!options->formats[i].codec || options->formats[i].codec->isVideo != options->isVideo ||
			options->formats[i].payloadType > 127)
			return 0;
	return options->formatCount && options->formatCount <= RTC_RTP_RECEIVER_FORMATS &&
		   options->sourceCount <= RTC_RTP_RECEIVER_SOURCES && options->ssrc && options->midId < 15 &&
		   options->transportSequenceId < 15 && memchr(options->cname, 0, sizeof options->cname) &&
		   memchr(options->mid, 0, sizeof options->mid);
}

static rtc_rtp_route routeOf(rtc_rtp_receiver *receiver, const rtc_rtp_receiver_options *options)
{
	rtc_rtp_route route = {.midId = options->midId, .context = &receiver->inbound};
	memcpy(route.mid, options->mid, sizeof route.mid);
	for (uint8_t i = 0; i < options->formatCount; i++) {
		uint8_t payloadType = options->formats[i].payloadType;
		route.payloadTypes[payloadType >> 5] |= 1u << (payloadType & 31);
	}
	return route;
}

rtc_rtp_receiver *rtc_rtp_receiver_new(const rtc_rtp_receiver_options *options, rtc_rtp_session *session,
									   void (*changed)(void *context), void *context, int *error)
{
	*error = check(options) ? ENOMEM : EINVAL;
	rtc_rtp_receiver *receiver = *error == ENOMEM ? calloc(1, sizeof *receiver) : NULL;
	if (!receiver)
		return NULL;
	rtc_source_init(&receiver->source, destroy);
	receiver->session = rtc_rtp_session_retain(session);
	receiver->options = *options;
	receiver->inbound = (rtc_rtp_inbound){.take = take, .hear = hear, .report = report};
	receiver->inbound.ssrc = options->ssrc;
	receiver->inbound.arrivalId = options->transportSequenceId;
	receiver->random = options->ssrc;
	receiver->changed = changed;
	receiver->context = context;
	receiver->pool = rtc_frame_pool_new(FRAMES, RTC_MTU);
	if (receiver->pool) {
		rtc_rtp_route route = routeOf(receiver, options);
		*error =
			rtc_rtp_session_add_inbound(session, &receiver->inbound, &route, options->sources, options->sourceCount);
	}
	if (!*error)
		return receiver;
	rtc_source_release(&receiver->source);
	return NULL;
}

rtc_source *rtc_rtp_receiver_source(rtc_rtp_receiver *receiver)
{
	return &receiver->source;
}

int rtc_rtp_receiver_change(rtc_rtp_receiver *receiver, const rtc_rtp_receiver_options *options)
{
	if (!check(options) || options->isVideo != receiver->options.isVideo)
		return EINVAL;
	rtc_rtp_route route = routeOf(receiver, options);
	rtc_rtp_session_remove_inbound(receiver->session, &receiver->inbound, NULL, 0);
	rtc_rtp_session_lock(receiver->session);
	receiver->options = *options;
	receiver->inbound.ssrc = options->ssrc;
	receiver->inbound.arrivalId = options->transportSequenceId;
	rtc_rtp_session_unlock(receiver->session);
	return rtc_rtp_session_add_inbound(receiver->session, &receiver->inbound, &route, options->sources,
									   options->sourceCount);
}

int rtc_rtp_receiver_is_active(rtc_rtp_receiver *receiver)
{
	rtc_rtp_session_lock(receiver->session);
	int active = receiver->active;
	rtc_rtp_session_unlock(receiver->session);
	return active;
}

void rtc_rtp_receiver_get_statistics(rtc_rtp_receiver *receiver, rtc_rtp_receiver_statistics *statistics)
{
	const rtc_rtp_reception *reception = &receiver->reception;
	rtc_rtp_session_lock(receiver->session);
	*statistics = receiver->statistics;
	statistics->packetsLost = rtc_rtp_reception_lost(reception);
	if (reception->clockRate)
		statistics->jitter = (double)(reception->jitter >> 4) / reception->clockRate;
	statistics->reportsReceived = reception->reports;
	statistics->remote = reception->sender;
	rtc_rtp_session_unlock(receiver->session);
}

void rtc_rtp_receiver_close(rtc_rtp_receiver *receiver)
{
	uint8_t bye[RTC_RTCP_REPORT_SIZE + RTC_RTCP_BLOCK_SIZE + RTC_RTCP_BYE_SIZE];
	rtc_rtp_session_lock(receiver->session);
	receiver->closed = 1;
	size_t size = leave(receiver, bye, rtc_now());
	rtc_rtp_session_unlock(receiver->session);
	rtc_rtp_session_remove_inbound(receiver->session, &receiver->inbound, bye, size);
	rtc_source_disconnect_all(&receiver->source);
	rtc_source_release(&receiver->source);
}
