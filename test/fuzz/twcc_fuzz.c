// SPDX-License-Identifier: Apache-2.0
// Transport-wide feedback: what is well-formed can be walked to its end, within its bytes and its count.
#include <stdlib.h>
#include <string.h>
#include "rtc_twcc.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rtc_twcc_reader reader;
	rtc_twcc_packet packet;
	uint8_t *body = malloc(size ? size : 1); // its end is the end of what may be read
	memcpy(body, data, size);
	if (!rtc_twcc_begin(&reader, body, size)) {
		uint16_t count = 0;
		CHECK(reader.count && reader.count <= RTC_TWCC_PACKETS);
		for (; rtc_twcc_next(&reader, &packet); count++) {
			CHECK(packet.sequence == (uint16_t)(reader.base + count));
			CHECK(packet.received || !packet.delta);
		}
		CHECK(count == reader.count && reader.delta <= body + size);
	}
	free(body);
	return 0;
}
