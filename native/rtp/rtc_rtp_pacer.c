// SPDX-License-Identifier: Apache-2.0
// When packets of pictures leave: repairs first, then frames in their order, and while a probe is under way copies of
// what was sent before. Sound does not come here: it leaves at once.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"
#include "rtc_rtp_session_core.h"

#define BURST 20000         // microseconds of the rate that may leave at once
#define STEP 1000           // microseconds: the shortest wait
#define PUMP_MOST 128       // packets at a time: then others have their turn
#define QUEUE_TIME 400000   // microseconds that a frame may wait, about
#define CONGESTED 2000000   // microseconds between key frames that are asked for because the way is too narrow
#define REPAIR_SHARE 2      // half of the rate may be repairs
#define REPAIR_BURST 500000 // microseconds of it
#define REPAIR_PAUSE 20     // milliseconds: no round trip is shorter for this
#define OSN 2               // bytes before a repair's payload (RFC 4588 section 4)

// What there is always more of than the way carries leaves as that carries it: there is no gap in which a queue on the
// way would drain.
static uint32_t pacingOf(const rtc_rtp_session *session)
{
	if (session->fixedPacing)
		return session->fixedPacing;
	for (const rtc_rtp_stream *stream = session->streams; stream; stream = stream->next)
		if (stream->thinning.isThin)
			return session->bwe.target + session->bwe.target / 4;
	return rtc_bwe_pacing(&session->bwe);
}

static uint32_t rateOf(const rtc_rtp_session *session)
{
	return session->cluster ? session->probeRate : pacingOf(session);
}

static void drain(rtc_rtp_session *session, uint64_t now)
{
	uint64_t elapsed = now - session->paced;
	if (elapsed > 1000000)
		elapsed = 1000000;
	session->paced = now;
	session->debt -= (int64_t)(rateOf(session) * elapsed / 8000000);
	int64_t burst = (int64_t)((uint64_t)rateOf(session) * BURST / 8000000);
	if (session->debt < -burst)
		session->debt = -burst;
	session->repairDebt -= (int64_t)(session->bwe.target * elapsed / 8000000 / REPAIR_SHARE);
	int64_t repairBurst = (int64_t)((uint64_t)session->bwe.target * REPAIR_BURST / 8000000 / REPAIR_SHARE);
	if (session->repairDebt < -repairBurst)
		session->repairDebt = -repairBurst;
}

static void charge(rtc_rtp_session *session, size_t size)
{
	session->debt += (int64_t)size;
	if (!session->cluster)
		return;
	session->probeLeft = session->probeLeft > size ? session->probeLeft - (uint32_t)size : 0;
}

static rtc_rtp_queued *front(rtc_rtp_session *session)
{
	return &session->queue[session->first];
}

static void shift(rtc_rtp_session *session)
{
	session->queuedBytes -= front(session)->bytes;
	session->first = (uint8_t)((session->first + 1) % RTC_RTP_QUEUE);
	session->queued--;
}

// Forgets the frames that wait, of one stream or of all; of one that has begun the rest is sent, if `finish`.
static void forget(rtc_rtp_session *session, const rtc_rtp_stream *stream, int finish)
{
	rtc_rtp_queued kept[RTC_RTP_QUEUE];
	uint8_t count = 0;
	while (session->queued) {
		rtc_rtp_queued *frame = front(session);
		if ((stream && frame->stream != stream) || (finish && frame->begun))
			kept[count++] = *frame;
		else
			frame->stream->feedback.statistics.framesDropped++;
		shift(session);
	}
	session->first = 0;
	session->queued = count;
	for (uint8_t i = 0; i < count; i++) {
		session->queue[i] = kept[i];
		session->queuedBytes += kept[i].bytes;
	}
}

void rtc_rtp_forget_queue(rtc_rtp_session *session, const rtc_rtp_stream *stream)
{
	forget(session, stream, 0);
	uint8_t count = session->repairCount;
	for (uint8_t i = 0; i < count; i++) {
		rtc_rtp_repair repair = session->repairs[session->repairFirst];
		session->repairFirst = (uint8_t)((session->repairFirst + 1) % RTC_RTP_REPAIRS);
		session->repairCount--;
		if (repair.stream != stream)
			session->repairs[(session->repairFirst + session->repairCount++) % RTC_RTP_REPAIRS] = repair;
	}
}

static rtc_rtp_kept *keptOf(rtc_rtp_stream *stream, uint16_t sequence)
{
	return &stream->kept[sequence & (stream->keptSize - 1)];
}

static void keep(rtc_rtp_stream *stream, const rtc_rtp_head *head, uint32_t position, uint64_t now)
{
	if (stream->kept)
		*keptOf(stream, head->sequence) = (rtc_rtp_kept){.position = position,
														 .timestamp = head->timestamp,
														 .sequence = head->sequence,
														 .sent = (uint16_t)(now / 1000),
														 .repaired = (uint16_t)(now / 1000),
														 .flags = (uint8_t)(1 | (head->marker ? 2 : 0))};
}

static int isKept(const rtc_rtp_session *session, rtc_rtp_stream *stream, uint16_t sequence, uint64_t now)
{
	uint16_t age = (uint16_t)(stream->sequence - sequence);
	if (!stream->kept || !age || age > stream->keptSize)
		return 0;
	const rtc_rtp_kept *kept = keptOf(stream, sequence);
	return kept->flags && kept->sequence == sequence &&
		   (uint16_t)(now / 1000 - kept->sent) <= rtc_rtp_cache_milliseconds(session->cache);
}

// Milliseconds for which what was sent may be on its way: less than a round trip. A receiver asks again after one, by
// its own measure, and the least that was seen here has some of the time in it for which feedback waits. Who is found
// to have asked too early asks for the third time only after another round trip, and the picture stands for so long.
static uint32_t patienceOf(const rtc_rtp_session *session)
{
	float trip = session->bwe.leastTrip > 0 ? session->bwe.leastTrip : session->bwe.roundTrip;
	uint32_t patience = (uint32_t)(trip * 3 / 4 / 1000);
	return patience > REPAIR_PAUSE ? patience : REPAIR_PAUSE;
}

void rtc_rtp_repair_packet(rtc_rtp_session *session, rtc_rtp_stream *stream, uint16_t sequence, uint64_t now)
{
	if (session->repairCount == RTC_RTP_REPAIRS || !isKept(session, stream, sequence, now))
		return;
	if (!stream->options.rtxSsrc && !rtc_srtp_may_repeat(session->srtp))
		return;
	rtc_rtp_kept *kept = keptOf(stream, sequence);
	uint16_t milliseconds = (uint16_t)(now / 1000);
	// Of a first request the packet itself is not meant.
	int again = kept->flags & 4;
	if (again && (uint16_t)(milliseconds - kept->repaired) < patienceOf(session))
		return;
	kept->flags |= 4;
	kept->repaired = milliseconds;
	rtc_rtp_repair *repair = &session->repairs[(session->repairFirst + session->repairCount++) % RTC_RTP_REPAIRS];
	*repair = (rtc_rtp_repair){stream, sequence};
	rtc_srtp_wake_task(session->srtp, &session->task);
}

// Sends a packet that was sent before. Returns 0 when it is no longer there, or there is no way out.
static int resend(rtc_rtp_departure *out, rtc_rtp_stream *stream, uint16_t sequence, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	const rtc_rtp_stream_options *options = &stream->options;
	rtc_rtp_stream_statistics *statistics = &stream->feedback.statistics;
	uint8_t *buffer = isKept(session, stream, sequence, now) ? rtc_rtp_room(out) : NULL;
	if (!buffer)
		return 0;
	const rtc_rtp_kept *kept = keptOf(stream, sequence);
	int isRtx = options->rtxSsrc != 0;
	rtc_rtp_head head = {
		.stream = stream,
		.payloadType = isRtx ? options->rtxPayloadType : options->payloadType,
		.marker = kept->flags & 2,
		.cluster = session->cluster,
		.isRepair = 1,
		.sequence = isRtx ? stream->rtxSequence : sequence,
		.ssrc = isRtx ? options->rtxSsrc : options->ssrc,
		.timestamp = kept->timestamp,
	};
	size_t size = rtc_rtp_write_head(session, buffer, &head, now);
	if (isRtx) {
		rtc_rtp_put16(buffer + size, sequence);
		size += OSN;
	}
	size_t payload = rtc_rtp_read_payload(out, kept->position, buffer + size, NULL);
	if (!payload)
		return 0;
	if (isRtx)
		stream->rtxSequence++;
	if (rtc_rtp_commit(out, &head, size + payload, now))
		return 1;
	stream->repairs++;
	statistics->retransmittedPacketsSent++;
	statistics->retransmittedBytesSent += payload;
	statistics->packetsSent++;
	statistics->bytesSent += payload;
	statistics->headerBytesSent += size;
	charge(session, size + payload);
	return 1;
}

// Returns whether there was one.
static int sendRepair(rtc_rtp_departure *out, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	while (session->repairCount && session->repairDebt <= 0) {
		rtc_rtp_repair repair = session->repairs[session->repairFirst];
		session->repairFirst = (uint8_t)((session->repairFirst + 1) % RTC_RTP_REPAIRS);
		session->repairCount--;
		int64_t before = session->debt;
		if (!resend(out, repair.stream, repair.sequence, now))
			continue;
		session->repairDebt += session->debt - before;
		return 1;
	}
	return 0;
}

// A payload of the first frame in the queue. Returns 0 when there is none.
static int sendQueued(rtc_rtp_departure *out, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	if (!session->queued)
		return 0;
	rtc_rtp_queued *frame = front(session);
	rtc_rtp_stream *stream = frame->stream;
	uint8_t *buffer = rtc_rtp_room(out);
	rtc_rtp_head head = {
		.stream = stream,
		.payloadType = stream->options.payloadType,
		.marker = frame->left == 1,
		.cluster = session->cluster,
		.sequence = stream->sequence,
		.ssrc = stream->options.ssrc,
		.timestamp = frame->timestamp,
		.captured = frame->begun ? 0 : frame->captured,
		.isKey = frame->key,
	};
	size_t size = buffer ? rtc_rtp_write_head(session, buffer, &head, now) : 0;
	uint32_t position = frame->position;
	size_t payload = buffer ? rtc_rtp_read_payload(out, position, buffer + size, &frame->position) : 0;
	if (!payload) { // no way out, or it has waited for so long that it was overwritten
		stream->isBroken = 1;
		forget(session, stream, 0);
		return buffer != NULL;
	}
	keep(stream, &head, position, now);
	stream->sequence++;
	frame->begun = 1;
	frame->bytes -= (uint32_t)payload < frame->bytes ? (uint32_t)payload : frame->bytes;
	session->queuedBytes -= (uint32_t)payload < session->queuedBytes ? (uint32_t)payload : session->queuedBytes;
	if (rtc_rtp_commit(out, &head, size + payload, now))
		stream->isBroken = 1;
	else {
		stream->feedback.statistics.packetsSent++;
		stream->feedback.statistics.bytesSent += payload;
		stream->feedback.statistics.headerBytesSent += size;
	}
	charge(session, size + payload);
	if (!--frame->left)
		shift(session);
	return 1;
}

// A copy of something recent, for a probe that has too little to send (RFC 4588 allows any). Without RTX there is none.
static int sendPadding(rtc_rtp_departure *out, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next) {
		if (!stream->options.rtxSsrc || !stream->kept || !stream->options.ids.transportSequence)
			continue;
		uint16_t sequence = (uint16_t)(stream->sequence - 1 - session->probeLeft / 1100 % 4);
		if (resend(out, stream, sequence, now))
			return 1;
	}
	return 0;
}

static void beginProbe(rtc_rtp_session *session, uint64_t now)
{
	if (session->cluster || !session->hasFeedback || !session->queued || session->fixedPacing)
		return;
	session->cluster = rtc_bwe_probe(&session->bwe, now, &session->probeRate, &session->probeLeft);
	if (session->cluster && session->bwe.known) // the first pictures leave as a train
		session->debt = 0;
}

static void endProbe(rtc_rtp_session *session, uint64_t now)
{
	rtc_bwe_probed(&session->bwe, session->cluster, now);
	session->cluster = 0;
	if (session->debt > 0)
		session->debt = 0;
}

uint64_t rtc_rtp_pump(rtc_rtp_departure *out, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	if (!session->cache || session->closed)
		return UINT64_MAX;
	drain(session, now);
	beginProbe(session, now);
	for (int i = 0; i < PUMP_MOST; i++) {
		if (session->cluster && !session->probeLeft)
			endProbe(session, now);
		if (session->debt > 0) {
			uint64_t wait = (uint64_t)session->debt * 8000000 / rateOf(session);
			return now + (wait < STEP ? STEP : wait);
		}
		if (sendRepair(out, now) || sendQueued(out, now))
			continue;
		if (session->cluster) {
			if (sendPadding(out, now))
				continue;
			endProbe(session, now);
		}
		return session->repairCount ? now + STEP : UINT64_MAX;
	}
	return now;
}

// Whether the way is so narrow, or blocked, that one more frame would only be late.
static int isFull(const rtc_rtp_session *session)
{
	// What waits must not be overwritten by what is cut after it, for this peer and for others.
	if (session->queued == RTC_RTP_QUEUE || session->queuedBytes > rtc_rtp_cache_bytes(session->cache) / 4)
		return 1;
	uint64_t rate = pacingOf(session);
	return session->queuedBytes * 8000000ull / (rate ? rate : 1) > QUEUE_TIME;
}

int rtc_rtp_thin(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame)
{
	uint32_t share = rtc_rtp_share(session);
	rtc_rtp_verdict verdict = rtc_rtp_thinning_judge(&stream->thinning, frame, share);
	if (verdict == RTC_RTP_SEND)
		return 0;
	stream->feedback.statistics.congested++;
	if (verdict == RTC_RTP_SKIP)
		return ECANCELED;
	uint64_t wait = rtc_rtp_thinning_wait(&stream->thinning, share);
	stream->keyFrameEarliest = rtc_now() + (wait > CONGESTED ? wait : CONGESTED);
	return EAGAIN;
}

int rtc_rtp_queue_frame(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp)
{
	rtc_rtp_cut cut;
	uint16_t most = (uint16_t)(stream->options.maximumPacketSize - RTC_RTP_OVERHEAD);
	int error = rtc_rtp_cache_cut(session->cache, frame, stream->options.packetizationMode, most, &cut);
	if (error)
		return error;
	if (frame->key)
		forget(session, stream, 1); // nobody needs what led to it
	if (isFull(session)) {
		if (!frame->key) {
			stream->keyFrameEarliest = rtc_now() + CONGESTED;
			stream->feedback.statistics.congested++;
		}
		return EAGAIN;
	}
	session->queue[(session->first + session->queued++) % RTC_RTP_QUEUE] = (rtc_rtp_queued){
		.stream = stream,
		.position = cut.position,
		.timestamp = timestamp,
		.bytes = cut.bytes,
		.left = cut.count,
		.key = frame->key,
		.captured = frame->time,
	};
	session->queuedBytes += cut.bytes;
	return 0;
}
