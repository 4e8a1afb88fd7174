// SPDX-License-Identifier: Apache-2.0
// What is packetized comes out again as a plain reader of Annex B sees it, whatever the bytes; in packets of their
// size.
#include <stdint.h>
#include <stdlib.h>
#include "h264_reference.h"
#include "rtc_h264.h"
#include "rtc_rtp.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static reference_output outputFor(size_t size)
{
	// A start code of three bytes is written with four.
	reference_output output = {.data = malloc(2 * size + 8), .capacity = 2 * size + 8};
	CHECK(output.data);
	return output;
}

static int smallest(const reference_output *read, size_t maximum)
{
	size_t unit = 0; // whether all units fit
	for (size_t i = 4, begin = 4; i <= read->size; i++)
		if (i == read->size || (read->size - i >= 4 && !memcmp(read->data + i, "\0\0\0\1", 4))) {
			unit = i - begin > unit ? i - begin : unit;
			begin = i + 4;
			i += 4;
		}
	return unit <= maximum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	uint8_t mode = data[0] & 1;
	uint16_t maximum = (uint16_t)(RTC_H264_PAYLOAD_MINIMUM + (data[0] >> 1) * 8 + data[1]);
	data += 2;
	size -= 2;
	reference_output read = outputFor(size), got = outputFor(size);
	CHECK(referenceRead(&read, data, size) == 0);
	rtc_nal_packetizer packetizer;
	int marker = 0;
	if (rtc_h264_packetizer_init(&packetizer, data, size, mode, maximum)) {
		CHECK(!read.units || (!mode && !smallest(&read, maximum)));
	} else {
		uint8_t *buffer = malloc(maximum); // of exact size, for the sanitizer
		CHECK(buffer);
		while (!marker) {
			size_t length = rtc_nal_packetizer_next(&packetizer, buffer, &marker);
			CHECK(length && length <= maximum && referenceDepacketize(&got, buffer, length) == 0);
			CHECK(mode || ((buffer[0] & 0x1f) < 24 && buffer[0] & 0x1f));
		}
		CHECK(!rtc_nal_packetizer_next(&packetizer, buffer, &marker) && !got.open);
		CHECK(got.size == read.size && !memcmp(got.data, read.data, got.size));
		free(buffer);
	}
	free(read.data);
	free(got.data);
	return 0;
}
