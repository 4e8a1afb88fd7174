// SPDX-License-Identifier: Apache-2.0
// What a TURN server sends: as datagrams, each with its size before it; and as a stream, which is cut the same wherever
// the network cuts it. What may never happen: data of a peer that is not bound or named, or from beyond a message.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_relay_core.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static rtc_transport *transport;
static rtc_relay *relay;
static rtc_path *path;
static const uint8_t *first, *last; // of the message that is looked at

static void check(const uint8_t *data, size_t size)
{
	CHECK(data >= first && data + size <= last);
}

static void onDtls(void *context, const uint8_t *data, size_t size)
{
	(void)context;
	check(data, size);
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	(void)context;
	check(data, size);
	memset(data, 0x80, size); // it may be written to
}

static void start(void)
{
	int error;
	rtc_relay_options options = {0};
	transport = rtc_transport_open(&(rtc_transport_options){0}, &error);
	CHECK(transport && !rtc_address_parse(&options.server, "127.0.0.1", 9));
	relay = rtc_relay_open(transport, &options, &error);
	CHECK(relay);
	path = rtc_path_new(transport);
	rtc_path_set_dtls(path, onDtls, NULL);
	rtc_path_set_srtp(path, onSrtp, NULL);
	for (uint16_t i = 0; i < 4; i++) {
		rtc_address peer;
		CHECK(!rtc_address_parse(&peer, i & 1 ? "2001:db8::7" : "203.0.113.7", (uint16_t)(6000 + i)));
		peer.relay = rtc_relay_number(relay);
		CHECK(!rtc_relay_bind(relay, (uint16_t)(0x4000 + i), &peer));
		CHECK(!rtc_path_confirm(path, &peer));
	}
	CHECK(!rtc_transport_add_ufrag(transport, "home", 1));
}

static void receive(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); // of just its size: the sanitizer sees what is read beyond
	memcpy(copy, data, size);
	first = copy;
	last = copy + size;
	rtc_relay_receive(relay, copy, size);
	free(copy);
}

static void asDatagrams(const uint8_t *data, size_t size)
{
	while (size > 1) {
		size_t length = (size_t)(data[0] << 8 | data[1]) % RTC_RECEIVE_SIZE;
		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		receive(data, length);
		data += length;
		size -= length;
	}
}

// A sum over what the framer gives, and how it ends; `step` bytes at a time.
static uint64_t cut(const uint8_t *data, size_t size, size_t step, int isPrefixed)
{
	static rtc_framer framer;
	uint64_t sum = 1;
	memset(&framer, 0, sizeof framer);
	framer.isPrefixed = isPrefixed; // a peer's stream, by the same framer
	while (size) {
		size_t room, count = step;
		uint8_t *at = rtc_framer_room(&framer, &room), *frame;
		CHECK(room > 0 && at >= framer.bytes && at + room <= framer.bytes + sizeof framer.bytes);
		count = count < room ? count : room;
		count = count < size ? count : size;
		memcpy(at, data, count);
		rtc_framer_took(&framer, count);
		data += count;
		size -= count;
		for (;;) {
			size_t length = 0;
			rtc_frame_result result = rtc_framer_next(&framer, &frame, &length);
			if (result == RTC_FRAME_MORE)
				break;
			sum = sum * 31 + (uint64_t)result;
			if (result == RTC_FRAME_BROKEN)
				return sum;
			if (result == RTC_FRAME_SKIPPED)
				continue;
			CHECK((length >= 4 || isPrefixed) && length <= RTC_FRAME_SIZE &&
				  frame + length <= framer.bytes + sizeof framer.bytes);
			for (size_t i = 0; i < length; i++)
				sum = sum * 31 + frame[i];
			if (step == RTC_FRAMER_SIZE && !isPrefixed)
				receive(frame, length);
		}
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!transport)
		start();
	if (!size)
		return 0;
	if (data[0] & 1) {
		asDatagrams(data + 1, size - 1);
		return 0;
	}
	int isPrefixed = data[0] & 2;
	uint64_t whole = cut(data + 1, size - 1, RTC_FRAMER_SIZE, isPrefixed);
	CHECK(cut(data + 1, size - 1, 1, isPrefixed) == whole);
	CHECK(cut(data + 1, size - 1, 1 + data[0] * 3u, isPrefixed) == whole);
	return 0;
}
