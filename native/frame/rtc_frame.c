// SPDX-License-Identifier: Apache-2.0
#include "rtc_frame.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_ALIGNMENT 64 // SIMD of the encoders, and the cache lines that a chip's DMA asks for

struct rtc_frame_pool {
	pthread_mutex_t lock;
	uint32_t count;     // frames that there may be
	uint32_t capacity;  // bytes of each
	uint32_t allocated; // frames that there are
	uint32_t idle;      // of those, how many lie in `frames`
	int closed;
	rtc_frame *frames[]; // `count` places
};

rtc_frame_pool *rtc_frame_pool_new(uint32_t count, uint32_t capacity)
{
	rtc_frame_pool *pool = calloc(1, sizeof *pool + count * sizeof(rtc_frame *));
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pool->count = count;
	pool->capacity = capacity;
	return pool;
}

static void destroy(rtc_frame_pool *pool)
{
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

// The last reference to a frame is gone: it waits in its pool, or goes with it.
static void recycle(rtc_frame *frame)
{
	rtc_frame_pool *pool = frame->owner;
	pthread_mutex_lock(&pool->lock);
	int closed = pool->closed;
	if (closed)
		pool->allocated--;
	else
		pool->frames[pool->idle++] = frame;
	int last = closed && pool->allocated == 0;
	pthread_mutex_unlock(&pool->lock);
	if (closed)
		rtc_free(frame);
	if (last)
		destroy(pool);
}

static rtc_frame *allocate(rtc_frame_pool *pool)
{
	rtc_frame *frame = rtc_calloc(1, sizeof *frame + FRAME_ALIGNMENT + (size_t)pool->capacity);
	if (!frame)
		return NULL;
	uintptr_t data = (uintptr_t)(frame + 1) + FRAME_ALIGNMENT - 1;
	frame->data = (uint8_t *)(data & ~(uintptr_t)(FRAME_ALIGNMENT - 1));
	frame->capacity = pool->capacity;
	frame->owner = pool;
	frame->release = recycle;
	return frame;
}

static uint32_t nextSerial(void)
{
	static atomic_uint serial;
	uint32_t next;
	do
		next = atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed);
	while (!next);
	return next;
}

static void reset(rtc_frame *frame)
{
	frame->serial = nextSerial();
	atomic_store_explicit(&frame->refs, 1, memory_order_relaxed);
	frame->size = 0;
	frame->time = 0;
	frame->format = 0;
	frame->codec = NULL;
	frame->key = 0;
	frame->channels = frame->layer = 0;
	frame->width = frame->height = 0;
	frame->sampleRate = frame->samples = 0;
	frame->sequence = frame->timestamp = 0;
	frame->sent = 0;
	memset(frame->planes, 0, sizeof frame->planes);
	memset(frame->strides, 0, sizeof frame->strides);
}

rtc_frame *rtc_frame_pool_get(rtc_frame_pool *pool)
{
	rtc_frame *frame = NULL;
	pthread_mutex_lock(&pool->lock);
	if (pool->idle)
		frame = pool->frames[--pool->idle];
	else if (pool->allocated < pool->count && (frame = allocate(pool)))
		pool->allocated++;
	int full = pool->allocated == pool->count;
	pthread_mutex_unlock(&pool->lock);
	if (frame)
		reset(frame);
	else
		errno = full ? ENOBUFS : ENOMEM;
	return frame;
}

void rtc_frame_pool_close(rtc_frame_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closed = 1;
	while (pool->idle) {
		rtc_free(pool->frames[--pool->idle]);
		pool->allocated--;
	}
	int last = pool->allocated == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		destroy(pool);
}
