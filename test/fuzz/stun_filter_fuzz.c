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
	memcpy(datagram, data, size);
	rtc_stun_verdict verdict = rtc_stun_filter_check(filter, datagram, size, now, &length);
	if (verdict == RTC_STUN_PASS) {
		rtc_address from = {.family = 4, .port = (uint16_t)size};
		require(length >= 20 && length <= size && length <= RTC_STUN_SIZE && length % 4 == 0);
		uint32_t before = filter->count;
		int error = rtc_stun_queue_push(filter, datagram, length, &from);
		require(filter->count == before + (error == 0));
	}
	free(datagram);
}

static void read(rtc_stun_filter *filter, size_t size)
{
	rtc_address from;
	uint8_t *buffer = malloc(size ? size : 1);
	uint32_t before = filter->count;
	int length = rtc_stun_queue_pop(filter, buffer, size, &from);
	require(length <= (int)size && (length != 0) == (before != 0));
	require(filter->count == before - (before != 0) && (filter->count || !filter->used));
	free(buffer);
}

static void name(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now)
{
	char ufrag[256] = "";
	memcpy(ufrag, data, size);
	if (rtc_stun_filter_add(filter, ufrag, now) == 0)
		require(*ufrag && strlen(ufrag) <= RTC_UFRAG_SIZE);
	else if (size % 2)
		rtc_stun_filter_remove(filter, ufrag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rtc_stun_filter *filter = calloc(1, sizeof *filter);
	uint64_t now = 0;
	rtc_stun_filter_add(filter, "abcd", now);
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
			rtc_stun_filter_sent(filter, data, length, now);
			break;
		case 2:
			read(filter, length * 8);
			continue; // the data is the next step's
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
