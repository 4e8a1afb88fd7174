// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "h264_reference.h"
#include "rtc_h264.h"

#define MTU 1168
#define ROOM 65536

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

// Appends a NAL unit as an encoder writes it: no start code inside, no zero at its end.
static size_t appendNal(uint8_t *data, size_t codeSize, uint8_t header, size_t size)
{
	memset(data, 0, codeSize);
	data[codeSize - 1] = 1;
	uint8_t *nal = data + codeSize;
	nal[0] = header;
	for (size_t i = 1; i < size; i++) {
		nal[i] = draw(8) ? (uint8_t)draw(256) : 0;
		if (i > 2 && !nal[i - 1] && !nal[i - 2] && nal[i] < 4)
			nal[i] = 4;
	}
	nal[size - 1] |= size > 1;
	return codeSize + size;
}

typedef struct {
	uint8_t payloads[96][MTU];
	size_t sizes[96];
	size_t count;
} packets;

// Packetizes, and checks what holds for every access unit. Payloads go to heap blocks of exact size, so that the
// sanitizer sees what is written behind.
static void roundTrip(packets *out, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	static uint8_t expected[ROOM], got[ROOM];
	reference_output read = {.data = expected, .capacity = ROOM}, depacketized = {.data = got, .capacity = ROOM};
	uint8_t *copy = malloc(size), *buffer = malloc(maximum);
	memcpy(copy, data, size);
	rtc_nal_packetizer packetizer;
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, copy, size, mode, maximum), 0);
	int marker = 0;
	size_t length;
	out->count = 0;
	while ((length = rtc_nal_packetizer_next(&packetizer, buffer, &marker))) {
		assert_true(length <= maximum && out->count < 96);
		memcpy(out->payloads[out->count], buffer, length);
		out->sizes[out->count++] = length;
		assert_int_equal(referenceDepacketize(&depacketized, buffer, length), 0);
		if (marker)
			break;
	}
	assert_true(marker);
	assert_int_equal(rtc_nal_packetizer_next(&packetizer, buffer, &marker), 0);
	assert_false(depacketized.open);
	assert_int_equal(referenceRead(&read, data, size), 0);
	assert_int_equal(depacketized.size, read.size);
	assert_memory_equal(got, expected, read.size);
	free(copy);
	free(buffer);
}

static void fragmentsOfEverySize(void **state)
{
	(void)state;
	static uint8_t data[4 * MTU];
	static packets out;
	for (size_t size = 1; size <= 3 * MTU + 8; size++) {
		size_t total = appendNal(data, 4, 0x65, size);
		roundTrip(&out, data, total, 1, MTU);
		if (size <= MTU) {
			assert_int_equal(out.count, 1);
			assert_int_equal(out.payloads[0][0], 0x65);
			continue;
		}
		assert_int_equal(out.count, (size - 1 + MTU - 3) / (MTU - 2)); // the fewest
		for (size_t i = 0; i < out.count; i++) {
			assert_int_equal(out.payloads[i][0], 0x7c); // NRI 3, FU-A
			assert_int_equal(out.payloads[i][1], (i == 0 ? 0x85 : i == out.count - 1 ? 0x45 : 0x05));
			if (i < out.count - 1)
				assert_int_equal(out.sizes[i], out.sizes[0]);
			else
				assert_true(out.sizes[i] <= out.sizes[0] && out.sizes[i] + out.count > out.sizes[0]);
		}
	}
}

static void aggregatesParameterSets(void **state)
{
	(void)state;
	static const uint8_t unit[] = {0, 0, 0, 1, 0x27, 0x42, 0xe0, 0, 0, 0, 1, 0x48, 0xce, 0, 0, 1, 0x06, 0x05};
	static const uint8_t expected[] = {0x58, 0, 3, 0x27, 0x42, 0xe0, 0, 2, 0x48, 0xce, 0, 2, 0x06, 0x05};
	static uint8_t data[2 * MTU];
	static packets out;
	memcpy(data, unit, sizeof unit);
	size_t size = sizeof unit + appendNal(data + sizeof unit, 3, 0x65, MTU);
	roundTrip(&out, data, size, 1, MTU);
	assert_int_equal(out.count, 2);
	assert_int_equal(out.sizes[0], sizeof expected);
	assert_memory_equal(out.payloads[0], expected, sizeof expected);
	assert_int_equal(out.sizes[1], MTU);
}

static void aggregateFillsThePayload(void **state)
{
	(void)state;
	static uint8_t data[2 * MTU];
	static packets out;
	for (size_t second = MTU - 110; second <= MTU - 100; second++) { // 1 + 2 + 100 + 2 + second against MTU
		size_t size = appendNal(data, 4, 0x67, 100);
		size += appendNal(data + size, 4, 0x61, second);
		roundTrip(&out, data, size, 1, MTU);
		assert_int_equal(out.count, 105 + second <= MTU ? 1 : 2);
	}
}

static void forbiddenBitAndImportance(void **state)
{
	(void)state;
	static const uint8_t data[] = {0, 0, 1, 0x01, 1, 0, 0, 1, 0x81, 1, 0, 0, 1, 0x21, 1};
	static packets out;
	roundTrip(&out, data, sizeof data, 1, MTU);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.payloads[0][0], 0x80 | 0x20 | 24);
}

static void leavesOutWhatIsNotSent(void **state)
{
	(void)state;
	// Delimiter, filler, an empty unit, types 0, 24 and 28, and one slice, with zeros before, between and after.
	static const uint8_t data[] = {0, 0, 0,  0, 1, 9, 0xf0, 0,  0, 0, 1, 12, 0xff, 0x80, 0,    0, 1, 0, 0, 1, 0, 1, 0,
								   0, 1, 24, 1, 0, 0, 1,    28, 1, 0, 0, 0,  0,    1,    0x41, 0, 0, 3, 7, 0, 0, 0};
	static const uint8_t expected[] = {0x41, 0, 0, 3, 7};
	static packets out;
	roundTrip(&out, data, sizeof data, 1, MTU);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.sizes[0], sizeof expected);
	assert_memory_equal(out.payloads[0], expected, sizeof expected);
}

static void nothingToSend(void **state)
{
	(void)state;
	static const uint8_t noCode[] = {0x65, 1, 2, 3}, delimiter[] = {0, 0, 1, 9, 0xf0}, code[] = {0, 0, 1};
	rtc_nal_packetizer packetizer;
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, noCode, sizeof noCode, 1, MTU), EINVAL);
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, delimiter, sizeof delimiter, 1, MTU), EINVAL);
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, code, sizeof code, 0, MTU), EINVAL);
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, code, 0, 1, MTU), EINVAL);
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, NULL, 0, 1, MTU), EINVAL);
}

static void modeZeroSendsSingleUnits(void **state)
{
	(void)state;
	static uint8_t data[4 * MTU];
	static packets out;
	size_t size = appendNal(data, 4, 0x67, 10);
	size += appendNal(data + size, 4, 0x68, 4);
	size += appendNal(data + size, 3, 0x65, MTU);
	roundTrip(&out, data, size, 0, MTU);
	assert_int_equal(out.count, 3);
	size += appendNal(data + size, 3, 0x65, MTU + 1);
	rtc_nal_packetizer packetizer;
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, data, size, 0, MTU), EMSGSIZE);
}

static void randomAccessUnits(void **state)
{
	(void)state;
	static uint8_t data[ROOM];
	static packets out;
	for (seed = 0; seed < 1000;) {
		uint32_t run = seed;
		size_t size = 0, count = 1 + draw(12);
		for (size_t i = 0; i < count; i++) {
			size_t length = draw(3) ? 1 + draw(120) : 1 + draw(3 * MTU);
			uint8_t header = (uint8_t)(draw(4) << 5 | (1 + draw(23)));
			size += appendNal(data + size, 3 + draw(3), header, length);
		}
		size += appendNal(data + size, 3, 0x41, 1 + draw(50));
		roundTrip(&out, data, size, 1, (uint16_t)(600 + draw(MTU - 599)));
		seed = run + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragmentsOfEverySize),     cmocka_unit_test(aggregatesParameterSets),
		cmocka_unit_test(aggregateFillsThePayload), cmocka_unit_test(forbiddenBitAndImportance),
		cmocka_unit_test(leavesOutWhatIsNotSent),   cmocka_unit_test(nothingToSend),
		cmocka_unit_test(modeZeroSendsSingleUnits), cmocka_unit_test(randomAccessUnits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
