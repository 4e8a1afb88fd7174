// SPDX-License-Identifier: Apache-2.0
#include "rtc_capture.h"
#include "rtc_port.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NTP_UNIX_EPOCH 2208988800u // 1970 in seconds since 1900 (RFC 5905 section 6)
#define LONGEST_NAP 20000          // microseconds between looks at whether to stop
#define STRIDE_ALIGNMENT 32u
#define STACK (16 * 1024)

struct rtc_capture {
	rtc_source source; // first
	pthread_t thread;
	rtc_capture_device *device;
	rtc_capture_finished finished;
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint8_t closing, over;             // guarded by `lock`
	atomic_uchar running;              // written under `lock`
	rtc_capture_statistics statistics; // guarded by `lock`
};

rtc_capture_result rtc_capture_fail(rtc_capture_error *error, const char *code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	error->code = code;
	vsnprintf(error->message, sizeof error->message, format, arguments);
	va_end(arguments);
	return RTC_CAPTURE_FAILED;
}

static void source_destroy(rtc_source *source)
{
	rtc_capture *capture = (rtc_capture *)source;
	capture->device->destroy(capture->device);
	pthread_cond_destroy(&capture->wake);
	pthread_mutex_destroy(&capture->lock);
	free(capture);
}

static void source_active(rtc_source *source, int active)
{
	(void)active; // two calls may cross: the count is the truth
	rtc_capture *capture = (rtc_capture *)source;
	pthread_mutex_lock(&capture->lock);
	pthread_mutex_lock(&source->lock);
	atomic_store(&capture->running, source->count > 0 && !capture->closing && !capture->over);
	pthread_mutex_unlock(&source->lock);
	pthread_cond_signal(&capture->wake);
	pthread_mutex_unlock(&capture->lock);
}

int rtc_capture_running(rtc_capture *capture)
{
	return atomic_load(&capture->running);
}

int rtc_capture_wait(rtc_capture *capture, uint64_t time)
{
	while (rtc_capture_running(capture)) {
		int64_t rest = (int64_t)(time - rtc_now());
		if (rest <= 0)
			return 1;
		usleep((useconds_t)(rest > LONGEST_NAP ? LONGEST_NAP : rest));
	}
	return 0;
}

void rtc_capture_dropped(rtc_capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	capture->statistics.framesDropped++;
	pthread_mutex_unlock(&capture->lock);
}

uint64_t rtc_capture_wall_clock(uint64_t time)
{
	uint64_t ntp = rtc_ntp_now();
	uint64_t now = ((ntp >> 32) - NTP_UNIX_EPOCH) * 1000000 + (((ntp & 0xFFFFFFFF) * 1000000) >> 32);
	return now - (rtc_now() - time);
}

static uint32_t luma_stride(uint16_t width)
{
	return (width + STRIDE_ALIGNMENT - 1) & ~(STRIDE_ALIGNMENT - 1);
}

uint32_t rtc_capture_picture_size(uint16_t width, uint16_t height)
{
	return luma_stride(width) * height * 3 / 2;
}

void rtc_capture_picture(rtc_frame *frame, uint16_t width, uint16_t height)
{
	uint32_t stride = luma_stride(width);
	frame->format = RTC_FORMAT_I420;
	frame->width = width;
	frame->height = height;
	frame->size = rtc_capture_picture_size(width, height);
	frame->planes[0] = frame->data;
	frame->planes[1] = frame->data + stride * height;
	frame->planes[2] = frame->planes[1] + stride * height / 4;
	frame->strides[0] = stride;
	frame->strides[1] = frame->strides[2] = stride / 2;
}

static void account(rtc_capture *capture, const rtc_frame *frame)
{
	pthread_mutex_lock(&capture->lock);
	capture->statistics.frames++;
	capture->statistics.width = frame->width;
	capture->statistics.height = frame->height;
	capture->statistics.sampleRate = frame->sampleRate;
	capture->statistics.channels = frame->channels;
	pthread_mutex_unlock(&capture->lock);
}

// Makes frames while there are sinks.
static rtc_capture_result produce(rtc_capture *capture, rtc_capture_error *error)
{
	rtc_capture_device *device = capture->device;
	rtc_capture_result result = device->start ? device->start(device, capture, error) : RTC_CAPTURE_OK;
	while (result == RTC_CAPTURE_OK && rtc_capture_running(capture)) {
		rtc_frame *frame = NULL;
		result = device->next(device, capture, &frame, error);
		if (!frame)
			continue;
		account(capture, frame);
		rtc_source_deliver(&capture->source, frame);
		rtc_frame_release(frame);
	}
	if (device->stop)
		device->stop(device);
	return result;
}

static void *run(void *argument)
{
	rtc_capture *capture = argument;
	pthread_mutex_lock(&capture->lock);
	while (!capture->closing && !capture->over) {
		if (!rtc_capture_running(capture)) {
			pthread_cond_wait(&capture->wake, &capture->lock);
			continue;
		}
		pthread_mutex_unlock(&capture->lock);
		rtc_capture_error error = {0};
		rtc_capture_result result = produce(capture, &error);
		if (result != RTC_CAPTURE_OK)
			capture->finished(capture->context, result == RTC_CAPTURE_FAILED ? &error : NULL);
		pthread_mutex_lock(&capture->lock);
		if (result != RTC_CAPTURE_OK) {
			capture->over = 1;
			atomic_store(&capture->running, 0);
		}
	}
	pthread_mutex_unlock(&capture->lock);
	return NULL;
}

rtc_capture *rtc_capture_new(rtc_capture_device *device, rtc_capture_finished finished, void *context)
{
	rtc_capture *capture = calloc(1, sizeof *capture);
	if (!capture) {
		device->destroy(device);
		return NULL;
	}
	rtc_source_init(&capture->source, source_destroy);
	capture->source.active = source_active;
	pthread_mutex_init(&capture->lock, NULL);
	pthread_cond_init(&capture->wake, NULL);
	capture->device = device;
	capture->finished = finished;
	capture->context = context;
	const rtc_thread_options thread = {.name = "rtc-capture", .stack = STACK, .priority = 7};
	if (rtc_thread_start(&capture->thread, &thread, run, capture) == 0)
		return capture;
	rtc_source_release(&capture->source);
	return NULL;
}

rtc_source *rtc_capture_source(rtc_capture *capture)
{
	return &capture->source;
}

void rtc_capture_get_statistics(rtc_capture *capture, rtc_capture_statistics *statistics)
{
	pthread_mutex_lock(&capture->lock);
	*statistics = capture->statistics;
	pthread_mutex_unlock(&capture->lock);
}

void rtc_capture_close(rtc_capture *capture)
{
	rtc_source_disconnect_all(&capture->source);
	pthread_mutex_lock(&capture->lock);
	capture->closing = 1;
	atomic_store(&capture->running, 0);
	pthread_cond_signal(&capture->wake);
	pthread_mutex_unlock(&capture->lock);
	pthread_join(capture->thread, NULL);
	rtc_source_release(&capture->source);
}
