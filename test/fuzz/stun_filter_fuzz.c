// SPDX-License-Identifier: Apache-2.0
// The STUN filter and its queue: the input is a run of steps, each a byte that says what, one for how much, and data.
#include <stdlib.h>
#include <string.h>
#include "rtc_stun_filter.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

// A datagram from the network, in a block of its own size so that any overrun is seen.
static void receive(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now)
{
	uint8_t *datagram = malloc(size ? size : 1);
	size_t length = 0;
	uint16_t owner = 0;
	memcpy(datagram, data, size);
	rtc_stun_verdict verdict = rtc_stun_filter_check(filter, datagram, size, now, &length, &owner);
	if (verdict == RTC_STUN_PASS) {
		rtc_stun_origin origin = {.from = {.family = 4, .port = (uint16_t)size}, .owner = owner};
		require(owner == 1 || owner == 2);
		require(length >= 20 && length <= size && length <= RTC_STUN_SIZE && length % 4 == 0);
		uint32_t before = filter->count;
		int error = rtc_stun_queue_push(filter, datagram, length, &origin);
		require(filter->count == before + (error == 0));
	}
	free(datagram);
}

#define OURS 0xa5 // what their ids begin with: no other step sends such
#define ASKED 8   // requests whose ids are remembered

typedef struct {
	uint8_t id[12];
	unsigned answers;
	uint64_t sent;
} asked;

// A request of our own, whose id is what the data begins with.
static void ask(rtc_stun_filter *filter, asked *requests, unsigned *count, const uint8_t *data, size_t size,
				uint64_t now)
{
	static const uint8_t header[8] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	uint8_t message[20] = {0};
	memcpy(message, header, sizeof header);
	memcpy(message + 8, data, size < 12 ? size : 12);
	message[8] = OURS;
	rtc_stun_filter_sent(filter, message, sizeof message, 2, now);
	asked *it = &requests[(*count)++ % ASKED];
	for (unsigned i = 0; i < ASKED; i++) // again
		if (!memcmp(requests[i].id, message + 8, 12) && requests[i].sent)
			it = &requests[i];
	memcpy(it->id, message + 8, 12);
	it->answers = 0;
	it->sent = now;
}

// An answer with the id of one of them: let in while it is awaited, and no oftener than that.
static void answer(rtc_stun_filter *filter, asked *request, const uint8_t *data, size_t size, uint64_t now)
{
	static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};
	uint8_t message[20 + 256] = {1, (uint8_t)(size & 1 ? 0x11 : 0x01)};
	uint16_t owner = 0;
	size_t length = 0, body = size & ~(size_t)3;
	if (!request->sent)
		return;
	message[2] = (uint8_t)(body >> 8);
	message[3] = (uint8_t)body;
	memcpy(message + 4, cookie, sizeof cookie);
	memcpy(message + 8, request->id, 12);
	memcpy(message + 20, data, body);
	rtc_stun_verdict verdict = rtc_stun_filter_check(filter, message, 20 + body, now, &length, &owner);
	int awaited = now - request->sent < RTC_STUN_LIFE && request->answers < RTC_STUN_ANSWERS;
	require(verdict == RTC_STUN_UNKNOWN || (verdict == RTC_STUN_PASS && awaited && owner == 2));
	require(verdict != RTC_STUN_PASS || length == 20 + body);
	request->answers += verdict == RTC_STUN_PASS;
}

static void read(rtc_stun_filter *filter, size_t size)
{
	rtc_stun_origin origin;
	uint8_t *buffer = malloc(size ? size : 1);
	uint32_t before = filter->count;
	int length = rtc_stun_queue_pop(filter, buffer, size, &origin);
	require(length <= (int)size && (length != 0) == (before != 0));
	require(filter->count == before - (before != 0) && (filter->count || !filter->used));
	free(buffer);
}

static void name(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now)
{
	char ufrag[256] = "";
	memcpy(ufrag, data, size);
	if (rtc_stun_filter_add(filter, ufrag, 1, now) == 0)
		require(*ufrag && strlen(ufrag) <= RTC_UFRAG_SIZE);
	else if (size % 2)
		rtc_stun_filter_remove(filter, ufrag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rtc_stun_filter *filter = calloc(1, sizeof *filter);
	asked requests[ASKED] = {0};
	unsigned count = 0;
	uint64_t now = 1;
	rtc_stun_filter_add(filter, "abcd", 1, now);
	receive(filter, data, size, now);
	while (size >= 2) {
		uint8_t step = data[0];
		size_t length = data[1];
		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		now += (uint64_t)(step >> 3) * (step >> 3) * 1000000;
		switch (step & 7) {
		case 0:
			name(filter, data, length, now);
			break;
		case 1:
			if (length < 9 || data[8] != OURS)
				rtc_stun_filter_sent(filter, data, length, 2, now);
			break;
		case 2:
			read(filter, length * 8);
			continue; // the data is the next step's
		case 3:
			ask(filter, requests, &count, data, length, now);
			break;
		case 4:
			answer(filter, &requests[length % ASKED], data, length, now);
			break;
		default:
			receive(filter, data, length, now);
			break;
		}
		data += length;
		size -= length;
	}
	require(filter->count <= RTC_STUN_QUEUE && filter->used <= RTC_STUN_QUEUE_BYTES);
	free(filter);
	return 0;
}
