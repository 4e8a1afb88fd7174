// SPDX-License-Identifier: Apache-2.0
// RTCP of all streams of a session: feedback that comes in, reports that go out.
#include "rtc_port.h"
#include "rtc_rtp_session_core.h"
#include "rtc_twcc.h"

#define VIDEO_REPORT_INTERVAL                                                                                          \
	1000000 // microseconds; halved to one and a half times, by chance (RFC 3550 section 6.3.1)
#define AUDIO_REPORT_INTERVAL 2500000
#define REFERENCE_TIME 64000 // microseconds
#define DELTA_TIME 250
#define REFERENCE_LEAP 15625 // 1,000 seconds

static rtc_rtp_stream *findStream(rtc_rtp_session *session, uint32_t ssrc)
{
	rtc_rtp_stream *stream = session->streams;
	while (stream && stream->options.ssrc != ssrc)
		stream = stream->next;
	return stream;
}

// The reference time has 24 bits, and may go back a little where feedback packets overtake each other.
static int64_t unwrapReference(rtc_rtp_session *session, int32_t reference)
{
	if (!session->hasReference) {
		session->hasReference = 1;
		return session->reference = reference;
	}
	int32_t ahead = (int32_t)((uint32_t)(reference - (int32_t)session->reference) << 8) / 256;
	if (ahead < -REFERENCE_LEAP || ahead > REFERENCE_LEAP)
		return session->reference = reference; // another clock, or a lie: the detector begins anew
	return session->reference += ahead;
}

// What was sent under a number that is still known; NULL for any other.
static rtc_rtp_sent *sentAs(rtc_rtp_session *session, uint16_t sequence)
{
	uint16_t age = (uint16_t)(session->transportSequence - sequence);
	if (!age || age > RTC_RTP_SENT)
		return NULL;
	rtc_rtp_sent *sent = &session->sent[sequence % RTC_RTP_SENT];
	return sent->state == RTC_RTP_FLYING || sent->state == RTC_RTP_MISSING ? sent : NULL;
}

static void takeTransportFeedback(rtc_rtp_session *session, const rtc_rtcp_item *item, uint64_t now)
{
	rtc_twcc_reader reader;
	rtc_twcc_packet packet;
	uint32_t lost = 0;
	uint64_t newest = 0;
	if (rtc_twcc_begin(&reader, item->twcc.body, item->twcc.size)) {
		session->statistics.malformedRtcp++;
		return;
	}
	session->statistics.feedbackReceived++;
	int64_t arrived = unwrapReference(session, reader.reference) * REFERENCE_TIME;
	while (rtc_twcc_next(&reader, &packet)) {
		arrived += packet.delta * DELTA_TIME;
		rtc_rtp_sent *sent = sentAs(session, packet.sequence);
		if (!sent)
			continue;
		if (!packet.received) {
			lost += sent->state == RTC_RTP_FLYING;
			sent->state = RTC_RTP_MISSING;
			continue;
		}
		sent->state = RTC_RTP_ARRIVED;
		newest = now - (uint32_t)((uint32_t)now - sent->time);
		rtc_bwe_packet known = {.sent = newest, .arrived = arrived, .size = sent->size, .cluster = sent->cluster};
		rtc_bwe_acknowledge(&session->bwe, &known, now);
	}
	if (newest)
		rtc_bwe_round_trip(&session->bwe, now - newest);
	if (!session->bwe.lastFeedback)
		rtc_srtp_wake_task(session->srtp, &session->task); // which looks from now on whether there is more
	rtc_bwe_feedback(&session->bwe, lost, now);
}

static void takeNack(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtcp_item *item, uint64_t now)
{
	rtc_rtp_repair_packet(session, stream, item->nack.packet, now);
	for (uint16_t i = 0; i < 16; i++)
		if (item->nack.following >> i & 1)
			rtc_rtp_repair_packet(session, stream, (uint16_t)(item->nack.packet + i + 1), now);
}

// A peer asks again and again until it has a key frame, and for one that another peer has asked for: what it says
// within a round trip of the newest was said before it could have that. Of the shortest round trip: who waits longer
// says it again.
static int isAnswered(const rtc_rtp_session *session, const rtc_rtp_stream *stream, uint64_t now)
{
	return stream->keyFrameSent && (float)(now - stream->keyFrameSent) < session->bwe.leastTrip;
}

static void takeStreamItem(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtcp_item *item, uint64_t now,
						   rtc_rtp_wishes *wishes)
{
	rtc_rtp_stream_statistics *statistics = &stream->feedback.statistics;
	uint32_t trips = statistics->roundTripTimeMeasurements;
	if (item->kind == RTC_RTCP_REMB) {
		session->statistics.receiverBitrate = item->bitrate;
		rtc_bwe_limit(&session->bwe, item->bitrate);
	} else if (rtc_rtp_feedback_take(&stream->feedback, item, now) && !isAnswered(session, stream, now))
		rtc_rtp_wish_key_frame(wishes, stream, now);
	if (item->kind == RTC_RTCP_NACK)
		takeNack(session, stream, item, now);
	if (item->kind != RTC_RTCP_REPORT)
		return;
	if (stream->options.codec->isVideo)
		rtc_bwe_report(&session->bwe, (float)statistics->fractionLost, now);
	if (statistics->roundTripTimeMeasurements != trips)
		rtc_bwe_round_trip(&session->bwe, (uint64_t)(statistics->roundTripTime * 1e6));
}

// With the lock held.
static void takeItem(rtc_rtp_session *session, const rtc_rtcp_item *item, uint64_t now, rtc_rtp_wishes *wishes)
{
	if (item->kind == RTC_RTCP_SENDER || item->kind == RTC_RTCP_BYE)
		for (rtc_rtp_inbound *inbound = session->inbounds; inbound; inbound = inbound->next)
			inbound->hear(inbound, item, now);
	if (item->kind == RTC_RTCP_UNKNOWN)
		session->statistics.unknownRtcp++;
	else if (item->kind == RTC_RTCP_BYE)
		session->statistics.byes++;
	else if (item->kind == RTC_RTCP_TWCC)
		takeTransportFeedback(session, item, now);
	else {
		rtc_rtp_stream *stream = findStream(session, item->target);
		if (stream)
			takeStreamItem(session, stream, item, now, wishes);
	}
}

void rtc_rtp_take_rtcp(void *context, const uint8_t *data, size_t size)
{
	rtc_rtp_session *session = context;
	rtc_rtcp_reader reader;
	rtc_rtcp_item item;
	rtc_rtp_wishes wishes = {.count = 0};
	uint64_t now = rtc_now();
	pthread_mutex_lock(&session->lock);
	int result = rtc_rtcp_begin(&reader, data, size);
	if (!result)
		while ((result = rtc_rtcp_next(&reader, &item)) > 0)
			takeItem(session, &item, now, &wishes);
	session->statistics.malformedRtcp += result < 0;
	rtc_rtp_wish_rates(session, &wishes);
	pthread_mutex_unlock(&session->lock);
	rtc_rtp_express(&wishes);
}

size_t rtc_rtp_write_stream_report(rtc_rtp_stream *stream, uint8_t *buffer, uint64_t now)
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
void rtc_rtp_send_reports(rtc_rtp_departure *out, const rtc_rtp_stream *sending)
{
	rtc_rtp_session *session = out->session;
	uint64_t now = rtc_now();
	int due = now >= session->nextReport, isVideo = 0;
	if (!due && sending->isReported)
		return;
	uint8_t *buffer = rtc_rtp_room(out);
	if (!buffer)
		return;
	size_t size = 0;
	for (rtc_rtp_stream *stream = session->streams; stream; stream = stream->next) {
		if (stream != sending && (!due || !stream->feedback.statistics.packetsSent))
			continue;
		if (size + RTC_RTCP_REPORT_SIZE > RTC_RTP_PACKET_MAXIMUM)
			break;
		size += rtc_rtp_write_stream_report(stream, buffer + size, now);
		stream->isReported = 1;
		isVideo |= stream->options.codec->isVideo;
	}
	rtc_rtp_commit_rtcp(out, size);
	if (!due)
		return;
	uint64_t interval = isVideo ? VIDEO_REPORT_INTERVAL : AUDIO_REPORT_INTERVAL;
	session->random = session->random * 1664525 + 1013904223; // Numerical Recipes; spreads reports, hides nothing
	session->nextReport = now + interval / 2 + (interval * (session->random >> 16) >> 16);
}
