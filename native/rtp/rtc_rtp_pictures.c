// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_pictures.h"

#include "rtc_nack.h"
#include "rtc_port.h"
#include "rtc_rtcp.h"

// Frames that the sinks may hold at once, and the largest. What comes while they do waits as packets.
#if defined(ESP_PLATFORM) || defined(RTC_SMALL_BUFFERS)
#define FRAMES 1
#else
#define FRAMES 4
#endif
#define FRAME_SHARE(bytes) ((bytes) / 8 * 6)

#define KEY_PATIENCE 100000u // microseconds in which a sender that begins has sent its key frame without being asked
#define KEY_INTERVAL 500000u // between two requests for one
#define KEY_INTERVAL_LAST 2000000u // where none has come for long
#define SILENCE 2000000u           // without a packet, after which nothing is asked for any more
#define CROWD 10000u               // how long sinks are waited for that hold all frames

struct rtc_rtp_pictures {
	rtc_assembly *assembly;
	rtc_frame_pool *pool;
	uint8_t feedback, wanted;
	uint8_t isCrowded; // a frame is whole, and has no room
	uint32_t keyInterval;
	uint64_t received; // rtc_now() of the newest packet
	uint64_t keyDue;   // when a key frame is asked for; UINT64_MAX: it is not
	uint64_t keyAsked;
	rtc_nack nack;
	rtc_rtp_pictures_statistics statistics;
};

static void needKey(rtc_rtp_pictures *pictures, uint64_t due)
{
	if (pictures->keyAsked && due < pictures->keyAsked + pictures->keyInterval)
		due = pictures->keyAsked + pictures->keyInterval;
	if (due < pictures->keyDue)
		pictures->keyDue = due;
}

// A frame is lost for good: the next key frame is waited for.
static void lose(rtc_rtp_pictures *pictures, uint64_t now)
{
	pictures->statistics.losses++;
	rtc_nack_forget(&pictures->nack, rtc_assembly_next(pictures->assembly));
	needKey(pictures, now);
}

static void restart(rtc_rtp_pictures *pictures)
{
	rtc_assembly_reset(pictures->assembly);
	rtc_nack_init(&pictures->nack, pictures->feedback & RTC_RTP_PICTURES_NACK);
	pictures->keyDue = UINT64_MAX;
	pictures->keyAsked = 0;
	pictures->keyInterval = KEY_INTERVAL;
	pictures->isCrowded = 0;
}

void rtc_rtp_pictures_set_feedback(rtc_rtp_pictures *pictures, uint8_t feedback)
{
	pictures->feedback = feedback;
	pictures->nack.asks = (feedback & RTC_RTP_PICTURES_NACK) != 0;
}

void rtc_rtp_pictures_want(rtc_rtp_pictures *pictures, int wanted, uint64_t now)
{
	restart(pictures);
	pictures->wanted = wanted != 0;
	if (wanted && pictures->received)
		needKey(pictures, now);
}

void rtc_rtp_pictures_request_key(rtc_rtp_pictures *pictures, uint64_t now)
{
	needKey(pictures, now);
}

void rtc_rtp_pictures_take(rtc_rtp_pictures *pictures, const rtc_assembly_packet *packet, int repaired, uint64_t now)
{
	rtc_assembly *assembly = pictures->assembly;
	int isFirst = !pictures->received || now - pictures->received > SILENCE;
	pictures->received = now;
	pictures->statistics.repairs += repaired != 0;
	if (!pictures->wanted)
		return;
	if (isFirst && rtc_assembly_needs_key(assembly))
		needKey(pictures, now + KEY_PATIENCE);
	rtc_assembly_result result = rtc_assembly_put(assembly, packet);
	if (rtc_nack_take(&pictures->nack, packet->sequence, repaired, now)) {
		rtc_assembly_skip(assembly);
		lose(pictures, now);
	}
	rtc_nack_forget(&pictures->nack, rtc_assembly_next(assembly));
	if (result == RTC_ASSEMBLY_LATE)
		pictures->statistics.packetsLate++;
	else if (result == RTC_ASSEMBLY_OVERFLOWED)
		lose(pictures, now);
}

static rtc_frame *countFrame(rtc_rtp_pictures *pictures, rtc_frame *frame)
{
	pictures->statistics.framesReceived++;
	if (!frame->key)
		return frame;
	pictures->statistics.keyFramesReceived++;
	pictures->keyDue = UINT64_MAX;
	pictures->keyInterval = KEY_INTERVAL;
	return frame;
}

rtc_frame *rtc_rtp_pictures_next(rtc_rtp_pictures *pictures, uint64_t now)
{
	rtc_assembly *assembly = pictures->assembly;
	if (!pictures->wanted)
		return NULL;
	if (rtc_nack_is_lost(&pictures->nack, now)) {
		rtc_assembly_skip(assembly);
		lose(pictures, now);
	}
	while (rtc_assembly_is_ready(assembly)) {
		rtc_frame *frame = rtc_frame_pool_get(pictures->pool);
		pictures->isCrowded = !frame;
		if (!frame)
			return NULL;
		int didNeedKey = rtc_assembly_needs_key(assembly);
		int result = rtc_assembly_get(assembly, frame);
		rtc_nack_forget(&pictures->nack, rtc_assembly_next(assembly));
		if (result > 0)
			return countFrame(pictures, frame);
		rtc_frame_release(frame);
		if (result < 0)
			pictures->statistics.framesDropped++;
		if (result < 0 && !didNeedKey)
			lose(pictures, now);
	}
	return NULL;
}

static size_t writeKeyRequest(rtc_rtp_pictures *pictures, uint8_t *buffer, uint32_t ssrc, uint32_t media, uint64_t now)
{
	if (now < pictures->keyDue)
		return 0;
	pictures->keyDue = UINT64_MAX;
	if (!(pictures->feedback & (RTC_RTP_PICTURES_PLI | RTC_RTP_PICTURES_FIR)) || now - pictures->received > SILENCE)
		return 0;
	if (pictures->keyAsked && pictures->keyInterval < KEY_INTERVAL_LAST)
		pictures->keyInterval += pictures->keyInterval / 2;
	pictures->keyAsked = now;
	pictures->keyDue = now + pictures->keyInterval;
	if (!(pictures->feedback & RTC_RTP_PICTURES_PLI))
		return rtc_rtcp_write_fir(buffer, ssrc, media, (uint8_t)pictures->statistics.firCount++);
	pictures->statistics.pliCount++;
	return rtc_rtcp_write_pli(buffer, ssrc, media);
}

size_t rtc_rtp_pictures_write(rtc_rtp_pictures *pictures, uint8_t *buffer, uint32_t ssrc, uint32_t media, uint64_t now)
{
	if (!pictures->wanted || !media)
		return 0;
	size_t size = writeKeyRequest(pictures, buffer, ssrc, media, now);
	size_t nack = rtc_nack_write(&pictures->nack, buffer + size, RTC_RTP_PICTURES_FEEDBACK - size, ssrc, media, now);
	pictures->statistics.nackCount += nack != 0;
	return size + nack;
}

uint64_t rtc_rtp_pictures_due(const rtc_rtp_pictures *pictures)
{
	uint64_t due = UINT64_MAX, loses = rtc_nack_loses(&pictures->nack);
	if (!pictures->wanted)
		return due;
	if (pictures->isCrowded)
		due = rtc_now() + CROWD;
	if (pictures->nack.due < due)
		due = pictures->nack.due;
	if (loses < due)
		due = loses;
	return pictures->keyDue < due ? pictures->keyDue : due;
}

void rtc_rtp_pictures_get_statistics(const rtc_rtp_pictures *pictures, rtc_rtp_pictures_statistics *statistics)
{
	*statistics = pictures->statistics;
	statistics->roundTrip = pictures->nack.roundTrip;
}

void rtc_rtp_pictures_free(rtc_rtp_pictures *pictures)
{
	if (!pictures)
		return;
	rtc_assembly_free(pictures->assembly);
	rtc_frame_pool_close(pictures->pool);
	rtc_free(pictures);
}

rtc_rtp_pictures *rtc_rtp_pictures_new(uint32_t bytes, uint8_t feedback)
{
	rtc_rtp_pictures *pictures = rtc_calloc(1, sizeof *pictures);
	if (!pictures)
		return NULL;
	pictures->feedback = feedback;
	pictures->assembly = rtc_assembly_new(bytes);
	pictures->pool = rtc_frame_pool_new(FRAMES, FRAME_SHARE(bytes));
	if (!pictures->assembly || !pictures->pool) {
		rtc_rtp_pictures_free(pictures);
		return NULL;
	}
	restart(pictures);
	return pictures;
}
