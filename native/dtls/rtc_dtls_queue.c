// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_queue.h"

#include <string.h>
#include "rtc_port.h"

#define SIZE_BYTES 2

int rtc_dtls_queue_init(rtc_dtls_queue *queue)
{
	queue->first = queue->used = 0;
	queue->starved = 0;
	queue->ring = NULL;
	return pthread_mutex_init(&queue->lock, NULL);
}

void rtc_dtls_queue_destroy(rtc_dtls_queue *queue)
{
	pthread_mutex_destroy(&queue->lock);
	rtc_free(queue->ring);
}

static void put(rtc_dtls_queue *queue, const uint8_t *data, uint32_t size)
{
	uint32_t place = (queue->first + queue->used) % RTC_DTLS_QUEUE;
	uint32_t head = RTC_DTLS_QUEUE - place < size ? RTC_DTLS_QUEUE - place : size;
	memcpy(queue->ring + place, data, head);
	memcpy(queue->ring, data + head, size - head);
	queue->used += size;
}

// Copies what fits in `room` and skips the rest.
static void get(rtc_dtls_queue *queue, uint8_t *data, uint32_t size, uint32_t room)
{
	uint32_t wanted = size < room ? size : room;
	uint32_t head = RTC_DTLS_QUEUE - queue->first < wanted ? RTC_DTLS_QUEUE - queue->first : wanted;
	memcpy(data, queue->ring + queue->first, head);
	memcpy(data + head, queue->ring, wanted - head);
	queue->first = (queue->first + size) % RTC_DTLS_QUEUE;
	queue->used -= size;
}

int rtc_dtls_queue_push(rtc_dtls_queue *queue, const uint8_t *data, size_t size)
{
	int taken = 0;
	pthread_mutex_lock(&queue->lock);
	if (!queue->ring)
		queue->ring = rtc_calloc(1, RTC_DTLS_QUEUE);
	queue->starved = !queue->ring;
	if (queue->ring && size && size <= UINT16_MAX && size + SIZE_BYTES <= RTC_DTLS_QUEUE - queue->used) {
		const uint8_t header[SIZE_BYTES] = {(uint8_t)(size >> 8), (uint8_t)size};
		put(queue, header, SIZE_BYTES);
		put(queue, data, (uint32_t)size);
		taken = 1;
	}
	pthread_mutex_unlock(&queue->lock);
	return taken;
}

size_t rtc_dtls_queue_pop(rtc_dtls_queue *queue, uint8_t *buffer, size_t size)
{
	size_t count = 0;
	pthread_mutex_lock(&queue->lock);
	if (queue->used) {
		uint8_t header[SIZE_BYTES];
		get(queue, header, SIZE_BYTES, SIZE_BYTES);
		uint32_t datagram = (uint32_t)header[0] << 8 | header[1];
		count = datagram < size ? datagram : size;
		get(queue, buffer, datagram, (uint32_t)count);
	}
	pthread_mutex_unlock(&queue->lock);
	return count;
}

int rtc_dtls_queue_starved(rtc_dtls_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	int starved = queue->starved;
	pthread_mutex_unlock(&queue->lock);
	return starved;
}

int rtc_dtls_queue_empty(rtc_dtls_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	int empty = queue->used == 0;
	pthread_mutex_unlock(&queue->lock);
	return empty;
}

void rtc_dtls_queue_trim(rtc_dtls_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (!queue->used) {
		rtc_free(queue->ring);
		queue->ring = NULL;
	}
	pthread_mutex_unlock(&queue->lock);
}
