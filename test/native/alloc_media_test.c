// SPDX-License-Identifier: Apache-2.0
// Encoders and the transport without enough memory: a start, and what follows it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc_loop.h"
#include "rtc_audio_codec.h"
#include "rtc_audio_encoder.h"
#include "rtc_capture.h"
#include "rtc_port.h"
#include "rtc_transport_core.h"
#include "rtc_video_codec.h"
#include "rtc_video_encoder.h"

#define WIDTH 32
#define HEIGHT 32
#define PICTURES 3
#define PATIENCE 3000 // milliseconds

typedef struct {
	rtc_sink sink;
	atomic_int frames, failures, wrong;
} listener;

static void gone(rtc_sink *sink)
{
	(void)sink; // the scenario's
}

static void heard(rtc_sink *sink, rtc_frame *frame)
{
	(void)frame;
	atomic_fetch_add(&((listener *)sink)->frames, 1);
}

static void failed(void *context, int error, const char *message)
{
	listener *it = context;
	(void)message;
	atomic_fetch_add(&it->failures, 1);
	if (error != ENOMEM)
		atomic_store(&it->wrong, 1);
}

// The frames of a source that has memory: what is under test is what comes after it.
static uint8_t bytes[WIDTH * HEIGHT * 3 / 2];

static void keep(rtc_frame *frame)
{
	(void)frame;
}

// Feeds frames until one has come out, an encoder has said why none does, or patience ends.
static alloc_result feed(rtc_sink *encoder, listener *it, rtc_frame *frame)
{
	for (int i = 0; i < PATIENCE / 2 && !it->frames && !it->failures; i++) {
		atomic_init(&frame->refs, 1);
		encoder->frame(encoder, frame);
		frame->time += 20000;
		usleep(2000);
		while (atomic_load(&frame->refs) > 1)
			usleep(100);
	}
	return it->wrong ? ALLOC_WRONG : it->frames ? ALLOC_DONE : it->failures ? ALLOC_REFUSED : ALLOC_WRONG;
}

static alloc_result encodesVideo(void)
{
	listener it = {0};
	int error;
	rtc_video_encoder_options options = {
		.codec = &rtc_codec_h264, .framerate = 30, .bitrate = 300000, .failed = failed, .context = &it};
	rtc_video_encoder *encoder = rtc_video_encoder_new(&options, &error);
	if (!encoder)
		return error == ENOMEM || error == EAGAIN ? ALLOC_REFUSED : ALLOC_WRONG;
	rtc_sink_init(&it.sink, gone, heard);
	rtc_source_connect(rtc_video_encoder_source(encoder), &it.sink);
	rtc_frame frame = {.data = bytes, .capacity = sizeof bytes, .release = keep, .time = 1000000};
	rtc_capture_picture(&frame, WIDTH, HEIGHT);
	alloc_result result = feed(rtc_video_encoder_sink(encoder), &it, &frame);
	rtc_video_encoder_close(encoder);
	rtc_sink_release(&it.sink);
	return result;
}

static alloc_result encodesAudio(const rtc_codec *codec)
{
	listener it = {0};
	int error;
	rtc_audio_encoder_options options = {.codec = codec, .bitrate = 32000, .failed = failed, .context = &it};
	rtc_audio_encoder *encoder = rtc_audio_encoder_new(&options, &error);
	if (!encoder)
		return error == ENOMEM || error == EAGAIN ? ALLOC_REFUSED : ALLOC_WRONG;
	rtc_sink_init(&it.sink, gone, heard);
	rtc_source_connect(rtc_audio_encoder_source(encoder), &it.sink);
	rtc_frame frame = {.data = bytes, .size = 640, .release = keep, .time = 1000000, .format = RTC_FORMAT_PCM};
	frame.sampleRate = 16000;
	frame.channels = 1;
	frame.samples = 320;
	alloc_result result = feed(rtc_audio_encoder_sink(encoder), &it, &frame);
	rtc_audio_encoder_close(encoder);
	rtc_sink_release(&it.sink);
	return result;
}

static alloc_result encodesOpus(void)
{
	return encodesAudio(&rtc_codec_opus);
}

static alloc_result encodesG711(void)
{
	return encodesAudio(&rtc_codec_pcmu);
}

static void onDtls(void *context, const uint8_t *data, size_t size)
{
	(void)data, (void)size;
	++*(int *)context;
}

// A port, a path, and datagrams that come before anybody listens.
static alloc_result transports(void)
{
	uint8_t data[32] = {22, 254, 253};
	int error, taken = 0;
	rtc_address address;
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	if (!transport)
		return error == ENOMEM || error == EAGAIN ? ALLOC_REFUSED : ALLOC_WRONG;
	alloc_result result = ALLOC_REFUSED;
	rtc_path *path = rtc_path_new(transport);
	for (uint16_t port = 1; path && port <= 2 * RTC_PATH_ADDRESSES; port++) { // more than it keeps
		rtc_address_parse(&address, "192.0.2.1", port);
		error = rtc_path_accept(path, &address);
		if (error && error != ENOMEM)
			result = ALLOC_WRONG;
		taken += !error;
	}
	if (taken) {
		int early = 0;
		for (int i = 0; i < 4; i++)
			rtc_receive_datagram(transport, &address, data, sizeof data);
		rtc_path_set_dtls(path, onDtls, &early);
		rtc_receive_datagram(transport, &address, data, sizeof data);
		if (taken == 2 * RTC_PATH_ADDRESSES)
			result = early == 5 ? ALLOC_DONE : early >= 1 ? ALLOC_REFUSED : ALLOC_WRONG;
	}
	rtc_path_release(path);
	rtc_transport_close(transport);
	return result;
}

int main(void)
{
	static const alloc_scenario scenarios[] = {
		{"a transport", transports}, {"video", encodesVideo}, {"Opus", encodesOpus}, {"G.711", encodesG711}};
	return alloc_loop(scenarios, sizeof scenarios / sizeof scenarios[0]);
}
