// SPDX-License-Identifier: Apache-2.0
// Datagrams for the reassembly of a ClientHello: each is as long as its first two bytes say. What comes out is a record
// of one whole message of the length that its header says.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_dtls_reassembly.h"

#define HEADERS (RTC_DTLS_RECORD_HEADER + RTC_DTLS_HANDSHAKE_HEADER)
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rtc_dtls_reassembly *it = malloc(sizeof *it);
	rtc_dtls_reassembly_init(it);
	while (size >= 2) {
		size_t length = ((size_t)data[0] << 8 | data[1]) % 1500, room = HEADERS + RTC_DTLS_HELLO_MAXIMUM;
		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		// Of their own sizes, so that a byte too far is seen.
		uint8_t *datagram = malloc(length + 1), *output = malloc(room);
		memcpy(datagram, data, length);
		size_t whole = rtc_dtls_reassembly_add(it, datagram, length, output, room);
		CHECK(it->missing <= it->length && it->length <= RTC_DTLS_HELLO_MAXIMUM);
		if (whole) {
			size_t body = (size_t)output[14] << 16 | (size_t)output[15] << 8 | output[16];
			CHECK(whole == HEADERS + body && body == it->length && !it->missing);
			CHECK(output[0] == 22 && output[1] == 254 && !output[3] && !output[4] && output[13] == 1);
			CHECK(whole == RTC_DTLS_RECORD_HEADER + ((size_t)output[11] << 8 | output[12]));
			CHECK(!memcmp(output + 14, output + 22, 3) && !output[19] && !output[20] && !output[21]);
			rtc_dtls_reassembly_init(it);
			CHECK(rtc_dtls_reassembly_add(it, output, whole, output, room) == whole); // and it is taken in whole
			rtc_dtls_reassembly_init(it);
		}
		free(datagram);
		free(output);
		data += length;
		size -= length;
	}
	free(it);
	return 0;
}
