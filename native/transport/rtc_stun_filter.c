// SPDX-License-Identifier: Apache-2.0
#include "rtc_stun_filter.h"

#include <errno.h>
#include <string.h>

// RFC 8489 section 5
#define HEADER_SIZE 20
#define MAGIC_COOKIE 0x2112a442u
#define CLASS_MASK 0x0110
#define CLASS_REQUEST 0x0000
#define CLASS_INDICATION 0x0010
#define BINDING_REQUEST 0x0001
#define ATTRIBUTE_USERNAME 0x0006

#define TOKEN (1000000 / RTC_STUN_RATE) // microseconds of credit that a message takes
#define BUCKET 1000000                  // a second's worth at once

static uint16_t read16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static uint32_t read32(const uint8_t *data)
{
	return (uint32_t)read16(data) << 16 | read16(data + 2);
}

// The size of the message in the datagram, 0 when it is none.
static size_t messageSize(const uint8_t *data, size_t size)
{
	if (size < HEADER_SIZE || (data[0] & 0xc0) || read32(data + 4) != MAGIC_COOKIE)
		return 0;
	size_t length = read16(data + 2);
	if (length % 4 || length > size - HEADER_SIZE)
		return 0;
	return HEADER_SIZE + length;
}

static rtc_stun_ufrag *find(rtc_stun_filter *filter, const void *text, size_t size)
{
	for (int i = 0; i < RTC_UFRAGS; i++)
		if (filter->ufrags[i].size == size && size && !memcmp(filter->ufrags[i].text, text, size))
			return &filter->ufrags[i];
	return NULL;
}

int rtc_stun_filter_add(rtc_stun_filter *filter, const char *ufrag, uint16_t owner, uint64_t now)
{
	size_t size = strlen(ufrag);
	if (size == 0 || size > RTC_UFRAG_SIZE || strchr(ufrag, ':'))
		return EINVAL;
	if (find(filter, ufrag, size))
		return EEXIST;
	for (int i = 0; i < RTC_UFRAGS; i++) {
		rtc_stun_ufrag *entry = &filter->ufrags[i];
		if (entry->size)
			continue;
		memcpy(entry->text, ufrag, size);
		entry->size = (uint8_t)size;
		entry->owner = owner;
		entry->tokens = BUCKET;
		entry->filled = now;
		return 0;
	}
	return ENOSPC;
}

void rtc_stun_filter_remove(rtc_stun_filter *filter, const char *ufrag)
{
	rtc_stun_ufrag *entry = find(filter, ufrag, strlen(ufrag));
	if (entry)
		entry->size = 0;
}

// Takes a token, when there is one.
static int allowed(rtc_stun_ufrag *entry, uint64_t now)
{
	uint64_t tokens = entry->tokens + (now - entry->filled);
	entry->filled = now;
	if (tokens > BUCKET)
		tokens = BUCKET;
	int enough = tokens >= TOKEN;
	entry->tokens = (uint32_t)(enough ? tokens - TOKEN : tokens);
	return enough;
}

// USERNAME of a check is "our ufrag:theirs" (RFC 8445 section 7.2.2). Attributes are padded to 4 bytes.
static rtc_stun_ufrag *addressee(rtc_stun_filter *filter, const uint8_t *data, size_t size)
{
	size_t offset = HEADER_SIZE;
	while (size - offset >= 4) {
		uint16_t type = read16(data + offset);
		size_t length = read16(data + offset + 2);
		offset += 4;
		if (length > size - offset)
			return NULL;
		if (type == ATTRIBUTE_USERNAME) {
			const uint8_t *colon = length ? memchr(data + offset, ':', length) : NULL;
			return colon ? find(filter, data + offset, (size_t)(colon - (data + offset))) : NULL;
		}
		offset += (length + 3) & ~(size_t)3; // within `size`, which is a multiple of 4
	}
	return NULL;
}

static rtc_stun_transaction *transaction(rtc_stun_filter *filter, const uint8_t *id, uint64_t now)
{
	for (int i = 0; i < RTC_STUN_TRANSACTIONS; i++) {
		rtc_stun_transaction *entry = &filter->transactions[i];
		if (entry->answers && now - entry->sent < RTC_STUN_LIFE && !memcmp(entry->id, id, sizeof entry->id))
			return entry;
	}
	return NULL;
}

void rtc_stun_filter_sent(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint16_t owner, uint64_t now)
{
	if (!messageSize(data, size) || (read16(data) & CLASS_MASK) != CLASS_REQUEST)
		return;
	rtc_stun_transaction *entry = transaction(filter, data + 8, now);
	if (!entry) {
		entry = &filter->transactions[filter->next];
		filter->next = (filter->next + 1) % RTC_STUN_TRANSACTIONS;
		memcpy(entry->id, data + 8, sizeof entry->id);
	}
	entry->answers = RTC_STUN_ANSWERS;
	entry->owner = owner;
	entry->sent = now;
}

rtc_stun_verdict rtc_stun_filter_check(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now,
									   size_t *length, uint16_t *owner)
{
	size = messageSize(data, size);
	if (!size || size > RTC_STUN_SIZE)
		return RTC_STUN_MALFORMED;
	*length = size;
	uint16_t type = read16(data);
	switch (type & CLASS_MASK) {
	case CLASS_REQUEST: {
		rtc_stun_ufrag *entry = type == BINDING_REQUEST ? addressee(filter, data, size) : NULL;
		if (!entry)
			return RTC_STUN_UNKNOWN;
		*owner = entry->owner;
		return allowed(entry, now) ? RTC_STUN_PASS : RTC_STUN_OVER_RATE;
	}
	case CLASS_INDICATION:
		return RTC_STUN_INDICATION;
	default: {
		rtc_stun_transaction *entry = transaction(filter, data + 8, now);
		if (!entry)
			return RTC_STUN_UNKNOWN;
		// Not forgotten with its first answer, which may be forged: the control plane checks its integrity.
		entry->answers--;
		*owner = entry->owner;
		return RTC_STUN_PASS;
	}
	}
}

static void copyIn(rtc_stun_filter *filter, const void *from, size_t size)
{
	size_t tail = (filter->head + filter->used) % RTC_STUN_QUEUE_BYTES;
	size_t first = RTC_STUN_QUEUE_BYTES - tail;
	if (first > size)
		first = size;
	memcpy(filter->queue + tail, from, first);
	memcpy(filter->queue, (const uint8_t *)from + first, size - first);
	filter->used += (uint32_t)size;
}

// `to` may be NULL: the bytes are skipped.
static void copyOut(rtc_stun_filter *filter, void *to, size_t size)
{
	size_t first = RTC_STUN_QUEUE_BYTES - filter->head;
	if (first > size)
		first = size;
	if (to) {
		memcpy(to, filter->queue + filter->head, first);
		memcpy((uint8_t *)to + first, filter->queue, size - first);
	}
	filter->head = (uint32_t)((filter->head + size) % RTC_STUN_QUEUE_BYTES);
	filter->used -= (uint32_t)size;
}

int rtc_stun_queue_push(rtc_stun_filter *filter, const uint8_t *data, size_t size, const rtc_stun_origin *origin)
{
	uint16_t length = (uint16_t)size;
	if (filter->count == RTC_STUN_QUEUE || size > RTC_STUN_SIZE ||
		filter->used + sizeof length + sizeof *origin + size > RTC_STUN_QUEUE_BYTES)
		return ENOBUFS;
	copyIn(filter, &length, sizeof length);
	copyIn(filter, origin, sizeof *origin);
	copyIn(filter, data, size);
	filter->count++;
	return 0;
}

int rtc_stun_queue_pop(rtc_stun_filter *filter, uint8_t *buffer, size_t size, rtc_stun_origin *origin)
{
	uint16_t length;
	if (!filter->count)
		return 0;
	filter->count--;
	copyOut(filter, &length, sizeof length);
	copyOut(filter, origin, sizeof *origin);
	copyOut(filter, length <= size ? buffer : NULL, length);
	return length <= size ? length : -1;
}
