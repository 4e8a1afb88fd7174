// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"

struct rtc_frame_writer {
	rtc_source source; // first
	rtc_frame_writer_options options;
	rtc_frame_pool *pool;
	pthread_mutex_t lock; // guards what follows
	uint8_t closed;
	uint8_t isAsked;  // for a key frame
	uint8_t needsKey; // what is no key frame is of no use to the sinks
	rtc_frame_writer_statistics statistics;
};

static void destroy(rtc_source *source)
{
	rtc_frame_writer *writer = (rtc_frame_writer *)source;
	rtc_frame_pool_close(writer->pool);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

// With the lock held.
static void want(rtc_frame_writer *writer)
{
	if (writer->closed || writer->isAsked || !writer->options.codec->isVideo)
		return;
	writer->isAsked = 1;
	writer->options.onKeyFrameWanted(writer->options.context);
}

static void requestKeyFrame(rtc_source *source)
{
	rtc_frame_writer *writer = (rtc_frame_writer *)source;
	pthread_mutex_lock(&writer->lock);
	want(writer);
	pthread_mutex_unlock(&writer->lock);
}

static void onActive(rtc_source *source, int active)
{
	rtc_frame_writer *writer = (rtc_frame_writer *)source;
	pthread_mutex_lock(&writer->lock);
	writer->needsKey = writer->options.codec->isVideo;
	if (active)
		want(writer);
	else
		writer->isAsked = 0;
	pthread_mutex_unlock(&writer->lock);
}

rtc_frame_writer *rtc_frame_writer_new(const rtc_frame_writer_options *options)
{
	rtc_frame_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return NULL;
	rtc_source_init(&writer->source, destroy);
	writer->source.requestKeyFrame = requestKeyFrame;
	writer->source.active = onActive;
	writer->options = *options;
	pthread_mutex_init(&writer->lock, NULL);
	writer->needsKey = options->codec->isVideo;
	writer->pool = rtc_frame_pool_new(options->frames, options->largest);
	if (writer->pool)
		return writer;
	rtc_source_release(&writer->source);
	return NULL;
}

rtc_source *rtc_frame_writer_source(rtc_frame_writer *writer)
{
	return &writer->source;
}

static int isConnected(rtc_source *source)
{
	pthread_mutex_lock(&source->lock);
	int connected = source->count > 0;
	pthread_mutex_unlock(&source->lock);
	return connected;
}

// With the lock held: what follows on a frame that is not there is of no use.
static int drop(rtc_frame_writer *writer, int error)
{
	writer->statistics.framesDropped++;
	writer->needsKey = writer->options.codec->isVideo;
	want(writer);
	return error;
}

// With the lock held. Sets *frame where it returns 0.
static int take(rtc_frame_writer *writer, const uint8_t *data, uint32_t size, int key, rtc_frame **frame)
{
	if (writer->needsKey && !key)
		return drop(writer, EAGAIN);
	if (!size || size > writer->options.largest)
		return drop(writer, EMSGSIZE);
	*frame = rtc_frame_pool_get(writer->pool);
	if (!*frame)
		return drop(writer, errno);
	memcpy((*frame)->data, data, size);
	(*frame)->size = size;
	writer->needsKey = 0;
	writer->isAsked &= !key;
	writer->statistics.frames++;
	writer->statistics.keyFrames += key != 0;
	writer->statistics.bytes += size;
	return 0;
}

int rtc_frame_writer_write(rtc_frame_writer *writer, const uint8_t *data, uint32_t size, int key, uint64_t time)
{
	rtc_frame *frame = NULL;
	if (!isConnected(&writer->source))
		return ENOTCONN;
	key = key || !writer->options.codec->isVideo;
	pthread_mutex_lock(&writer->lock);
	int error = take(writer, data, size, key, &frame);
	pthread_mutex_unlock(&writer->lock);
	if (error)
		return error;
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = writer->options.codec;
	frame->key = writer->options.codec->isVideo && key;
	frame->time = time ? time : rtc_now();
	frame->sampleRate = writer->options.codec->clockRate;
	rtc_source_deliver(&writer->source, frame);
	rtc_frame_release(frame);
	return 0;
}

void rtc_frame_writer_get_statistics(rtc_frame_writer *writer, rtc_frame_writer_statistics *statistics)
{
	pthread_mutex_lock(&writer->lock);
	*statistics = writer->statistics;
	pthread_mutex_unlock(&writer->lock);
	statistics->targetBitrate = rtc_source_wish(&writer->source, RTC_WISH_SLOWEST);
}

void rtc_frame_writer_close(rtc_frame_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->closed = 1;
	pthread_mutex_unlock(&writer->lock);
	rtc_source_disconnect_all(&writer->source);
	rtc_source_release(&writer->source);
}
