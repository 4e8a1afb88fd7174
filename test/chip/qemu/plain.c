// SPDX-License-Identifier: Apache-2.0
// What needs no library: STUN's filter and the packetizing of H.264.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chip.h"
#include "rtc_h264.h"
#include "rtc_stun_filter.h"
#include "rtc_transport_core.h"
#include "stun_messages.h"

static void stun(void)
{
	static rtc_stun_filter filter;
	uint8_t message[300];
	size_t length;
	uint16_t owner;
	CHECK(rtc_stun_filter_add(&filter, "abcd", 1, chipNow) == 0);
	CHECK(rtc_stun_filter_add(&filter, "abcd", 1, chipNow) == EEXIST);
	size_t size = stun_message(message, STUN_REQUEST, 1, "abcd:other");
	uint64_t begin = chip_instructions();
	rtc_stun_verdict verdict = rtc_stun_filter_check(&filter, message, size, chipNow, &length, &owner);
	chip_result("stun-request", chip_instructions() - begin);
	CHECK(verdict == RTC_STUN_PASS && length == size);
	size = stun_message(message, STUN_REQUEST, 2, "stranger:other");
	begin = chip_instructions();
	verdict = rtc_stun_filter_check(&filter, message, size, chipNow, &length, &owner);
	chip_result("stun-stranger", chip_instructions() - begin);
	CHECK(verdict == RTC_STUN_UNKNOWN);
	// An answer passes if it was asked for.
	size = stun_message(message, STUN_SUCCESS, 3, NULL);
	CHECK(rtc_stun_filter_check(&filter, message, size, chipNow, &length, &owner) == RTC_STUN_UNKNOWN);
	size = stun_message(message, STUN_REQUEST, 3, "abcd:other");
	rtc_stun_filter_sent(&filter, message, size, 2, chipNow);
	size = stun_message(message, STUN_SUCCESS, 3, NULL);
	begin = chip_instructions();
	verdict = rtc_stun_filter_check(&filter, message, size, chipNow, &length, &owner);
	chip_result("stun-answer", chip_instructions() - begin);
	CHECK(verdict == RTC_STUN_PASS);
	// More than its rate is dropped.
	unsigned passed = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		size = stun_message(message, STUN_REQUEST, 10 + i, "abcd:other");
		passed += rtc_stun_filter_check(&filter, message, size, chipNow, &length, &owner) == RTC_STUN_PASS;
	}
	CHECK(passed > 0 && passed <= RTC_STUN_RATE);
}

// SPS, PPS and one slice, in Annex B form.
static size_t access_unit(uint8_t *data, size_t slice)
{
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 1, 2, 3, 4, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
	size_t size = sizeof sets;
	memcpy(data, sets, size);
	memcpy(data + size, "\0\0\0\1\x65", 5);
	size += 5;
	for (size_t i = 0; i < slice; i++)
		data[size++] = (uint8_t)(i * 7 + 1) ? (uint8_t)(i * 7 + 1) : 1;
	return size;
}

static void packetize(const char *name, size_t slice)
{
	uint8_t *data = malloc(slice + 64), payload[1200];
	rtc_nal_packetizer packetizer;
	int marker = 0;
	unsigned packets = 0;
	size_t size = access_unit(data, slice), bytes = 0, length;
	uint64_t begin = chip_instructions();
	CHECK(rtc_h264_packetizer_init(&packetizer, data, size, 1, sizeof payload) == 0);
	while ((length = rtc_nal_packetizer_next(&packetizer, payload, &marker))) {
		packets++;
		bytes += length;
	}
	uint64_t spent = chip_instructions() - begin;
	CHECK(marker && packets == 1 + (slice + 1197) / 1198 && bytes > slice);
	chip_result(name, spent / packets);
	free(data);
}

// What the transport takes: once, and for each path.
static void sizes(void)
{
	chip_result("size-path", sizeof(struct rtc_path));
	size_t buffers = RTC_RECEIVE_BATCH * RTC_RECEIVE_ROOM + RTC_TRANSMIT_BATCH * RTC_TRANSMIT_SIZE;
	chip_result("size-transport", sizeof(struct rtc_transport) + sizeof(rtc_stun_filter) + buffers);
}

int main(void)
{
	sizes();
	stun();
	packetize("h264-packet", 20000);
	printf("done\n");
	return 0;
}
