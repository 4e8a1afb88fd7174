// SPDX-License-Identifier: Apache-2.0
// The payload formats of H.265 (RFC 7798) and VP8 (RFC 7741): bytes as the standards have them, any frame in packets of
// any size and back, and what is no payload. H.264's are in rtp_h264_test.c and assembly_test.c.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_depacketizer.h"
#include "rtc_payload.h"

#define ROOM 20000

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

typedef struct {
	size_t count, sizes[64];
	uint8_t payloads[64][1200];
} cut;

static void divide(const rtc_payload_format *format, const uint8_t *data, size_t size, uint16_t most, cut *into)
{
	rtc_payload_state state;
	int last = 0;
	into->count = 0;
	assert_int_equal(format->begin(&state, data, size, 0, most), 0);
	while (!last) {
		uint8_t *payload = malloc(most);
		assert_true(into->count < 64);
		size_t length = format->next(&state, payload, &last);
		assert_true(length && length <= most);
		memcpy(into->payloads[into->count], payload, length);
		into->sizes[into->count++] = length;
		free(payload);
	}
	uint8_t more[1200];
	assert_int_equal(format->next(&state, more, &last), 0);
}

static int join(const rtc_depacketizer *format, const cut *from, rtc_unit *unit, uint8_t *data)
{
	rtc_unit_begin(unit, data, ROOM);
	for (size_t i = 0; i < from->count; i++) {
		uint8_t *payload = malloc(from->sizes[i]);
		memcpy(payload, from->payloads[i], from->sizes[i]);
		int error = format->append(unit, payload, from->sizes[i]);
		free(payload);
		if (error)
			return error;
	}
	return format->end(unit);
}

static void h265AsTheStandardHasIt(void **unused)
{
	(void)unused;
	// VPS, SPS, PPS, and a slice of an IDR picture of 16 bytes: an aggregate, then fragments.
	static const uint8_t frame[] = {0,  0,  0,  1,    0x40, 1,  1,  0,  0,  0,  1,    0x42, 1,    2,
									0,  0,  1,  0x44, 1,    3,  0,  0,  0,  1,  0x26, 1,    0x80, 11,
									12, 13, 14, 15,   16,   17, 18, 19, 20, 21, 22,   23,   24,   25};
	static const uint8_t aggregate[] = {0x60, 1, 0, 3, 0x40, 1, 1, 0, 3, 0x42, 1, 2};
	static const uint8_t first[] = {0x62, 1, 0x80 | 19, 0x80, 11, 12, 13, 14, 15, 16, 17};
	static const uint8_t last[] = {0x62, 1, 0x40 | 19, 18, 19, 20, 21, 22, 23, 24, 25};
	const rtc_depacketizer *format = &rtc_depacketizer_h265;
	uint8_t data[ROOM];
	rtc_unit unit = {.size = 0};
	cut it;
	divide(&rtc_payload_h265, frame, sizeof frame, 16, &it);
	assert_int_equal(it.count, 4);
	assert_memory_equal(it.payloads[0], aggregate, sizeof aggregate);
	assert_memory_equal(it.payloads[1], "\x44\1\3", 3);
	assert_memory_equal(it.payloads[2], first, sizeof first);
	assert_memory_equal(it.payloads[3], last, sizeof last);
	assert_int_equal(format->beginsKey(it.payloads[0], it.sizes[0]), RTC_BEGINS);
	assert_int_equal(format->beginsKey(it.payloads[1], it.sizes[1]), 0);
	assert_int_equal(format->beginsKey(it.payloads[2], it.sizes[2]), RTC_MAY_BEGIN);
	assert_int_equal(format->beginsKey(it.payloads[3], it.sizes[3]), 0);
	assert_int_equal(join(format, &it, &unit, data), 0);
	assert_true(unit.isKey && unit.hasPicture &&
				unit.size == sizeof frame + 1); // a start code of three bytes became one of four
	assert_memory_equal(unit.data, frame, 14);
	// The next key frame comes without: they are put before it.
	it.count = 2;
	memcpy(it.payloads[0], first, it.sizes[0] = sizeof first);
	memcpy(it.payloads[1], last, it.sizes[1] = sizeof last);
	assert_int_equal(join(format, &it, &unit, data), 0);
	assert_true(unit.size == sizeof frame + 1 && !memcmp(unit.data + 4, "\x40\1\1", 3));
	// Where there is no room for them it is told.
	uint32_t alone = unit.size - 21; // without the three, which have start codes of four bytes
	uint8_t *narrow = malloc(alone);
	rtc_unit_begin(&unit, narrow, alone);
	for (int i = 0; i < 2; i++)
		assert_int_equal(format->append(&unit, it.payloads[i], it.sizes[i]), 0);
	assert_int_equal(unit.size, alone);
	assert_int_equal(format->end(&unit), EMSGSIZE);
	free(narrow);
	// Without parameters ever it is no key frame that anybody can decode.
	memset(&unit, 0, sizeof unit);
	assert_int_equal(join(format, &it, &unit, data), EBADMSG);
}

// Of an aggregate the lowest layer and the lowest TID are told (section 4.4.2).
static void h265AggregatesTellTheLowest(void **unused)
{
	(void)unused;
	static const uint8_t frame[] = {0, 0, 1, 0x02, 0x1b, 5, 0, 0, 1, 0x02, 0x0a, 6, 0, 0, 1, 0x82, 0x0c, 7};
	cut it;
	divide(&rtc_payload_h265, frame, sizeof frame, 100, &it);
	assert_int_equal(it.count, 1);
	assert_memory_equal(it.payloads[0], "\xe0\x0a", 2);
}

static void malformedH265IsRefused(void **unused)
{
	(void)unused;
	static const struct {
		int error;
		size_t size;
		uint8_t payload[12];
	} cases[] = {
		{EBADMSG, 0, {0}},
		{EBADMSG, 1, {0x02}},
		{0, 2, {0x02, 1}},
		{EBADMSG, 3, {0x64, 1, 1}}, // PACI
		{EBADMSG, 3, {0x7e, 1, 1}},
		{EBADMSG, 2, {0x60, 1}}, // an aggregate of nothing
		{EBADMSG, 4, {0x60, 1, 0, 0}},
		{EBADMSG, 5, {0x60, 1, 0, 1, 0x02}},       // half a header
		{EBADMSG, 6, {0x60, 1, 0, 3, 0x02, 1}},    // longer than there is
		{EBADMSG, 7, {0x60, 1, 0, 2, 0x02, 1, 0}}, // a rest
		{EBADMSG, 7, {0x60, 1, 0, 3, 0x60, 1, 0}}, // one in another
		{0, 6, {0x60, 1, 0, 2, 0x02, 1}},
		{EBADMSG, 3, {0x62, 1, 0x81}},         // nothing in it
		{EBADMSG, 4, {0x62, 1, 0x01, 1}},      // without a beginning
		{EBADMSG, 4, {0x62, 1, 0x80 | 49, 1}}, // of a fragment
		{0, 4, {0x62, 1, 0xc1, 1}},
		{0, 4, {0x62, 1, 0x81, 1}},
	};
	rtc_unit unit = {.size = 0};
	uint8_t data[64];
	const rtc_depacketizer *format = &rtc_depacketizer_h265;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t *payload = malloc(cases[i].size);
		memcpy(payload, cases[i].payload, cases[i].size);
		rtc_unit_begin(&unit, data, sizeof data);
		assert_int_equal(format->append(&unit, payload, cases[i].size), cases[i].error);
		(void)format->beginsKey(payload, cases[i].size);
		free(payload);
	}
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x02\1", 2), EBADMSG); // in the middle of fragments
	assert_int_equal(format->end(&unit), EBADMSG);
	rtc_unit_begin(&unit, data, 7);
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x02\1\1\1", 4), EMSGSIZE);
	assert_int_equal(format->beginsKey((const uint8_t *)"\x62\1\xa0", 3), 0); // a fragment of nothing
	// What the standard reserves for pictures is one, and none to begin with.
	for (uint8_t type = 22; type < 32; type++) {
		const uint8_t reserved[] = {(uint8_t)(type << 1), 1, 0x80};
		rtc_unit_begin(&unit, data, sizeof data);
		assert_int_equal(format->append(&unit, reserved, sizeof reserved), 0);
		assert_true(unit.hasPicture && !unit.isKey && !format->beginsKey(reserved, sizeof reserved));
	}
}

static void vp8AsTheStandardHasIt(void **unused)
{
	(void)unused;
	static const uint8_t frame[] = {0x10, 2, 3, 0x9d, 1, 0x2a, 7, 8, 9, 10, 11, 12};
	const rtc_depacketizer *format = &rtc_depacketizer_vp8;
	uint8_t data[ROOM];
	rtc_unit unit = {.size = 0};
	cut it;
	divide(&rtc_payload_vp8, frame, sizeof frame, 8, &it);
	assert_int_equal(it.count, 2); // of equal sizes
	assert_memory_equal(it.payloads[0], "\x10\x10\2\3\x9d\1\x2a", 7);
	assert_memory_equal(it.payloads[1], "\0\7\x08\x09\x0a\x0b\x0c", 7);
	assert_true(format->beginsKey(it.payloads[0], 7) == RTC_BEGINS && !format->beginsKey(it.payloads[1], 7));
	assert_int_equal(join(format, &it, &unit, data), 0);
	assert_true(unit.isKey && unit.size == sizeof frame && !memcmp(unit.data, frame, sizeof frame));
	// With all that a descriptor may have, a long and a short number, another partition.
	static const uint8_t whole[] = {0x90, 0xf0, 0x81, 2, 3, 0x40, 0x11, 1};
	static const uint8_t part[] = {0x91, 0x80, 0x05, 0x22};
	rtc_unit_begin(&unit, data, ROOM);
	assert_int_equal(format->append(&unit, whole, sizeof whole), 0);
	assert_int_equal(format->append(&unit, part, sizeof part), 0);
	assert_true(unit.size == 3 && !memcmp(unit.data, "\x11\1\x22", 3) && !unit.isKey && !format->end(&unit));
	assert_false(format->beginsKey(whole, sizeof whole)); // it refers to others
}

static void malformedVp8IsRefused(void **unused)
{
	(void)unused;
	static const struct {
		int error;
		size_t size;
		uint8_t payload[8];
	} cases[] = {
		{EBADMSG, 0, {0}},
		{EBADMSG, 1, {0x10}},
		{EBADMSG, 2, {0x90, 0x80}},
		{EBADMSG, 3, {0x90, 0x80, 0x80}},
		{EBADMSG, 4, {0x90, 0x80, 0x80, 1}},
		{EBADMSG, 3, {0x90, 0xc0, 1}},
		{EBADMSG, 5, {0x90, 0xf0, 0x80, 1, 2}},
		{EBADMSG, 3, {0x90, 0x20, 1}},
		{0, 3, {0x90, 0, 1}},
		{EBADMSG, 3, {0x90, 0x10, 1}}, // the number of a key frame, and nothing
		{0, 4, {0x90, 0x10, 1, 1}},
		{EBADMSG, 2, {0x00, 1}}, // does not begin a frame
		{EBADMSG, 2, {0x11, 1}},
		{EBADMSG, 2, {0x00, 2}}, // nor would it, were it the first byte of a key frame's
		{EBADMSG, 2, {0x11, 2}},
	};
	rtc_unit unit = {.size = 0};
	uint8_t data[16];
	const rtc_depacketizer *format = &rtc_depacketizer_vp8;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t *payload = malloc(cases[i].size);
		memcpy(payload, cases[i].payload, cases[i].size);
		rtc_unit_begin(&unit, data, sizeof data);
		assert_int_equal(format->append(&unit, payload, cases[i].size), cases[i].error);
		assert_false(cases[i].error == EBADMSG && format->beginsKey(payload, cases[i].size));
		free(payload);
	}
	rtc_unit_begin(&unit, data, 2);
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x10\1\2", 3), 0);
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x10\1", 2), EBADMSG); // it begins again
	assert_int_equal(format->append(&unit, (const uint8_t *)"\0\1", 2), EMSGSIZE);
	rtc_unit_begin(&unit, data, sizeof data);
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x10\0\2\3\4\5\6\7\x08\x09\x0a", 11), 0);
	assert_int_equal(format->end(&unit), EBADMSG); // a key frame without its code
	for (size_t size = 1; size <= 10; size++) {    // or without its size
		rtc_unit_begin(&unit, data, sizeof data);
		assert_int_equal(format->append(&unit, (const uint8_t *)"\x10\0\2\3\x9d\1\x2a\7\x08\x09\x0a", 1 + size), 0);
		assert_int_equal(format->end(&unit), size < 10 ? EBADMSG : 0);
	}
}

static void anyFrameInPacketsOfAnySize(void **unused)
{
	(void)unused;
	static uint8_t frame[4000], data[ROOM], again[ROOM];
	cut it;
	for (int i = 0; i < 2000; i++) {
		int isVp8 = i & 1;
		size_t size = 0;
		uint16_t most = (uint16_t)(64 + draw(1100));
		rtc_unit unit = {.size = 0};
		if (isVp8) {
			size = 12 + draw(sizeof frame - 12);
			for (size_t j = 0; j < size; j++)
				frame[j] = (uint8_t)draw(256);
			frame[0] |= 1;
		} else
			for (uint32_t units = 1 + draw(5); units; units--) {
				memcpy(frame + size, "\0\0\0\1", 4);
				frame[size + 4] = (uint8_t)(draw(16) << 1);
				frame[size + 5] = 1;
				size_t length = 1 + draw(600);
				for (size_t j = 0; j < length; j++)
					frame[size + 6 + j] = (uint8_t)(1 + draw(255));
				size += 6 + length;
			}
		const rtc_payload_format *format = isVp8 ? &rtc_payload_vp8 : &rtc_payload_h265;
		divide(format, frame, size, most, &it);
		assert_int_equal(join(format->depacketizer, &it, &unit, i % 4 < 2 ? data : again), 0);
		assert_true(unit.size == size && !memcmp(unit.data, frame, size) && !unit.isKey);
	}
	rtc_payload_state state;
	assert_int_equal(rtc_payload_vp8.begin(&state, frame, 0, 0, 100), EINVAL);
	assert_int_equal(rtc_payload_h265.begin(&state, frame, 0, 0, 100), EINVAL);
	assert_int_equal(rtc_payload_h265.begin(&state, (const uint8_t *)"\0\0\1\x46\1\x50", 6, 0, 100),
					 EINVAL); // a delimiter
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h265AsTheStandardHasIt), cmocka_unit_test(h265AggregatesTellTheLowest),
		cmocka_unit_test(malformedH265IsRefused), cmocka_unit_test(vp8AsTheStandardHasIt),
		cmocka_unit_test(malformedVp8IsRefused),  cmocka_unit_test(anyFrameInPacketsOfAnySize),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
