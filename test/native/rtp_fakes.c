// SPDX-License-Identifier: Apache-2.0
#include "rtp_fakes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

uint64_t fakeNow, fakeNtp;
int fakeRandomFails;

uint64_t rtc_now(void)
{
	return fakeNow;
}

uint64_t rtc_ntp_now(void)
{
	return fakeNtp;
}

int rtc_random(void *buffer, size_t size)
{
	memset(buffer, 0xf3, size);
	return fakeRandomFails ? -1 : 0;
}

rtc_srtp *fakeSrtp(int ready)
{
	rtc_srtp *srtp = calloc(1, sizeof *srtp);
	assert_non_null(srtp);
	srtp->refs = 1;
	srtp->ready = ready;
	return srtp;
}

rtc_srtp *rtc_srtp_retain(rtc_srtp *srtp)
{
	srtp->refs++;
	return srtp;
}

void rtc_srtp_release(rtc_srtp *srtp)
{
	if (--srtp->refs == 0)
		free(srtp);
}

int rtc_srtp_ready(rtc_srtp *srtp)
{
	return srtp->ready;
}

int rtc_srtp_add_handler(rtc_srtp *srtp, rtc_srtp_handler rtp, rtc_srtp_handler rtcp, rtc_srtp_ready_handler ready,
						 void *context)
{
	if (srtp->full)
		return ENOSPC;
	srtp->rtp = rtp;
	srtp->rtcp = rtcp;
	srtp->onReady = ready;
	srtp->context = context;
	return 0;
}

void rtc_srtp_remove_handler(rtc_srtp *srtp, void *context)
{
	assert_ptr_equal(context, srtp->context);
	srtp->context = NULL;
}

void rtc_srtp_add_task(rtc_srtp *srtp, rtc_task *task)
{
	srtp->task = task;
	task->time = UINT64_MAX;
}

void rtc_srtp_wake_task(rtc_srtp *srtp, rtc_task *task)
{
	assert_ptr_equal(srtp->task, task);
	task->ready = 1;
}

void rtc_srtp_remove_task(rtc_srtp *srtp, rtc_task *task)
{
	assert_ptr_equal(srtp->task, task);
	srtp->task = NULL;
}

int rtc_srtp_may_repeat(rtc_srtp *srtp)
{
	return !srtp->isGcm;
}

void fakeRun(rtc_srtp *srtp, uint64_t until)
{
	rtc_task *task = srtp->task;
	while (task->ready || task->time <= until) {
		if (!task->ready && task->time > fakeNow)
			fakeNow = task->time;
		task->ready = 0;
		task->time = task->run(task);
	}
	fakeNow = until;
}

void *rtc_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void rtc_free(void *memory)
{
	free(memory);
}

int rtc_srtp_has_way(rtc_srtp *srtp)
{
	return srtp->ready && (!srtp->endsAfter || srtp->begins < srtp->endsAfter);
}

rtc_srtp_transmit *rtc_srtp_begin(rtc_srtp *srtp)
{
	if (!rtc_srtp_has_way(srtp))
		return NULL;
	assert_int_equal(srtp->depth++, 0);
	srtp->begins++;
	srtp->run = 0;
	srtp->buffer = malloc(RTC_MTU);
	return (rtc_srtp_transmit *)srtp;
}

uint8_t *rtc_srtp_buffer(rtc_srtp_transmit *transmit)
{
	return ((rtc_srtp *)transmit)->buffer;
}

int rtc_srtp_commit(rtc_srtp_transmit *transmit, size_t size, int isRtcp)
{
	rtc_srtp *srtp = (rtc_srtp *)transmit;
	assert_true(size && size <= RTC_MTU - RTC_SRTP_TRAILER && srtp->count < FAKE_PACKETS);
	if (++srtp->run > srtp->most)
		srtp->most = srtp->run;
	if (srtp->failing)
		return EIO;
	fake_packet *packet = &srtp->packets[srtp->count++];
	memcpy(packet->data, srtp->buffer, size);
	packet->size = size;
	packet->isRtcp = isRtcp;
	return 0;
}

uint32_t rtc_srtp_end(rtc_srtp_transmit *transmit)
{
	rtc_srtp *srtp = (rtc_srtp *)transmit;
	uint32_t lost = srtp->losing;
	assert_int_equal(--srtp->depth, 0);
	free(srtp->buffer);
	srtp->losing = 0;
	return lost;
}

void fakeSetReady(rtc_srtp *srtp)
{
	srtp->ready = 1;
	srtp->onReady(srtp->context);
}

void fakeReceive(rtc_srtp *srtp, const uint8_t *packet, size_t size)
{
	assert_non_null(srtp->context);
	srtp->rtcp(srtp->context, packet, size);
}

void fakeReceiveRtp(rtc_srtp *srtp, const uint8_t *packet, size_t size)
{
	assert_non_null(srtp->context);
	srtp->rtp(srtp->context, packet, size);
}

static void destroySource(rtc_source *source)
{
	(void)source; // the test's
}

static void requestKeyFrame(rtc_source *source)
{
	((fake_source *)source)->keyFrameRequests++;
}

void fakeSourceInit(fake_source *source)
{
	rtc_source_init(&source->source, destroySource);
	source->source.requestKeyFrame = requestKeyFrame;
	source->keyFrameRequests = 0;
}

const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
const rtc_codec opus = {.name = "opus", .clockRate = 48000, .payload = &rtc_payload_whole};
const rtc_codec pcma = {.name = "PCMA", .clockRate = 8000, .payload = &rtc_payload_whole};
const rtc_rtp_stream_options video = {
	.codec = &h264, .payloadType = 102, .packetizationMode = 1, .ssrc = SSRC, .cname = "cname"};
const rtc_rtp_stream_options audio = {.codec = &opus, .payloadType = 111, .ssrc = SSRC, .cname = "cname"};

fixture *begin(const rtc_rtp_stream_options *options, int ready)
{
	fixture *f = calloc(1, sizeof *f);
	int error = -1;
	fakeNow = 5 * SECOND;
	fakeNtp = 0xe0000000ull << 32;
	f->srtp = fakeSrtp(ready);
	f->session = rtc_rtp_session_new(f->srtp, &error);
	assert_non_null(f->session);
	f->sender = rtc_rtp_sender_new(options, f->session, &error);
	assert_non_null(f->sender);
	assert_int_equal(error, 0);
	fakeSourceInit(&f->source);
	assert_int_equal(rtc_source_connect(&f->source.source, rtc_rtp_sender_sink(f->sender)), 0);
	f->frame = (rtc_frame){
		.data = f->data, .format = RTC_FORMAT_ENCODED, .codec = options->codec, .sampleRate = 48000, .samples = 960};
	return f;
}

void finish(fixture *f)
{
	if (f->sender)
		rtc_rtp_sender_close(f->sender);
	assert_int_equal(f->source.source.count, 0);
	assert_int_equal(f->source.source.refs, 1);
	rtc_rtp_session_close(f->session);
	rtc_rtp_session_release(f->session);
	assert_int_equal(f->srtp->refs, 1);
	rtc_source_release(&f->source.source);
	rtc_srtp_release(f->srtp);
	free(f);
}

void deliver(fixture *f, uint64_t time)
{
	f->frame.time = time;
	rtc_source_deliver(&f->source.source, &f->frame);
	rtc_rtp_sender_get_statistics(f->sender, &f->statistics);
}

void picture(fixture *f, uint64_t time, int key, size_t size)
{
	static const uint8_t start[] = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 1, 0, 0, 0, 1, 0x65};
	memset(f->data, 0xaa, sizeof f->data);
	memcpy(f->data, start, sizeof start);
	f->frame.key = (uint8_t)key;
	f->frame.size = (uint32_t)(sizeof start + size);
	deliver(f, time);
}

void sound(fixture *f, uint64_t time, uint32_t size)
{
	f->frame.size = size;
	deliver(f, time);
}

rtc_rtp_packet packetAt(const fixture *f, size_t index)
{
	rtc_rtp_packet packet;
	assert_true(index < f->srtp->count && !f->srtp->packets[index].isRtcp);
	assert_int_equal(rtc_rtp_parse(&packet, f->srtp->packets[index].data, f->srtp->packets[index].size), 0);
	assert_int_equal(packet.ssrc, SSRC);
	return packet;
}

rtc_rtp_packet take(fixture *f)
{
	size_t last = f->srtp->count;
	while (f->srtp->packets[last - 1].isRtcp)
		last--;
	rtc_rtp_packet packet = packetAt(f, last - 1);
	f->srtp->count = 0;
	return packet;
}
