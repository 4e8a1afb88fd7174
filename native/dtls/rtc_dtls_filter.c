// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_filter.h"

#include <string.h>
#include "rtc_dtls_reassembly.h"

// RFC 5246 section 6.2.1, 7.2 and 7.4
enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22 };
enum { FATAL = 2, CLOSE_NOTIFY = 0 };
enum { HELLO_REQUEST = 0 };
#define VERSION_MAJOR 254     // DTLS 1.x on the wire (RFC 6347 section 4.1)
#define LARGEST_MESSAGE 16384 // bytes of its body; certificates take the most, some thousand

static uint32_t read24(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

// The messages and fragments of a handshake record (RFC 6347 section 4.2.2).
static int areMessages(const uint8_t *body, size_t size)
{
	if (!size)
		return 0;
	while (size) {
		if (size < RTC_DTLS_HANDSHAKE_HEADER)
			return 0;
		uint32_t length = read24(body + 1), offset = read24(body + 6), count = read24(body + 9);
		if (body[0] == HELLO_REQUEST || length > LARGEST_MESSAGE || offset > length || count > length - offset ||
			count > size - RTC_DTLS_HANDSHAKE_HEADER)
			return 0;
		body += RTC_DTLS_HANDSHAKE_HEADER + count;
		size -= RTC_DTLS_HANDSHAKE_HEADER + count;
	}
	return 1;
}

static int passes(const uint8_t *record, size_t size, int *alert)
{
	const uint8_t *body = record + RTC_DTLS_RECORD_HEADER;
	if (record[1] != VERSION_MAJOR)
		return 0;
	if (record[3] || record[4]) // encrypted: the library discards what is not authentic
		return 1;
	switch (record[0]) {
	case HANDSHAKE:
		return areMessages(body, size);
	case CHANGE_CIPHER_SPEC:
		return size == 1 && body[0] == 1;
	case ALERT:
		if (size == 2 && (body[0] == FATAL || body[1] == CLOSE_NOTIFY))
			*alert = body[1];
		return 0;
	default:
		return 0;
	}
}

size_t rtc_dtls_filter(uint8_t *data, size_t size, int *alert)
{
	size_t kept = 0, place = 0;
	*alert = RTC_DTLS_NO_ALERT;
	while (size - place >= RTC_DTLS_RECORD_HEADER) {
		uint8_t *record = data + place;
		size_t length = (size_t)record[11] << 8 | record[12];
		if (length > size - place - RTC_DTLS_RECORD_HEADER)
			break;
		size_t whole = RTC_DTLS_RECORD_HEADER + length;
		if (passes(record, length, alert)) {
			memmove(data + kept, record, whole);
			kept += whole;
		}
		place += whole;
	}
	return kept;
}
