// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include "rtc_port.h"
#include "rtc_rtp_session_core.h"

#define EXTENSION 0x10
#define VERSION 0x80
#define BELOW_RTP 38 // bytes: SRTP's tag, UDP and IPv4, which the way carries, too
// Repairs that bear the MID although the stream's is known: some receivers learn by it whose they are (RFC 8843 section
// 9.2).
#define REPAIRS_WITH_MID 50
#define CAPTURE_TIME_INTERVAL 1000000 // microseconds

uint8_t *rtc_rtp_room(rtc_rtp_departure *out)
{
	if (out->transmit && out->count == RTC_RTP_RUN)
		rtc_rtp_depart(out);
	if (!out->transmit) {
		out->transmit = rtc_srtp_begin(out->session->srtp);
		out->count = 0;
	}
	return out->transmit ? rtc_srtp_buffer(out->transmit) : NULL;
}

void rtc_rtp_depart(rtc_rtp_departure *out)
{
	if (out->reads)
		rtc_rtp_cache_let(out->session->cache);
	if (out->transmit)
		out->lost += rtc_srtp_end(out->transmit);
	out->transmit = NULL;
	out->reads = 0;
}

size_t rtc_rtp_read_payload(rtc_rtp_departure *out, uint32_t position, uint8_t *buffer, uint32_t *next)
{
	rtc_rtp_cache *cache = out->session->cache;
	if (!out->reads)
		rtc_rtp_cache_hold(cache);
	out->reads = 1;
	return rtc_rtp_cache_read(cache, position, buffer, next);
}

// An instant of rtc_now() by the wall clock.
static uint64_t ntpOf(uint64_t time, uint64_t now)
{
	int64_t ago = (int64_t)(now - time);
	if (ago < 0 || ago > 10000000)
		return 0;
	return rtc_ntp_now() - (((uint64_t)ago << 32) / 1000000);
}

size_t rtc_rtp_write_head(rtc_rtp_session *session, uint8_t *buffer, const rtc_rtp_head *head, uint64_t now)
{
	rtc_rtp_stream *stream = head->stream;
	const rtc_rtp_stream_options *options = &stream->options;
	// Until the receiver has reported on the stream it may not know its section (RFC 7941 section 4.1.1).
	int isKnown = stream->feedback.statistics.reportsReceived != 0;
	int hasMid = !isKnown || (head->isRepair && stream->repairs < REPAIRS_WITH_MID);
	rtc_rtp_extension_values values = {
		.mid = hasMid ? options->mid : NULL,
		.transportSequence = session->transportSequence,
		.now = now,
		.hasPlayoutDelay = !isKnown || head->isKey,
	};
	if (options->ids.captureTime && head->captured && now >= stream->nextCaptureTime) {
		values.captureTime = ntpOf(head->captured, now);
		stream->nextCaptureTime = now + CAPTURE_TIME_INTERVAL;
	}
	buffer[0] = VERSION;
	buffer[1] = (uint8_t)(head->payloadType | (head->marker ? 0x80 : 0));
	rtc_rtp_put16(buffer + 2, head->sequence);
	rtc_rtp_put32(buffer + 4, head->timestamp);
	rtc_rtp_put32(buffer + 8, head->ssrc);
	size_t extensions = rtc_rtp_write_extensions(buffer + RTC_RTP_HEADER, &options->ids, &values);
	if (extensions)
		buffer[0] |= EXTENSION;
	return RTC_RTP_HEADER + extensions;
}

int rtc_rtp_commit(rtc_rtp_departure *out, const rtc_rtp_head *head, size_t size, uint64_t now)
{
	rtc_rtp_session *session = out->session;
	out->count++;
	if (rtc_srtp_commit(out->transmit, size, 0)) {
		out->lost++; // counted by SRTP
		return EIO;
	}
	rtc_bwe_sent(&session->bwe, (uint32_t)size + BELOW_RTP, head->cluster, now);
	if (!head->stream->options.ids.transportSequence)
		return 0;
	rtc_rtp_sent *sent = &session->sent[session->transportSequence++ % RTC_RTP_SENT];
	*sent = (rtc_rtp_sent){
		.time = (uint32_t)now, .size = (uint16_t)(size + BELOW_RTP), .cluster = head->cluster, .state = RTC_RTP_FLYING};
	return 0;
}

int rtc_rtp_commit_rtcp(rtc_rtp_departure *out, size_t size)
{
	out->count++;
	return rtc_srtp_commit(out->transmit, size, 1);
}
