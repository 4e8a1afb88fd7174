// SPDX-License-Identifier: Apache-2.0
// Positions count the bytes that were ever written, modulo 2^32; the ring's size divides that. An entry is its
// header and the payload, filled up to words; one that would not fit before the ring's end begins at its start. The
// lock is held for a few payloads at a time, so that another source's may come in between: each entry leads to the next
// of its frame.
#include "rtc_rtp_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_payload.h"
#include "rtc_port.h"

typedef struct {
	uint32_t size;
	uint32_t next; // the position of the frame's next payload
} header;
#define HEADER ((uint32_t)sizeof(header))
#define RUN 16 // payloads for which the lock is held
#define CUTS 4 // frames of which it is known how they were cut: the newest of some sources and modes

typedef struct {
	uint32_t serial; // of the frame; 0: none
	const rtc_codec *codec;
	uint16_t maximum;
	uint8_t mode;
	rtc_rtp_cut cut;
} known;

struct rtc_rtp_cache {
	uint32_t refs; // guarded by `devices`
	uint32_t size, milliseconds;
	pthread_mutex_t lock; // guards what follows
	uint32_t head;        // where the next entry goes
	uint64_t written;     // bytes, ever
	uint8_t nextKnown;
	known known[CUTS];
	uint8_t *ring;
};

static pthread_mutex_t devices = PTHREAD_MUTEX_INITIALIZER; // guards what follows
static rtc_rtp_cache *device;
static uint32_t wantedBytes = RTC_RTP_CACHE_BYTES, wantedMilliseconds = RTC_RTP_CACHE_MILLISECONDS;

int rtc_rtp_cache_configure(uint32_t bytes, uint32_t milliseconds)
{
	if ((bytes && bytes < RTC_RTP_CACHE_MINIMUM) || bytes > RTC_RTP_CACHE_MAXIMUM || milliseconds > 10000)
		return EINVAL;
	while (bytes & (bytes - 1))
		bytes &= bytes - 1;
	pthread_mutex_lock(&devices);
	wantedBytes = milliseconds ? bytes : 0;
	wantedMilliseconds = milliseconds;
	pthread_mutex_unlock(&devices);
	return 0;
}

static rtc_rtp_cache *make(void)
{
	rtc_rtp_cache *cache = calloc(1, sizeof *cache);
	if (!cache)
		return NULL;
	cache->ring = rtc_calloc(1, wantedBytes);
	if (!cache->ring) {
		free(cache);
		return NULL;
	}
	pthread_mutex_init(&cache->lock, NULL);
	cache->size = wantedBytes;
	cache->milliseconds = wantedMilliseconds;
	return cache;
}

rtc_rtp_cache *rtc_rtp_cache_retain(int *error)
{
	pthread_mutex_lock(&devices);
	int wanted = device || wantedBytes;
	if (!device && wanted)
		device = make();
	if (device)
		device->refs++;
	rtc_rtp_cache *cache = device;
	pthread_mutex_unlock(&devices);
	*error = wanted && !cache ? ENOMEM : 0;
	return cache;
}

void rtc_rtp_cache_release(rtc_rtp_cache *cache)
{
	if (!cache)
		return;
	pthread_mutex_lock(&devices);
	int last = --cache->refs == 0;
	if (last)
		device = NULL;
	pthread_mutex_unlock(&devices);
	if (!last)
		return;
	pthread_mutex_destroy(&cache->lock);
	rtc_free(cache->ring);
	free(cache);
}

uint32_t rtc_rtp_cache_bytes(const rtc_rtp_cache *cache)
{
	return cache->size;
}

uint32_t rtc_rtp_cache_milliseconds(const rtc_rtp_cache *cache)
{
	return cache->milliseconds;
}

// With the lock held. Where the entry at `position` begins; NULL when it was overwritten, or never was one.
static uint8_t *entryAt(rtc_rtp_cache *cache, uint32_t position)
{
	uint32_t age = cache->head - position;
	if (position % 4 || age == 0 || age > cache->size || age > cache->written)
		return NULL;
	return cache->ring + position % cache->size;
}

// With the lock held: room for an entry of up to `size` bytes in one piece. Returns its position.
static uint32_t reserve(rtc_rtp_cache *cache, uint32_t size)
{
	uint32_t left = cache->size - cache->head % cache->size;
	if (left < size) {
		cache->head += left;
		cache->written += left;
	}
	return cache->head;
}

// With the lock held: appends the next payload, after the entry *former, which it becomes; NULL: there is none. Returns
// its size.
static size_t append(rtc_rtp_cache *cache, const rtc_codec *codec, rtc_payload_state *state, uint16_t maximum,
					 uint8_t **former, uint32_t *position, int *last)
{
	uint32_t place = reserve(cache, HEADER + maximum);
	if (*former)
		memcpy(*former + offsetof(header, next), &place, sizeof place);
	uint8_t *entry = cache->ring + place % cache->size;
	size_t size = codec->payload->next(state, entry + HEADER, last);
	header head = {.size = (uint32_t)size};
	memcpy(entry, &head, sizeof head);
	*position = place;
	*former = entry;
	uint32_t taken = ((uint32_t)(HEADER + size) + 3) & ~3u;
	cache->head += taken;
	cache->written += taken;
	return size;
}

// What is known of a frame that was cut before, if its first payload is still there.
static int recall(rtc_rtp_cache *cache, const rtc_frame *frame, uint8_t mode, uint16_t maximum, rtc_rtp_cut *cut)
{
	int found = 0;
	if (!frame->serial)
		return 0;
	pthread_mutex_lock(&cache->lock);
	for (int i = 0; i < CUTS && !found; i++) {
		const known *it = &cache->known[i];
		if (it->serial != frame->serial || it->codec != frame->codec || it->mode != mode || it->maximum != maximum)
			continue;
		found = entryAt(cache, it->cut.position) != NULL;
		*cut = it->cut;
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

int rtc_rtp_cache_cut(rtc_rtp_cache *cache, const rtc_frame *frame, uint8_t mode, uint16_t maximum, rtc_rtp_cut *cut)
{
	rtc_payload_state state;
	uint32_t position = 0;
	uint8_t *former = NULL;
	int last = 0;
	if (recall(cache, frame, mode, maximum, cut))
		return 0;
	int error = frame->codec->payload->begin(&state, frame->data, frame->size, mode, maximum);
	if (error)
		return error;
	if (frame->size > cache->size / 2)
		return ENOBUFS;
	*cut = (rtc_rtp_cut){.count = 0};
	pthread_mutex_lock(&cache->lock);
	while (!last) {
		if (cut->count && cut->count % RUN == 0) {
			pthread_mutex_unlock(&cache->lock);
			pthread_mutex_lock(&cache->lock);
			former = entryAt(cache, position);
		}
		cut->bytes += (uint32_t)append(cache, frame->codec, &state, maximum, &former, &position, &last);
		if (!cut->count++)
			cut->position = position;
	}
	cache->known[cache->nextKnown] = (known){frame->serial, frame->codec, maximum, mode, *cut};
	cache->nextKnown = (uint8_t)((cache->nextKnown + 1) % CUTS);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

void rtc_rtp_cache_hold(rtc_rtp_cache *cache)
{
	pthread_mutex_lock(&cache->lock);
}

void rtc_rtp_cache_let(rtc_rtp_cache *cache)
{
	pthread_mutex_unlock(&cache->lock);
}

size_t rtc_rtp_cache_read(rtc_rtp_cache *cache, uint32_t position, uint8_t *buffer, uint32_t *next)
{
	const uint8_t *entry = entryAt(cache, position);
	if (!entry)
		return 0;
	header head;
	memcpy(&head, entry, sizeof head);
	memcpy(buffer, entry + HEADER, head.size);
	if (next)
		*next = head.next;
	return head.size;
}
