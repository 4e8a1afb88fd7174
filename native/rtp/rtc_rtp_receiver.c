// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_receiver_core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_port.h"

// Packets of sound that sinks may hold at once.
#if defined(ESP_PLATFORM) || defined(RTC_SMALL_BUFFERS)
#define FRAMES 2
#else
#define FRAMES 4
#endif
#define SILENCE 500000u // microseconds, after which another SSRC may take the place of one
#define CYCLES 0x20000u // by which numbers go on with another SSRC

static atomic_uint assemblyBytes = RTC_ASSEMBLY_BYTES;

int rtc_rtp_receiver_configure(uint32_t bytes)
{
	if (bytes < RTC_ASSEMBLY_BYTES_MINIMUM || bytes > RTC_ASSEMBLY_BYTES_MAXIMUM)
		return EINVAL;
	atomic_store(&assemblyBytes, bytes);
	return 0;
}

void rtc_rtp_receiver_set_active(rtc_rtp_receiver *receiver, uint8_t active)
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
	statistics->ssrc = receiver->inbound.heard = ssrc;
	return 1;
}

static void add(rtc_rtp_receiver *receiver, rtc_frame *frame, rtc_rtp_deliveries *deliveries)
{
	frame->sent = rtc_rtp_reception_sent(&receiver->reception, frame->timestamp);
	deliveries->entries[deliveries->count].source = rtc_source_retain(&receiver->source);
	deliveries->entries[deliveries->count++].frame = frame;
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
	add(receiver, frame, deliveries);
}

static void givePictures(rtc_rtp_receiver *receiver, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	while (deliveries->count < RTC_RTP_DELIVERIES) {
		rtc_frame *frame = rtc_rtp_pictures_next(receiver->pictures, now);
		if (!frame)
			break;
		add(receiver, frame, deliveries);
	}
}

static void takePicture(rtc_rtp_receiver *receiver, const rtc_rtp_packet *packet, const rtc_codec *codec,
						uint32_t sequence, int isRepair, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	rtc_assembly_packet taken = {
		.sequence = sequence,
		.timestamp = packet->timestamp,
		.marker = packet->marker,
		.codec = codec,
		.payload = packet->payload,
		.size = packet->payloadSize,
		.arrival = now,
	};
	if (packet->payloadSize > RTC_MTU) {
		receiver->statistics.packetsDiscarded++;
		return;
	}
	rtc_rtp_pictures_take(receiver->pictures, &taken, isRepair, now);
	givePictures(receiver, now, deliveries);
}

// RFC 4588 section 4: a payload behind its own sequence number, under numbers of the retransmissions. It stands for a
// packet of the stream that is heard, for it has no other number of it. Returns whether it was one.
static int takeRepair(rtc_rtp_receiver *receiver, const rtc_rtp_packet *packet, uint64_t now,
					  rtc_rtp_deliveries *deliveries)
{
	rtc_rtp_receiver_statistics *statistics = &receiver->statistics;
	const rtc_codec *codec = NULL;
	for (uint8_t i = 0; i < receiver->options.formatCount && !codec; i++)
		if (receiver->options.formats[i].hasRtx && receiver->options.formats[i].rtxPayloadType == packet->payloadType)
			codec = receiver->options.formats[i].codec;
	if (!codec || !receiver->pictures || !statistics->ssrc)
		return 0;
	statistics->packetsReceived++;
	statistics->headerBytesReceived += packet->headerSize;
	statistics->bytesReceived += packet->payloadSize;
	statistics->retransmittedPacketsReceived++;
	statistics->retransmittedBytesReceived += packet->payloadSize;
	if (packet->payloadSize <= 2) // padding, which tries what the way carries
		return 1;
	uint32_t extended = rtc_rtp_reception_extend(&receiver->reception, rtc_rtp_get16(packet->payload));
	if ((int32_t)(extended - receiver->reception.highest) > 0) // it was not asked for
		return 1;
	rtc_rtp_packet original = *packet;
	original.payload += 2;
	original.payloadSize -= 2;
	takePicture(receiver, &original, codec, receiver->numbers + extended, 1, now, deliveries);
	return 1;
}

static void take(rtc_rtp_inbound *inbound, const rtc_rtp_packet *packet, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_of(inbound);
	rtc_rtp_receiver_statistics *statistics = &receiver->statistics;
	const rtc_codec *codec = codecOf(receiver, packet->payloadType);
	uint32_t extended;
	if (!codec && takeRepair(receiver, packet, now, deliveries))
		return;
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
		receiver->nextReport = now + RTC_RTP_RECEIVER_FIRST_REPORT;
	rtc_rtp_receiver_set_active(receiver, 1);
	receiver->newest = receiver->numbers + extended;
	if (receiver->pictures)
		takePicture(receiver, packet, codec, receiver->newest, 0, now, deliveries);
	else if (packet->payloadSize) // else it is padding
		give(receiver, packet, codec, now, deliveries);
}

static void giveDue(rtc_rtp_inbound *inbound, uint64_t now, rtc_rtp_deliveries *deliveries)
{
	rtc_rtp_receiver *receiver = rtc_rtp_receiver_of(inbound);
	if (receiver->pictures)
		givePictures(receiver, now, deliveries);
}

// Sinks came or went, on the machine's thread.
static void want(rtc_source *source, int active)
{
	rtc_rtp_receiver *receiver = (rtc_rtp_receiver *)source;
	rtc_rtp_session_lock(receiver->session);
	rtc_rtp_pictures_want(receiver->pictures, active, rtc_now());
	rtc_rtp_session_unlock(receiver->session);
	rtc_rtp_session_wake(receiver->session);
}

static void requestKeyFrame(rtc_source *source)
{
	rtc_rtp_receiver *receiver = (rtc_rtp_receiver *)source;
	rtc_rtp_session_lock(receiver->session);
	rtc_rtp_pictures_request_key(receiver->pictures, rtc_now());
	rtc_rtp_session_unlock(receiver->session);
	rtc_rtp_session_wake(receiver->session);
}

static void destroy(rtc_source *source)
{
	rtc_rtp_receiver *receiver = (rtc_rtp_receiver *)source;
	rtc_frame_pool_close(receiver->pool);
	rtc_rtp_pictures_free(receiver->pictures);
	rtc_rtp_session_release(receiver->session);
	free(receiver);
}

static int check(const rtc_rtp_receiver_options *options)
{
	for (uint8_t i = 0; i < options->formatCount && i < RTC_RTP_RECEIVER_FORMATS; i++)
		if (!options->formats[i].codec || options->formats[i].codec->isVideo != options->isVideo ||
			options->formats[i].payloadType > 127 || options->formats[i].rtxPayloadType > 127 ||
			(options->isVideo && !options->formats[i].codec->payload->depacketizer))
			return 0;
	return options->formatCount && options->formatCount <= RTC_RTP_RECEIVER_FORMATS &&
		   options->sourceCount <= RTC_RTP_RECEIVER_SOURCES && options->ssrc && options->midId < 15 &&
		   options->transportSequenceId < 15 && options->sendTimeId < 15 &&
		   memchr(options->cname, 0, sizeof options->cname) && memchr(options->mid, 0, sizeof options->mid);
}

static rtc_rtp_route routeOf(rtc_rtp_receiver *receiver, const rtc_rtp_receiver_options *options)
{
	rtc_rtp_route route = {.midId = options->midId, .context = &receiver->inbound};
	memcpy(route.mid, options->mid, sizeof route.mid);
	for (uint8_t i = 0; i < options->formatCount; i++) {
		uint8_t payloadType = options->formats[i].payloadType, repairs = options->formats[i].rtxPayloadType;
		route.payloadTypes[payloadType >> 5] |= 1u << (payloadType & 31);
		if (options->formats[i].hasRtx)
			route.payloadTypes[repairs >> 5] |= 1u << (repairs & 31);
	}
	return route;
}

static void enter(rtc_rtp_receiver *receiver, const rtc_rtp_receiver_options *options)
{
	receiver->inbound.ssrc = options->ssrc;
	receiver->inbound.arrivalId = options->transportSequenceId;
	receiver->inbound.isRated = options->isRated;
	receiver->inbound.sendId = options->sendTimeId;
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
	receiver->inbound = (rtc_rtp_inbound){
		.take = take,
		.hear = rtc_rtp_receiver_hear,
		.report = rtc_rtp_receiver_report,
		.give = giveDue,
		.due = rtc_rtp_receiver_due,
		.lost = rtc_rtp_receiver_lost,
	};
	enter(receiver, options);
	receiver->random = options->ssrc;
	receiver->source.sync = rtc_rtp_session_sync(session); // which it retains
	receiver->changed = changed;
	receiver->context = context;
	if (options->isVideo) {
		receiver->pictures = rtc_rtp_pictures_new(atomic_load(&assemblyBytes), options->feedback);
		receiver->source.active = want;
		receiver->source.requestKeyFrame = requestKeyFrame;
	} else
		receiver->pool = rtc_frame_pool_new(FRAMES, RTC_MTU);
	if (receiver->pool || receiver->pictures) {
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
	enter(receiver, options);
	if (receiver->pictures)
		rtc_rtp_pictures_set_feedback(receiver->pictures, options->feedback);
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
	statistics->isVideo = receiver->options.isVideo;
	if (receiver->pictures)
		rtc_rtp_pictures_get_statistics(receiver->pictures, &statistics->pictures);
	rtc_rtp_session_unlock(receiver->session);
}

void rtc_rtp_receiver_close(rtc_rtp_receiver *receiver)
{
	uint8_t bye[RTC_RTCP_REPORT_SIZE + RTC_RTCP_BLOCK_SIZE + RTC_RTCP_BYE_SIZE];
	rtc_rtp_session_lock(receiver->session);
	receiver->closed = 1;
	size_t size = rtc_rtp_receiver_leave(receiver, bye, rtc_now());
	rtc_rtp_session_unlock(receiver->session);
	rtc_rtp_session_remove_inbound(receiver->session, &receiver->inbound, bye, size);
	rtc_source_disconnect_all(&receiver->source);
	rtc_source_release(&receiver->source);
}
