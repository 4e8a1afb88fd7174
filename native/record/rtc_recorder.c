// SPDX-License-Identifier: Apache-2.0
#include "rtc_recorder.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK (8 * 1024)
#define BLOCK 4096            // bytes that are written at once
#define KEY_PATIENCE 1000000u // microseconds between requests for a key frame

typedef struct {
	rtc_sink sink; // first
	rtc_recorder *recorder;
	rtc_mp4_track track;
} input;

struct rtc_recorder {
	input inputs[RTC_MP4_TRACKS];
	atomic_uint ends; // inputs that live
	rtc_recorder_options options;
	uint8_t toFile; // else it is read
	FILE *file;     // NULL: it has been ended
	pthread_t thread;
	pthread_mutex_t lock; // guards what follows
	pthread_cond_t wake;
	rtc_mp4_fragment *filling, *leaving;
	uint8_t isLeaving, hasBegun, isFinished, needsKey;
	uint32_t sequence;
	uint64_t origin, asked; // microseconds: of the first picture, and when a key frame was asked for
	uint32_t headSize, headRead;
	uint8_t head[RTC_MP4_HEAD];
	rtc_recorder_statistics statistics;
	uint8_t block[BLOCK]; // the thread's own
};

static void destroy(rtc_recorder *recorder)
{
	rtc_mp4_fragment_free(recorder->filling);
	rtc_mp4_fragment_free(recorder->leaving);
	pthread_cond_destroy(&recorder->wake);
	pthread_mutex_destroy(&recorder->lock);
	rtc_free(recorder);
}

static void sink_destroy(rtc_sink *sink)
{
	rtc_recorder *recorder = ((input *)sink)->recorder;
	if (atomic_fetch_sub(&recorder->ends, 1) == 1)
		destroy(recorder);
}

// With the lock held. What was filled begins to leave.
static void swap(rtc_recorder *recorder)
{
	rtc_mp4_fragment *full = recorder->filling;
	recorder->filling = recorder->leaving;
	recorder->leaving = full;
	rtc_mp4_reset(recorder->filling, full);
	rtc_mp4_seal(full, ++recorder->sequence);
	recorder->isLeaving = 1;
}

// With the lock held.
static void tell(rtc_recorder *recorder)
{
	if (recorder->toFile)
		pthread_cond_signal(&recorder->wake);
	else
		recorder->options.ready(recorder->options.context);
}

// With the lock held. Whether the recording has begun, or begins with this frame.
static int begin(rtc_recorder *recorder, rtc_mp4_track track, const rtc_frame *frame)
{
	if (recorder->hasBegun)
		return 1;
	if (track != RTC_MP4_VIDEO || !frame->key)
		return 0;
	recorder->headSize =
		(uint32_t)rtc_mp4_head(recorder->head, frame, frame->width, frame->height, recorder->options.channels);
	recorder->hasBegun = recorder->headSize > 0;
	recorder->origin = frame->time;
	return recorder->hasBegun;
}

// With the lock held. 0, or -1: it is left out.
static int put(rtc_recorder *recorder, rtc_mp4_track track, const rtc_frame *frame)
{
	uint64_t time = frame->time - recorder->origin;
	if (track == RTC_MP4_AUDIO && (int64_t)time < 0)
		return -1;
	if (!rtc_mp4_put(recorder->filling, track, frame, time))
		return 0;
	if (recorder->isLeaving || rtc_mp4_is_empty(recorder->filling))
		return -1;
	swap(recorder);
	tell(recorder);
	return rtc_mp4_put(recorder->filling, track, frame, time) ? -1 : 0;
}

// With the lock held. Returns whether a key frame is to be asked for.
static int takePicture(rtc_recorder *recorder, const rtc_frame *frame)
{
	int isTaken = begin(recorder, RTC_MP4_VIDEO, frame) && (frame->key || !recorder->needsKey) &&
				  !put(recorder, RTC_MP4_VIDEO, frame);
	recorder->needsKey = !isTaken;
	if (isTaken) {
		recorder->statistics.frames++;
		recorder->statistics.duration = frame->time - recorder->origin;
		return 0;
	}
	recorder->statistics.framesDropped += recorder->hasBegun;
	uint64_t now = rtc_now();
	if (now - recorder->asked < KEY_PATIENCE)
		return 0;
	recorder->asked = now;
	return 1;
}

// On an encoder's thread.
static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	input *it = (input *)sink;
	rtc_recorder *recorder = it->recorder;
	int wishes = 0;
	if (frame->format != RTC_FORMAT_ENCODED || frame->codec->isVideo != (it->track == RTC_MP4_VIDEO))
		return;
	pthread_mutex_lock(&recorder->lock);
	if (recorder->isFinished)
		;
	else if (it->track == RTC_MP4_VIDEO)
		wishes = takePicture(recorder, frame);
	else if (begin(recorder, RTC_MP4_AUDIO, frame)) {
		int isTaken = !put(recorder, RTC_MP4_AUDIO, frame);
		recorder->statistics.packets += isTaken != 0;
		recorder->statistics.packetsDropped += !isTaken;
	}
	pthread_mutex_unlock(&recorder->lock);
	if (wishes)
		rtc_sink_request_key_frame(sink);
}

size_t rtc_recorder_read(rtc_recorder *recorder, uint8_t *bytes, size_t most)
{
	const uint8_t *from = NULL;
	size_t size = 0;
	pthread_mutex_lock(&recorder->lock);
	if (recorder->headRead < recorder->headSize) {
		size = recorder->headSize - recorder->headRead;
		size = size < most ? size : most;
		from = recorder->head + recorder->headRead;
		recorder->headRead += (uint32_t)size;
	}
	for (int again = 1; !size && again;) {
		if (!recorder->isLeaving && recorder->isFinished && !rtc_mp4_is_empty(recorder->filling))
			swap(recorder);
		size = recorder->isLeaving ? rtc_mp4_read(recorder->leaving, &from, most) : 0;
		again = !size && recorder->isLeaving && recorder->isFinished;
		if (!size && recorder->isLeaving) {
			rtc_mp4_reset(recorder->leaving, NULL);
			recorder->isLeaving = 0;
		}
	}
	if (size)
		memcpy(bytes, from, size);
	recorder->statistics.bytes += size;
	pthread_mutex_unlock(&recorder->lock);
	return size;
}

// Writes what there is. 0, or an errno value.
static int drain(rtc_recorder *recorder)
{
	size_t size;
	int isAny = 0;
	while ((size = rtc_recorder_read(recorder, recorder->block, BLOCK))) {
		errno = 0;
		if (fwrite(recorder->block, size, 1, recorder->file) != 1)
			return errno ? errno : EIO;
		isAny = 1;
	}
	return isAny && fflush(recorder->file) ? errno : 0;
}

static void *run(void *argument)
{
	rtc_recorder *recorder = argument;
	int error = 0, isOver = 0;
	while (!error && !isOver) {
		pthread_mutex_lock(&recorder->lock);
		while (!recorder->isLeaving && !recorder->isFinished)
			pthread_cond_wait(&recorder->wake, &recorder->lock);
		isOver = recorder->isFinished; // before what is written now
		pthread_mutex_unlock(&recorder->lock);
		error = drain(recorder);
	}
	if (!error)
		return NULL;
	pthread_mutex_lock(&recorder->lock);
	recorder->isFinished = 1;
	pthread_mutex_unlock(&recorder->lock);
	recorder->options.failed(recorder->options.context, error);
	return NULL;
}

static int start(rtc_recorder *recorder)
{
	if (!recorder->options.path)
		return 0;
	errno = 0;
	recorder->toFile = 1;
	recorder->file = fopen(recorder->options.path, "wb");
	if (!recorder->file)
		return errno ? errno : EIO;
	const rtc_thread_options thread = {.name = "rtc-recorder", .stack = STACK, .priority = 4};
	int error = rtc_thread_start(&recorder->thread, &thread, run, recorder);
	if (error)
		fclose(recorder->file);
	return error;
}

rtc_recorder *rtc_recorder_new(const rtc_recorder_options *options, int *error)
{
	rtc_recorder *recorder = rtc_calloc(1, sizeof *recorder);
	*error = ENOMEM;
	if (!recorder)
		return NULL;
	pthread_mutex_init(&recorder->lock, NULL);
	pthread_cond_init(&recorder->wake, NULL);
	recorder->options = *options;
	recorder->filling = rtc_mp4_fragment_new(options->capacity);
	recorder->leaving = rtc_mp4_fragment_new(options->capacity);
	*error = recorder->filling && recorder->leaving ? start(recorder) : ENOMEM;
	recorder->options.path = NULL; // the caller's
	if (*error) {
		destroy(recorder);
		return NULL;
	}
	atomic_init(&recorder->ends, RTC_MP4_TRACKS);
	for (int i = 0; i < RTC_MP4_TRACKS; i++) {
		input *it = &recorder->inputs[i];
		rtc_sink_init(&it->sink, sink_destroy, sink_frame);
		it->recorder = recorder;
		it->track = (rtc_mp4_track)i;
	}
	return recorder;
}

rtc_sink *rtc_recorder_sink(rtc_recorder *recorder, rtc_mp4_track track)
{
	return &recorder->inputs[track].sink;
}

void rtc_recorder_finish(rtc_recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	recorder->isFinished = 1;
	tell(recorder);
	pthread_mutex_unlock(&recorder->lock);
	if (!recorder->file)
		return;
	pthread_join(recorder->thread, NULL);
	fclose(recorder->file);
	recorder->file = NULL;
}

void rtc_recorder_get_statistics(rtc_recorder *recorder, rtc_recorder_statistics *statistics)
{
	pthread_mutex_lock(&recorder->lock);
	*statistics = recorder->statistics;
	pthread_mutex_unlock(&recorder->lock);
}

void rtc_recorder_close(rtc_recorder *recorder)
{
	for (int i = 0; i < RTC_MP4_TRACKS; i++)
		rtc_sink_disconnect(&recorder->inputs[i].sink);
	rtc_recorder_finish(recorder);
	for (int i = RTC_MP4_TRACKS - 1; i >= 0; i--)
		rtc_sink_release(&recorder->inputs[i].sink);
}
