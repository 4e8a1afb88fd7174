// SPDX-License-Identifier: Apache-2.0
// Frames come on their sources' threads, RTCP on the network thread, statistics are read on JavaScript's: all of them
// take `lock`. After it may come SRTP's and the transport's, which are let go between runs of packets, so that a large
// frame of one peer does not hold up the others. Nothing upstream is called with it held.
#include "rtc_rtp_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_port.h"

// Packets that are protected and sent at a time: with more of them one peer would hold up the others, on a chip, where
// protecting one takes most of a millisecond, sooner.
#if defined(ESP_PLATFORM)
#define RUN 4
#else
#define RUN 16
#endif
#define VIDEO_REPORT_INTERVAL                                                                                          \
	1000000 // microseconds; halved to one and a half times, by chance (RFC 3550 section 6.3.1)
#define AUDIO_REPORT_INTERVAL 2500000
#define KEY_FRAME_REQUEST_INTERVAL 200000 // microseconds: PLIs that come closer ask for the same frame

struct rtc_rtp_session {
	atomic_uint refs;
	rtc_srtp *srtp;
	pthread_mutex_t lock; // guards what follows
	int closed;
	rtc_rtp_stream *streams;
	uint32_t random;
	uint64_t nextReport;
	rtc_rtp_router router;
	rtc_rtp_session_statistics statistics;
};

// Packets on their way out.
typedef struct {
	rtc_rtp_session *session;
	rtc_srtp_transmit *transmit; // NULL: between two runs
	uint32_t count;              // of this run
	uint32_t packets, bytes;     // sent
	uint32_t lost;               // that could not be protected or sent
} departure;

// Where the next packet is written; NULL when there is no way out.
static uint8_t *room(departure *out)
{
	if (out->transmit && out->count == RUN) {
		out->lost += rtc_srtp_end(out->transmit);
		out->transmit = NULL;
	}
	if (!out->transmit) {
		out->transmit = rtc_srtp_begin(out->session->srtp);
		out->count = 0;
	}
	return out->transmit ? rtc_srtp_buffer(out->transmit) : NULL;
}

static int commit(departure *out, size_t size, int isRtcp)
{
	out->count++;
	return rtc_srtp_commit(out->transmit, size, isRtcp);
}

static void depart(departure *out)
{
	if (out->transmit)
		out->lost += rtc_srtp_end(out->transmit);
	out->transmit = NULL;
}

void rtc_rtp_session_lock(rtc_rtp_session *session)
{
	pthread_mutex_lock(&session->lock);
}

void rtc_rtp_session_unlock(rtc_rtp_session *session)
{
	pthread_mutex_unlock(&session->lock);
}

int rtc_rtp_session_ready(rtc_rtp_session *session)
{
	return rtc_srtp_ready(session->srtp);
}

int rtc_rtp_stream_wants_key_frame(rtc_rtp_stream *stream, uint64_t now)
{
	if (!stream->options.codec->isVideo)
		return 0;
	if (stream->keyFrameRequested && now - stream->keyFrameRequested < KEY_FRAME_REQUEST_INTERVAL)
		return 0;
	stream->keyFrameRequested = now;
	return 1;
}

// What is asked of sources once the lock is let go. Their sinks are retained meanwhile.
typedef struct {
	rtc_sink *sinks[RTC_RTP_STREAMS];
	uint8_t count;
} wishes;

static void wish(wishes *wishes, rtc_rtp_stream *stream, uint64_t now)
{
	if (wishes->count < RTC_RTP_STREAMS && rtc_rtp_stream_wants_key_frame(stream, now))
		wishes->sinks[wishes->count++] = rtc_sink_retain(stream->sink);
}

static void express(wishes *wishes)
{
	for (uint8_t i = 0; i < wishes->count; i++) {
		rtc_sink_request_key_frame(wishes->sinks[i]);
		rtc_sink_release(wishes->sinks[i]);
	}
}

static void onReady(void *context)
{
	rtc_rtp_session *session = context;
	wishes wishes = {.count = 0};
	pthread_mutex_lock(&session->lock);
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		wish(&wishes, stream, rtc_now());
	pthread_mutex_unlock(&session->lock);
	express(&wishes);
}

static void onRtp(void *context, const uint8_t *data, size_t size)
{
	rtc_rtp_session *session = context;
	rtc_rtp_packet packet;
	pthread_mutex_lock(&session->lock);
	session->statistics.packetsReceived++;
	const rtc_rtp_route *route =
		rtc_rtp_parse(&packet, data, size) ? NULL : rtc_rtp_router_find(&session->router, &packet);
	if (route)
		(*route->packet)(route->context, &packet);
	else
		session->statistics.unrouted++;
	pthread_mutex_unlock(&session->lock);
}

static rtc_rtp_stream *findStream(rtc_rtp_session *session, uint32_t ssrc)
{
	rtc_rtp_stream *stream = session->streams;
	while (stream && stream->options.ssrc != ssrc)
		stream = stream->next;
	return stream;
}

// With the lock held.
static void takeItem(rtc_rtp_session *session, const rtc_rtcp_item *item, uint64_t now, wishes *wishes)
{
	rtc_rtp_session_statistics *statistics = &session->statistics;
	if (item->kind == RTC_RTCP_UNKNOWN)
		statistics->unknownRtcp++;
	else if (item->kind == RTC_RTCP_BYE)
		statistics->byes++;
	else {
		rtc_rtp_stream *stream = findStream(session, item->target);
		if (!stream)
			return;
		if (item->kind == RTC_RTCP_REMB)
			statistics->receiverBitrate = item->bitrate;
		else if (rtc_rtp_feedback_take(&stream->feedback, item, now))
			wish(wishes, stream, now);
	}
}

static void onRtcp(void *context, const uint8_t *data, size_t size)
{
	rtc_rtp_session *session = context;
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	wishes wishes = {.count = 0};
	uint64_t now = rtc_now();
	pthread_mutex_lock(&session->lock);
	int result = rtc_rtcp_begin(&reader, data, size);
	if (!result)
		while ((result = rtc_rtcp_next(&reader, &item)) > 0)
			takeItem(session, &item, now, &wishes);
	session->statistics.malformedRtcp += result < 0;
	pthread_mutex_unlock(&session->lock);
	express(&wishes);
}

static size_t writeReport(rtc_rtp_stream *stream, uint8_t *buffer, uint64_t now)
{
	const rtc_rtp_stream_statistics *statistics = &stream->feedback.statistics;
	rtc_rtcp_sender_info info = {
		.ssrc = stream->options.ssrc,
		.ntp = rtc_ntp_now(),
		.timestamp = stream->offset + rtc_rtp_ticks(now, stream->options.codec->clockRate),
		.packets = (uint32_t)statistics->packetsSent,
		.octets = (uint32_t)statistics->bytesSent,
	};
	rtc_rtp_feedback_reported(&stream->feedback, info.ntp, now);
	return rtc_rtcp_write_report(buffer, &info, stream->options.cname);
}

// One compound packet for all streams that have sent, which travels behind a frame. The first report of a stream comes
// with its first frame: receivers need it to play sound and picture together.
static void sendReports(rtc_rtp_session *session, departure *out, const rtc_rtp_stream *sending)
{
	uint64_t now = rtc_now();
	int due = now >= session->nextReport, isVideo = 0;
	if (!due && sending->isReported)
		return;
	uint8_t *buffer = room(out);
	if (!buffer)
		return;
	size_t size = 0;
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next) {
		if (stream != sending && (!due || !stream->feedback.statistics.packetsSent))
			continue;
		if (size + RTC_RTCP_REPORT_SIZE > RTC_RTP_PACKET_MAXIMUM)
			break;
		size += writeReport(stream, buffer + size, now);
		stream->isReported = 1;
		isVideo |= stream->options.codec->isVideo;
	}
	commit(out, size, 1);
	if (!due)
		return;
	uint64_t interval = isVideo ? VIDEO_REPORT_INTERVAL : AUDIO_REPORT_INTERVAL;
	session->random = session->random * 1664525 + 1013904223; // Numerical Recipes; spreads reports, hides nothing
	session->nextReport = now + interval / 2 + (interval * (session->random >> 16) >> 16);
}

// The MID extension is needed until the receiver has seen it; a report block tells that (RFC 7941 section 4.1.1).
static void settleHeader(rtc_rtp_stream *stream)
{
	if (stream->headerSize != RTC_RTP_HEADER && stream->feedback.statistics.reportsReceived)
		stream->headerSize =
			(uint8_t)rtc_rtp_write_header(stream->header, stream->options.payloadType, stream->options.ssrc, 0, "");
}

// Returns whether there was a way out.
static int sendPayload(rtc_rtp_stream *stream, departure *out, rtc_payload_state *state, uint32_t timestamp,
					   int talkspurt, int *last)
{
	const rtc_codec *codec = stream->options.codec;
	uint8_t *buffer = room(out);
	if (!buffer)
		return 0;
	size_t size = codec->payload->next(state, buffer + stream->headerSize, last);
	memcpy(buffer, stream->header, stream->headerSize);
	// Of pictures the last packet (RFC 6184 section 5.1), of sound the first of a talkspurt (RFC 3551 section 4.1).
	rtc_rtp_stamp(buffer, codec->isVideo ? *last : talkspurt, stream->sequence++, timestamp);
	if (commit(out, stream->headerSize + size, 0)) {
		out->lost++; // counted by SRTP
		return 1;
	}
	out->packets++;
	out->bytes += (uint32_t)size;
	return 1;
}

static void account(rtc_rtp_stream *stream, const departure *out, const rtc_frame *frame)
{
	rtc_rtp_stream_statistics *statistics = &stream->feedback.statistics;
	statistics->packetsSent += out->packets;
	statistics->bytesSent += out->bytes;
	statistics->headerBytesSent += (uint64_t)out->packets * stream->headerSize;
	statistics->framesSent++;
	if (!stream->options.codec->isVideo || !frame->key)
		return;
	statistics->keyFramesSent++;
	stream->keyFrameRequested = 0;
}

int rtc_rtp_session_send(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp,
						 int talkspurt)
{
	const rtc_rtp_stream_options *options = &stream->options;
	departure out = {.session = session};
	rtc_payload_state state;
	int last = 0;
	settleHeader(stream);
	uint16_t most = (uint16_t)(options->maximumPacketSize - stream->headerSize);
	int error = options->codec->payload->begin(&state, frame->data, frame->size, options->packetizationMode, most);
	if (error)
		return error;
	if (session->closed || !room(&out))
		return ENOTCONN;
	while (!last)
		if (!sendPayload(stream, &out, &state, timestamp, talkspurt, &last)) {
			out.lost++;
			break;
		}
	account(stream, &out, frame);
	sendReports(session, &out, stream);
	depart(&out);
	return out.lost ? EIO : 0;
}

int rtc_rtp_stream_check(rtc_rtp_stream_options *options)
{
	if (!options->maximumPacketSize)
		options->maximumPacketSize = RTC_RTP_PACKET_MAXIMUM;
	uint16_t size = options->maximumPacketSize;
	return options->codec && options->payloadType < 128 && options->ssrc &&
		   options->packetizationMode < options->codec->payload->modes && size >= RTC_RTP_PACKET_MINIMUM &&
		   size <= RTC_RTP_PACKET_MAXIMUM && options->midId < 15 && memchr(options->cname, 0, sizeof options->cname) &&
		   memchr(options->mid, 0, sizeof options->mid);
}

void rtc_rtp_session_change(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options)
{
	(void)session;
	stream->options = *options;
	stream->feedback.clockRate = options->codec->clockRate;
	stream->headerSize = (uint8_t)rtc_rtp_write_header(stream->header, options->payloadType, options->ssrc,
													   options->midId, options->mid);
}

int rtc_rtp_session_add(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options)
{
	// They begin anywhere (RFC 3550 section 5.1), sequence numbers in the lower half: a loss among the first packets
	// then cannot be mistaken for a roll-over (RFC 3711 section 3.3.1).
	if (rtc_random(&stream->sequence, sizeof stream->sequence) || rtc_random(&stream->offset, sizeof stream->offset))
		return EIO;
	stream->sequence &= 0x7fff;
	rtc_rtp_feedback_init(&stream->feedback, options->codec->clockRate);
	pthread_mutex_lock(&session->lock);
	int count = 0;
	rtc_rtp_stream **end = &session->streams;
	for (; *end; end = &(*end)->next)
		count++;
	if (count < RTC_RTP_STREAMS) {
		rtc_rtp_session_change(session, stream, options);
		stream->next = NULL;
		*end = stream;
	}
	pthread_mutex_unlock(&session->lock);
	return count < RTC_RTP_STREAMS ? 0 : ENOSPC;
}

// One that has sent nothing must not send it (RFC 3550 section 6.3.7).
static void sendBye(rtc_rtp_session *session, rtc_rtp_stream *stream)
{
	departure out = {.session = session};
	uint8_t *buffer = stream->feedback.statistics.packetsSent && !session->closed ? room(&out) : NULL;
	if (!buffer)
		return;
	size_t size = writeReport(stream, buffer, rtc_now());
	size += rtc_rtcp_write_bye(buffer + size, stream->options.ssrc);
	commit(&out, size, 1);
	depart(&out);
}

void rtc_rtp_session_remove(rtc_rtp_session *session, rtc_rtp_stream *stream)
{
	pthread_mutex_lock(&session->lock);
	sendBye(session, stream);
	for (rtc_rtp_stream **place = &session->streams; *place; place = &(*place)->next)
		if (*place == stream) {
			*place = stream->next;
			break;
		}
	pthread_mutex_unlock(&session->lock);
}

int rtc_rtp_session_add_route(rtc_rtp_session *session, const rtc_rtp_route *route)
{
	pthread_mutex_lock(&session->lock);
	int error = rtc_rtp_router_add(&session->router, route);
	pthread_mutex_unlock(&session->lock);
	return error;
}

void rtc_rtp_session_remove_route(rtc_rtp_session *session, const void *context)
{
	pthread_mutex_lock(&session->lock);
	rtc_rtp_router_remove(&session->router, context);
	pthread_mutex_unlock(&session->lock);
}

void rtc_rtp_session_get_statistics(rtc_rtp_session *session, rtc_rtp_session_statistics *statistics)
{
	pthread_mutex_lock(&session->lock);
	*statistics = session->statistics;
	pthread_mutex_unlock(&session->lock);
}

rtc_rtp_session *rtc_rtp_session_new(rtc_srtp *srtp, int *error)
{
	*error = ENOMEM;
	rtc_rtp_session *session = calloc(1, sizeof *session);
	if (!session)
		return NULL;
	atomic_init(&session->refs, 1);
	pthread_mutex_init(&session->lock, NULL);
	session->srtp = rtc_srtp_retain(srtp);
	*error = rtc_random(&session->random, sizeof session->random) ? EIO : 0;
	if (!*error)
		*error = rtc_srtp_add_handler(srtp, onRtp, onRtcp, onReady, session);
	if (!*error)
		return session;
	session->closed = 1;
	rtc_rtp_session_release(session);
	return NULL;
}

rtc_rtp_session *rtc_rtp_session_retain(rtc_rtp_session *session)
{
	atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
	return session;
}

void rtc_rtp_session_release(rtc_rtp_session *session)
{
	if (!session || atomic_fetch_sub_explicit(&session->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&session->lock);
	rtc_srtp_release(session->srtp);
	free(session);
}

void rtc_rtp_session_close(rtc_rtp_session *session)
{
	pthread_mutex_lock(&session->lock);
	int closed = session->closed;
	session->closed = 1;
	pthread_mutex_unlock(&session->lock);
	if (!closed)
		rtc_srtp_remove_handler(session->srtp, session);
}
