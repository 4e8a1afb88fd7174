// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_queue.h"

#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"

struct rtc_frame_queue {
	rtc_sink sink; // first
	pthread_mutex_t lock;
	// Guarded by `lock`:
	void (*onFrame)(void *context); // NULL: closed
	void *context;
	uint8_t most, count;
	uint8_t needsKey;
	rtc_frame *waiting[RTC_FRAME_QUEUE_MOST]; // the oldest first
	rtc_frame_queue_statistics statistics;
};

// With the lock held: what waits refers to what is missing.
static void forget(rtc_frame_queue *queue)
{
	queue->statistics.framesDropped += queue->count;
	while (queue->count)
		rtc_frame_release(queue->waiting[--queue->count]);
	queue->needsKey = 1;
}

static void sink_destroy(rtc_sink *sink)
{
	rtc_frame_queue *queue = (rtc_frame_queue *)sink;
	forget(queue);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

// With the lock held. Returns whether a key frame is to be asked for.
static int keep(rtc_frame_queue *queue, rtc_frame *frame)
{
	int isVideo = frame->codec->isVideo, wishes = 0;
	if (queue->count == queue->most) {
		forget(queue);
		wishes = isVideo && !frame->key;
	}
	if (isVideo && queue->needsKey && !frame->key) {
		queue->statistics.framesDropped++;
		return wishes;
	}
	queue->needsKey = 0;
	queue->statistics.frames++;
	queue->waiting[queue->count++] = rtc_frame_retain(frame);
	if (queue->count == 1)
		(*queue->onFrame)(queue->context);
	return 0;
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_frame_queue *queue = (rtc_frame_queue *)sink;
	if (frame->format != RTC_FORMAT_ENCODED || !frame->codec)
		return;
	pthread_mutex_lock(&queue->lock);
	int wishes = queue->onFrame ? keep(queue, frame) : 0;
	pthread_mutex_unlock(&queue->lock);
	if (wishes)
		rtc_sink_request_key_frame(sink);
}

rtc_frame_queue *rtc_frame_queue_new(uint8_t most, void (*onFrame)(void *context), void *context)
{
	rtc_frame_queue *queue = calloc(1, sizeof *queue);
	if (!queue)
		return NULL;
	rtc_sink_init(&queue->sink, sink_destroy, sink_frame);
	pthread_mutex_init(&queue->lock, NULL);
	queue->most = most < RTC_FRAME_QUEUE_MOST ? most : RTC_FRAME_QUEUE_MOST;
	queue->needsKey = 1;
	queue->onFrame = onFrame;
	queue->context = context;
	return queue;
}

rtc_sink *rtc_frame_queue_sink(rtc_frame_queue *queue)
{
	return &queue->sink;
}

rtc_frame *rtc_frame_queue_read(rtc_frame_queue *queue)
{
	rtc_frame *frame = NULL;
	pthread_mutex_lock(&queue->lock);
	if (queue->count) {
		frame = queue->waiting[0];
		queue->count--;
		memmove(queue->waiting, queue->waiting + 1, queue->count * sizeof queue->waiting[0]);
	}
	pthread_mutex_unlock(&queue->lock);
	return frame;
}

void rtc_frame_queue_dropped(rtc_frame_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->statistics.framesDropped++;
	forget(queue);
	pthread_mutex_unlock(&queue->lock);
	rtc_sink_request_key_frame(&queue->sink);
}

void rtc_frame_queue_get_statistics(rtc_frame_queue *queue, rtc_frame_queue_statistics *statistics)
{
	pthread_mutex_lock(&queue->lock);
	*statistics = queue->statistics;
	pthread_mutex_unlock(&queue->lock);
}

void rtc_frame_queue_close(rtc_frame_queue *queue)
{
	rtc_sink_disconnect(&queue->sink);
	pthread_mutex_lock(&queue->lock);
	queue->onFrame = NULL; // a frame may be under way still
	forget(queue);
	pthread_mutex_unlock(&queue->lock);
	rtc_sink_release(&queue->sink);
}
