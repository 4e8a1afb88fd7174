// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_port.h"
#include "rtc_rtp_session_core.h"

#define KEY_FRAME_REQUEST_INTERVAL 200000 // microseconds: PLIs that come closer ask for the same frame
#define TICK 500000                       // microseconds between looks at the clock while there is something on the way
#define KEPT_BYTES 1024                   // of the cache for each packet that may be sent again
#define AUDIO_SHARE 40000                 // bit/s that sound takes of the estimate
#define HEADERS_SHARE 16                  // a part of it
#define LARGEST_RATE 100000000u

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

void rtc_rtp_session_wake(rtc_rtp_session *session)
{
	pthread_mutex_lock(&session->lock);
	if (!session->closed)
		rtc_srtp_wake_task(session->srtp, &session->task);
	pthread_mutex_unlock(&session->lock);
}

int rtc_rtp_stream_wants_key_frame(rtc_rtp_stream *stream, uint64_t now)
{
	if (!stream->options.codec->isVideo)
		return 0;
	if (stream->keyFrameRequested && now - stream->keyFrameRequested < KEY_FRAME_REQUEST_INTERVAL)
		return 0;
	if (now < stream->keyFrameEarliest)
		return 0;
	stream->keyFrameRequested = now;
	return 1;
}

void rtc_rtp_wish_key_frame(rtc_rtp_wishes *wishes, rtc_rtp_stream *stream, uint64_t now)
{
	if (wishes->count == RTC_RTP_STREAMS || !rtc_rtp_stream_wants_key_frame(stream, now))
		return;
	wishes->rates[wishes->count] = 0;
	wishes->sinks[wishes->count++] = rtc_sink_retain(stream->sink);
}

// What one of the streams of pictures may take of the estimate; 0: there is none.
static uint32_t shareOf(const rtc_rtp_session *session, uint32_t rate)
{
	uint32_t pictures = 0, sounds = 0;
	for (const rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		*(stream->options.codec->isVideo ? &pictures : &sounds) += 1;
	if (!pictures)
		return 0;
	rate -= rate / HEADERS_SHARE;
	return (rate > 2 * sounds * AUDIO_SHARE ? rate - sounds * AUDIO_SHARE : rate / 2) / pictures;
}

uint32_t rtc_rtp_share(const rtc_rtp_session *session)
{
	return session->bwe.known && !session->fixedPacing ? shareOf(session, session->bwe.target) : 0;
}

void rtc_rtp_wish_rates(rtc_rtp_session *session, rtc_rtp_wishes *wishes)
{
	uint32_t rate = session->bwe.target, told = session->told, share = shareOf(session, rate);
	if (!session->bwe.known || !share || (rate < told + told / 32 && rate > told - told / 32))
		return;
	if (rtc_bwe_is_silent(&session->bwe, rtc_now()))
		return; // nobody sees what an encoder would make of that, and the next one would see it for seconds
	session->told = rate;
	for (rtc_rtp_stream *stream = session->streams; stream && wishes->count < RTC_RTP_STREAMS; stream = stream->next) {
		if (!stream->options.codec->isVideo)
			continue;
		wishes->rates[wishes->count] = share;
		wishes->sinks[wishes->count++] = rtc_sink_retain(stream->sink);
	}
}

void rtc_rtp_express(rtc_rtp_wishes *wishes)
{
	for (uint8_t i = 0; i < wishes->count; i++) {
		if (wishes->rates[i])
			rtc_sink_set_bitrate(wishes->sinks[i], wishes->rates[i]);
		else
			rtc_sink_request_key_frame(wishes->sinks[i]);
		rtc_sink_release(wishes->sinks[i]);
	}
}

static void onReady(void *context)
{
	rtc_rtp_session *session = context;
	rtc_rtp_wishes wishes = {.count = 0};
	pthread_mutex_lock(&session->lock);
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		rtc_rtp_wish_key_frame(&wishes, stream, rtc_now());
	pthread_mutex_unlock(&session->lock);
	rtc_rtp_express(&wishes);
}

static void onRtp(void *context, const uint8_t *data, size_t size)
{
	rtc_rtp_session *session = context;
	rtc_rtp_packet packet;
	rtc_rtp_deliveries deliveries;
	uint64_t now = rtc_now();
	deliveries.count = 0; // for each packet: the rest is not cleared
	pthread_mutex_lock(&session->lock);
	session->statistics.packetsReceived++;
	if (rtc_rtp_parse(&packet, data, size))
		memset(&packet, 0, sizeof packet);
	const rtc_rtp_route *route = packet.payload ? rtc_rtp_router_find(&session->router, &packet) : NULL;
	rtc_rtp_inbound *inbound = route ? route->context : NULL;
	if (inbound)
		inbound->take(inbound, &packet, now, &deliveries);
	else
		session->statistics.unrouted++;
	rtc_rtp_note_arrival(session, &packet, now);
	uint64_t due = rtc_rtp_tick_inbound(session, now, NULL);
	if (due < session->inboundDue && !session->closed)
		rtc_srtp_wake_task(session->srtp, &session->task);
	pthread_mutex_unlock(&session->lock);
	rtc_rtp_deliver(&deliveries);
}

static void accountFrame(rtc_rtp_stream *stream, const rtc_frame *frame, uint64_t now)
{
	if (!stream->feedback.statistics.framesSent++)
		stream->feedback.statistics.firstFrame = rtc_now();
	if (!stream->options.codec->isVideo || !frame->key)
		return;
	stream->feedback.statistics.keyFramesSent++;
	stream->keyFrameRequested = 0;
	stream->keyFrameSent = now;
}

// Returns whether there was a way out.
static int sendPayload(rtc_rtp_departure *out, rtc_rtp_head *head, rtc_payload_state *state, uint64_t now, int *last)
{
	rtc_rtp_stream *stream = head->stream;
	const rtc_codec *codec = stream->options.codec;
	uint8_t *buffer = rtc_rtp_room(out);
	if (!buffer)
		return 0;
	size_t size = rtc_rtp_write_head(out->session, buffer, head, now);
	size_t payload = codec->payload->next(state, buffer + size, last);
	// Of pictures the last packet (RFC 6184 section 5.1), of sound the first of a talkspurt (RFC 3551 section 4.1).
	if (codec->isVideo && *last)
		buffer[1] |= 0x80;
	head->sequence = ++stream->sequence;
	head->captured = 0;
	if (rtc_rtp_commit(out, head, size + payload, now))
		return 1;
	stream->feedback.statistics.packetsSent++;
	stream->feedback.statistics.bytesSent += payload;
	stream->feedback.statistics.headerBytesSent += size;
	return 1;
}

void rtc_rtp_session_see(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame)
{
	rtc_rtp_thinning_see(&stream->thinning, frame, rtc_rtp_share(session), rtc_now());
}

// Without waiting, and without a trace: sound, and what is not kept.
static int sendAtOnce(rtc_rtp_departure *out, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp,
					  int talkspurt)
{
	const rtc_rtp_stream_options *options = &stream->options;
	rtc_payload_state state;
	uint64_t now = rtc_now();
	uint16_t most = (uint16_t)(options->maximumPacketSize - RTC_RTP_OVERHEAD);
	int last = 0;
	int error = options->codec->payload->begin(&state, frame->data, frame->size, options->packetizationMode, most);
	if (error)
		return error;
	if (!rtc_rtp_room(out))
		return ENOTCONN;
	rtc_rtp_head head = {
		.stream = stream,
		.payloadType = options->payloadType,
		.marker = talkspurt,
		.sequence = stream->sequence,
		.ssrc = options->ssrc,
		.timestamp = timestamp,
		.captured = frame->time,
		.isKey = options->codec->isVideo && frame->key,
	};
	while (!last)
		if (!sendPayload(out, &head, &state, now, &last)) {
			out->lost++;
			break;
		}
	return 0;
}

int rtc_rtp_session_send(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp,
						 int talkspurt)
{
	rtc_rtp_departure out = {.session = session};
	int isVideo = stream->options.codec->isVideo, waits = session->cache && isVideo;
	if (session->closed || !rtc_srtp_has_way(session->srtp))
		return ENOTCONN;
	int error = isVideo ? rtc_rtp_thin(session, stream, frame) : 0;
	if (!error)
		error = waits ? rtc_rtp_queue_frame(session, stream, frame, timestamp) : ENOBUFS;
	if (error == ENOBUFS)
		error = sendAtOnce(&out, stream, frame, timestamp, talkspurt);
	uint64_t now = rtc_now();
	if (!error)
		accountFrame(stream, frame, now);
	uint64_t due = rtc_rtp_pump(&out, now);
	if (!error)
		rtc_rtp_send_reports(&out, stream);
	rtc_rtp_depart(&out);
	if (due != UINT64_MAX)
		rtc_srtp_wake_task(session->srtp, &session->task);
	if (error)
		return error;
	int broken = stream->isBroken || out.lost;
	stream->isBroken = 0;
	return broken ? EIO : 0;
}

// Somebody who has gone without a word is sent less and less until his consent is found to be over. The others'
// pictures stay as they are.
static void tellSilence(rtc_rtp_session *session, uint64_t now)
{
	unsigned silent = (unsigned)rtc_bwe_is_silent(&session->bwe, now);
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		atomic_store_explicit(&stream->sink->silent, silent, memory_order_relaxed);
}

// On the network thread.
static uint64_t run(rtc_task *task)
{
	rtc_rtp_session *session = (rtc_rtp_session *)task;
	rtc_rtp_departure out = {.session = session};
	rtc_rtp_wishes wishes = {.count = 0};
	rtc_rtp_deliveries deliveries = {.count = 0};
	uint64_t now = rtc_now();
	pthread_mutex_lock(&session->lock);
	rtc_bwe_time(&session->bwe, now);
	tellSilence(session, now);
	uint64_t due = rtc_rtp_pump(&out, now);
	rtc_rtp_depart(&out);
	uint64_t inbound = session->inboundDue = rtc_rtp_tick_inbound(session, now, &deliveries);
	rtc_rtp_wish_rates(session, &wishes);
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		if (stream->isBroken)
			rtc_rtp_wish_key_frame(&wishes, stream, now);
	if (out.lost) // whose they were is not known: of all
		for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
			stream->isBroken |= stream->options.codec->isVideo;
	if (session->hasFeedback && !session->closed && due > now + TICK)
		due = now + TICK;
	pthread_mutex_unlock(&session->lock);
	rtc_rtp_express(&wishes);
	rtc_rtp_deliver(&deliveries);
	return inbound < due ? inbound : due;
}

int rtc_rtp_stream_check(rtc_rtp_stream_options *options)
{
	if (!options->maximumPacketSize)
		options->maximumPacketSize = RTC_RTP_PACKET_MAXIMUM;
	uint16_t size = options->maximumPacketSize;
	return options->codec && options->payloadType < 128 && options->ssrc &&
		   options->packetizationMode < options->codec->payload->modes && size >= RTC_RTP_PACKET_MINIMUM &&
		   size <= RTC_RTP_PACKET_MAXIMUM && rtc_rtp_extensions_check(&options->ids) &&
		   memchr(options->cname, 0, sizeof options->cname) && memchr(options->mid, 0, sizeof options->mid);
}

void rtc_rtp_session_change(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options)
{
	rtc_rtp_forget_queue(session, stream); // it was cut otherwise
	if (stream->options.codec && stream->options.codec != options->codec && stream->kept)
		memset(stream->kept, 0, stream->keptSize * sizeof *stream->kept);
	stream->options = *options;
	stream->feedback.clockRate = options->codec->clockRate;
	session->hasFeedback |= options->ids.transportSequence != 0;
}

void rtc_rtp_session_want(rtc_rtp_session *session, rtc_rtp_stream *stream, uint32_t bitsPerSecond)
{
	uint32_t sum = 0;
	if (stream->wanted == bitsPerSecond)
		return;
	stream->wanted = bitsPerSecond < LARGEST_RATE ? bitsPerSecond : LARGEST_RATE;
	for (stream = session->streams; stream; stream = stream->next)
		sum += stream->options.codec->isVideo ? stream->wanted + stream->wanted / HEADERS_SHARE : AUDIO_SHARE;
	rtc_bwe_set_wanted(&session->bwe, sum);
}

// Room for what may be sent again: about as many packets as the cache holds.
static int makeKept(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options)
{
	if (!session->cache || !options->codec->isVideo)
		return 0;
	stream->keptSize = 16;
	while (stream->keptSize < 4096 && stream->keptSize * KEPT_BYTES < rtc_rtp_cache_bytes(session->cache))
		stream->keptSize = (uint16_t)(stream->keptSize * 2);
	stream->kept = rtc_calloc(stream->keptSize, sizeof *stream->kept);
	return stream->kept ? 0 : ENOMEM;
}

// They begin anywhere (RFC 3550 section 5.1), sequence numbers in the lower half: a loss among the first packets then
// cannot be mistaken for a roll-over (RFC 3711 section 3.3.1).
static int randomise(rtc_rtp_stream *stream)
{
	if (rtc_random(&stream->sequence, sizeof stream->sequence) || rtc_random(&stream->offset, sizeof stream->offset) ||
		rtc_random(&stream->rtxSequence, sizeof stream->rtxSequence))
		return EIO;
	stream->sequence &= 0x7fff;
	stream->rtxSequence &= 0x7fff;
	return 0;
}

int rtc_rtp_session_add(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options)
{
	int error = randomise(stream);
	if (!error)
		error = makeKept(session, stream, options);
	if (error)
		return error;
	rtc_rtp_feedback_init(&stream->feedback, options->codec->clockRate);
	rtc_rtp_thinning_init(&stream->thinning);
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
	if (count < RTC_RTP_STREAMS)
		return 0;
	rtc_free(stream->kept);
	return ENOSPC;
}

// One that has sent nothing must not send it (RFC 3550 section 6.3.7).
static void sendBye(rtc_rtp_session *session, rtc_rtp_stream *stream)
{
	rtc_rtp_departure out = {.session = session};
	uint8_t *buffer = stream->feedback.statistics.packetsSent && !session->closed ? rtc_rtp_room(&out) : NULL;
	if (!buffer)
		return;
	size_t size = rtc_rtp_write_stream_report(stream, buffer, rtc_now());
	size += rtc_rtcp_write_bye(buffer + size, stream->options.ssrc);
	rtc_rtp_commit_rtcp(&out, size);
	rtc_rtp_depart(&out);
}

void rtc_rtp_session_remove(rtc_rtp_session *session, rtc_rtp_stream *stream)
{
	pthread_mutex_lock(&session->lock);
	rtc_rtp_forget_queue(session, stream);
	sendBye(session, stream);
	for (rtc_rtp_stream **place = &session->streams; *place; place = &(*place)->next)
		if (*place == stream) {
			*place = stream->next;
			break;
		}
	rtc_free(stream->kept);
	stream->kept = NULL;
	pthread_mutex_unlock(&session->lock);
}

void rtc_rtp_session_set_pacing(rtc_rtp_session *session, uint32_t bitsPerSecond)
{
	pthread_mutex_lock(&session->lock);
	session->fixedPacing = bitsPerSecond;
	pthread_mutex_unlock(&session->lock);
}

rtc_sync *rtc_rtp_session_sync(rtc_rtp_session *session)
{
	pthread_mutex_lock(&session->lock);
	if (!session->sync)
		session->sync = rtc_sync_new();
	rtc_sync *sync = session->sync;
	pthread_mutex_unlock(&session->lock);
	return sync;
}

int rtc_rtp_session_add_inbound(rtc_rtp_session *session, rtc_rtp_inbound *inbound, const rtc_rtp_route *route,
								const uint32_t *sources, uint8_t count)
{
	pthread_mutex_lock(&session->lock);
	int error = rtc_rtp_router_add(&session->router, route);
	if (!error && inbound->arrivalId && !session->arrivals)
		session->arrivals = rtc_calloc(1, sizeof *session->arrivals); // without memory they are not told of
	if (inbound->arrivalId)
		session->arrivalId = inbound->arrivalId;
	if (!error && inbound->isRated && !session->remb) {
		session->remb = rtc_calloc(1, sizeof *session->remb); // as above
		if (session->remb)
			rtc_remb_init(session->remb, rtc_now());
	}
	if (inbound->isRated)
		session->sendId = inbound->sendId;
	if (!error) {
		inbound->next = session->inbounds;
		session->inbounds = inbound;
		while (count)
			rtc_rtp_router_learn(&session->router, sources[--count], inbound);
	}
	pthread_mutex_unlock(&session->lock);
	return error;
}

void rtc_rtp_session_remove_inbound(rtc_rtp_session *session, rtc_rtp_inbound *inbound, const uint8_t *last,
									size_t size)
{
	pthread_mutex_lock(&session->lock);
	rtc_rtp_router_remove(&session->router, inbound);
	rtc_rtp_inbound **place = &session->inbounds;
	while (*place && *place != inbound)
		place = &(*place)->next;
	if (*place)
		*place = inbound->next;
	int isSending = 0; // by its SSRC: then it has not left
	for (const rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		isSending |= stream->options.ssrc == inbound->ssrc;
	if (!session->closed && !isSending)
		rtc_rtp_send_rtcp(session->srtp, last, size);
	pthread_mutex_unlock(&session->lock);
}

void rtc_rtp_session_get_statistics(rtc_rtp_session *session, rtc_rtp_session_statistics *statistics)
{
	pthread_mutex_lock(&session->lock);
	const rtc_bwe *bwe = &session->bwe;
	*statistics = session->statistics;
	statistics->availableBitrate = bwe->known ? bwe->target : 0;
	statistics->incomingBitrate = session->remb ? rtc_remb_rate(session->remb) : 0;
	statistics->pacing = session->fixedPacing ? session->fixedPacing : rtc_bwe_pacing(bwe);
	statistics->queuedBytes = session->queuedBytes;
	statistics->overuses = bwe->overuses;
	statistics->probes = bwe->probes;
	statistics->loss = bwe->loss;
	pthread_mutex_unlock(&session->lock);
}

rtc_rtp_session *rtc_rtp_session_new(rtc_srtp *srtp, int *error)
{
	*error = ENOMEM;
	rtc_rtp_session *session = rtc_calloc(1, sizeof *session);
	if (!session)
		return NULL;
	atomic_init(&session->refs, 1);
	pthread_mutex_init(&session->lock, NULL);
	session->srtp = rtc_srtp_retain(srtp);
	session->closed = 1; // until all is there
	session->inboundDue = UINT64_MAX;
	session->task.run = run;
	session->paced = rtc_now();
	session->debt = INT32_MIN; // a burst may be
	session->repairDebt = INT32_MIN;
	rtc_bwe_init(&session->bwe, RTC_BWE_MINIMUM, RTC_BWE_START, LARGEST_RATE, session->paced);
	session->cache = rtc_rtp_cache_retain(error);
	if (!*error && rtc_random(&session->random, sizeof session->random))
		*error = EIO;
	if (!*error)
		*error = rtc_srtp_add_handler(srtp, onRtp, rtc_rtp_take_rtcp, onReady, session);
	if (!*error) {
		rtc_srtp_add_task(srtp, &session->task);
		pthread_mutex_lock(&session->lock);
		session->closed = 0;
		pthread_mutex_unlock(&session->lock);
		return session;
	}
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
	rtc_rtp_cache_release(session->cache);
	rtc_free(session->arrivals);
	rtc_free(session->remb);
	rtc_sync_release(session->sync);
	rtc_srtp_release(session->srtp);
	rtc_free(session);
}

void rtc_rtp_session_close(rtc_rtp_session *session)
{
	pthread_mutex_lock(&session->lock);
	int closed = session->closed;
	session->closed = 1;
	pthread_mutex_unlock(&session->lock);
	if (closed)
		return;
	rtc_srtp_remove_task(session->srtp, &session->task);
	rtc_srtp_remove_handler(session->srtp, session);
}
