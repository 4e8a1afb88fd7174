// SPDX-License-Identifier: Apache-2.0
// Sources, sinks, and references to what goes between them. A connection is a reference in each direction, so neither
// end can go while the other may still call it. Where both locks are held, the sink's is taken first.
#include "rtc_frame.h"

#include <errno.h>
#include <string.h>

rtc_frame *rtc_frame_retain(rtc_frame *frame)
{
	atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
	return frame;
}

void rtc_frame_release(rtc_frame *frame)
{
	if (frame && atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) == 1)
		frame->release(frame);
}

void rtc_sink_init(rtc_sink *sink, void (*destroy)(rtc_sink *), void (*frame)(rtc_sink *, rtc_frame *))
{
	atomic_init(&sink->refs, 1);
	sink->destroy = destroy;
	sink->frame = frame;
	sink->source = NULL;
	atomic_init(&sink->wish, 0);
	atomic_init(&sink->silent, 0);
	pthread_mutex_init(&sink->lock, NULL);
}

rtc_sink *rtc_sink_retain(rtc_sink *sink)
{
	atomic_fetch_add_explicit(&sink->refs, 1, memory_order_relaxed);
	return sink;
}

void rtc_sink_release(rtc_sink *sink)
{
	if (sink && atomic_fetch_sub_explicit(&sink->refs, 1, memory_order_acq_rel) == 1) {
		pthread_mutex_destroy(&sink->lock);
		sink->destroy(sink);
	}
}

void rtc_source_init(rtc_source *source, void (*destroy)(rtc_source *))
{
	memset(source, 0, sizeof *source);
	atomic_init(&source->refs, 1);
	source->destroy = destroy;
	pthread_mutex_init(&source->lock, NULL);
}

rtc_source *rtc_source_retain(rtc_source *source)
{
	atomic_fetch_add_explicit(&source->refs, 1, memory_order_relaxed);
	return source;
}

void rtc_source_release(rtc_source *source)
{
	if (source && atomic_fetch_sub_explicit(&source->refs, 1, memory_order_acq_rel) == 1) {
		pthread_mutex_destroy(&source->lock);
		source->destroy(source);
	}
}

int rtc_source_connect(rtc_source *source, rtc_sink *sink)
{
	int error = 0, first = 0;
	pthread_mutex_lock(&sink->lock);
	pthread_mutex_lock(&source->lock);
	if (sink->source)
		error = EEXIST;
	else if (source->count == RTC_SOURCE_SINKS)
		error = ENOSPC;
	else {
		sink->source = rtc_source_retain(source);
		source->sinks[source->count++] = rtc_sink_retain(sink);
		first = source->count == 1;
	}
	pthread_mutex_unlock(&source->lock);
	pthread_mutex_unlock(&sink->lock);
	if (first && source->active)
		source->active(source, 1);
	return error;
}

// With the source's lock held. Keeps the order of the others.
static void forget(rtc_source *source, const rtc_sink *sink)
{
	uint8_t index = 0;
	while (source->sinks[index] != sink)
		index++;
	source->count--;
	memmove(&source->sinks[index], &source->sinks[index + 1], (source->count - index) * sizeof source->sinks[0]);
}

// `source` may be NULL: whatever feeds the sink.
static int disconnect(rtc_source *source, rtc_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	rtc_source *feeding = sink->source;
	if (!feeding || (source && feeding != source)) {
		pthread_mutex_unlock(&sink->lock);
		return ENOENT;
	}
	pthread_mutex_lock(&feeding->lock);
	forget(feeding, sink);
	int last = feeding->count == 0;
	pthread_mutex_unlock(&feeding->lock);
	sink->source = NULL;
	pthread_mutex_unlock(&sink->lock);
	if (last && feeding->active)
		feeding->active(feeding, 0);
	rtc_source_release(feeding);
	rtc_sink_release(sink);
	return 0;
}

int rtc_source_disconnect(rtc_source *source, rtc_sink *sink)
{
	return disconnect(source, sink);
}

int rtc_sink_is_fed_by(rtc_sink *sink, const rtc_source *source)
{
	pthread_mutex_lock(&sink->lock);
	int isIt = sink->source == source;
	pthread_mutex_unlock(&sink->lock);
	return isIt;
}

int rtc_sink_is_connected(rtc_sink *sink)
{
	return !rtc_sink_is_fed_by(sink, NULL);
}

void rtc_sink_disconnect(rtc_sink *sink)
{
	disconnect(NULL, sink);
}

static rtc_sink *firstSink(rtc_source *source)
{
	pthread_mutex_lock(&source->lock);
	rtc_sink *sink = source->count ? rtc_sink_retain(source->sinks[0]) : NULL;
	pthread_mutex_unlock(&source->lock);
	return sink;
}

void rtc_source_disconnect_all(rtc_source *source)
{
	rtc_sink *sink;
	rtc_source_retain(source); // the last connection may be all that keeps it
	while ((sink = firstSink(source))) {
		disconnect(source, sink);
		rtc_sink_release(sink);
	}
	rtc_source_release(source);
}

void rtc_source_deliver(rtc_source *source, rtc_frame *frame)
{
	rtc_sink *sinks[RTC_SOURCE_SINKS];
	pthread_mutex_lock(&source->lock);
	uint8_t count = source->count;
	for (uint8_t i = 0; i < count; i++)
		sinks[i] = rtc_sink_retain(source->sinks[i]);
	pthread_mutex_unlock(&source->lock);
	for (uint8_t i = 0; i < count; i++) {
		sinks[i]->frame(sinks[i], frame);
		rtc_sink_release(sinks[i]);
	}
}

static rtc_source *feeding(rtc_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	rtc_source *source = sink->source ? rtc_source_retain(sink->source) : NULL;
	pthread_mutex_unlock(&sink->lock);
	return source;
}

void rtc_sink_request_key_frame(rtc_sink *sink)
{
	rtc_source *source = feeding(sink);
	if (source && source->requestKeyFrame)
		source->requestKeyFrame(source);
	rtc_source_release(source);
}

void rtc_sink_set_bitrate(rtc_sink *sink, uint32_t bitsPerSecond)
{
	atomic_store_explicit(&sink->wish, bitsPerSecond, memory_order_relaxed);
	rtc_source *source = feeding(sink);
	if (source && source->setBitrate)
		source->setBitrate(source, bitsPerSecond);
	rtc_source_release(source);
}

// With the source's lock held: the wishes of the sinks that are silent, or of those that are not, the least first.
static uint32_t gather(rtc_source *source, unsigned silent, uint32_t wishes[RTC_SOURCE_SINKS])
{
	uint32_t count = 0;
	for (uint8_t i = 0; i < source->count; i++) {
		rtc_sink *sink = source->sinks[i];
		uint32_t wish = atomic_load_explicit(&sink->wish, memory_order_relaxed), place = count;
		if (!wish || atomic_load_explicit(&sink->silent, memory_order_relaxed) != silent)
			continue;
		for (; place && wishes[place - 1] > wish; place--)
			wishes[place] = wishes[place - 1];
		wishes[place] = wish;
		count++;
	}
	return count;
}

uint32_t rtc_source_wish(rtc_source *source, rtc_wish_policy policy)
{
	uint32_t wishes[RTC_SOURCE_SINKS];
	if (policy == RTC_WISH_FIXED)
		return 0;
	pthread_mutex_lock(&source->lock);
	uint32_t count = gather(source, 0, wishes);
	if (!count)
		count = gather(source, 1, wishes);
	pthread_mutex_unlock(&source->lock);
	if (!count)
		return 0;
	return wishes[policy == RTC_WISH_SLOWEST ? 0 : count / 2];
}
