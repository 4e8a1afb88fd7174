// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_reassembly.h"

#include <string.h>

#define CONTENT_HANDSHAKE 22 // RFC 5246 section 6.2.1
#define HANDSHAKE_CLIENT_HELLO 1
#define VERSION_MAJOR 254 // DTLS 1.x on the wire (RFC 6347 section 4.1)

static uint32_t read24(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

static void write24(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 16);
	bytes[1] = (uint8_t)(value >> 8);
	bytes[2] = (uint8_t)value;
}

static void write16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

void rtc_dtls_reassembly_init(rtc_dtls_reassembly *it)
{
	memset(it, 0, sizeof *it);
}

static void begin(rtc_dtls_reassembly *it, uint16_t messageSequence, uint32_t length)
{
	memset(it->present, 0, sizeof it->present);
	it->messageSequence = messageSequence;
	it->length = it->missing = length;
	it->recordSequence = 0;
}

// The first bytes to come for a place stay: a later overlap cannot change what is there. Returns how many were new.
static uint32_t fill(rtc_dtls_reassembly *it, uint32_t offset, const uint8_t *data, uint32_t size)
{
	uint32_t missing = it->missing;
	for (uint32_t i = 0; i < size; i++) {
		uint32_t place = offset + i;
		uint8_t bit = (uint8_t)(1 << (place & 7));
		if (it->present[place >> 3] & bit)
			continue;
		it->present[place >> 3] |= bit;
		it->body[place] = data[i];
		it->missing--;
	}
	return missing - it->missing;
}

// One handshake message, or fragment of one, at `data`. Returns its size with the header, 0 when it is malformed.
static uint32_t addFragment(rtc_dtls_reassembly *it, const uint8_t *record, const uint8_t *data, uint32_t size)
{
	if (size < RTC_DTLS_HANDSHAKE_HEADER)
		return 0;
	uint32_t length = read24(data + 1), offset = read24(data + 6), count = read24(data + 9);
	uint16_t messageSequence = (uint16_t)(data[4] << 8 | data[5]);
	if (count > size - RTC_DTLS_HANDSHAKE_HEADER || offset > length || count > length - offset)
		return 0;
	if (data[0] == HANDSHAKE_CLIENT_HELLO && length && length <= RTC_DTLS_HELLO_MAXIMUM) {
		// Another message than the one begun: its sender has started anew.
		if (it->length != length || it->messageSequence != messageSequence)
			begin(it, messageSequence, length);
		if (fill(it, offset, data + RTC_DTLS_HANDSHAKE_HEADER, count)) {
			uint64_t sequence = (uint64_t)read24(record + 5) << 24 | read24(record + 8);
			if (sequence > it->recordSequence)
				it->recordSequence = sequence;
			it->version = (uint16_t)(record[1] << 8 | record[2]);
		}
	}
	return RTC_DTLS_HANDSHAKE_HEADER + count;
}

// Mbed TLS marks the record's sequence number as seen, so it must be one that no retransmission has: the highest.
static size_t emit(rtc_dtls_reassembly *it, uint8_t *output, size_t outputSize)
{
	uint32_t message = RTC_DTLS_HANDSHAKE_HEADER + it->length;
	uint8_t *handshake = output + RTC_DTLS_RECORD_HEADER;
	if (outputSize < RTC_DTLS_RECORD_HEADER + message)
		return 0;
	output[0] = CONTENT_HANDSHAKE;
	write16(output + 1, it->version);
	write16(output + 3, 0); // epoch
	write24(output + 5, (uint32_t)(it->recordSequence >> 24));
	write24(output + 8, (uint32_t)it->recordSequence);
	write16(output + 11, message);
	handshake[0] = HANDSHAKE_CLIENT_HELLO;
	write24(handshake + 1, it->length);
	write16(handshake + 4, it->messageSequence);
	write24(handshake + 6, 0);
	write24(handshake + 9, it->length);
	memcpy(handshake + RTC_DTLS_HANDSHAKE_HEADER, it->body, it->length);
	return RTC_DTLS_RECORD_HEADER + message;
}

size_t rtc_dtls_reassembly_add(rtc_dtls_reassembly *it, const uint8_t *data, size_t size, uint8_t *output,
							   size_t outputSize)
{
	while (size >= RTC_DTLS_RECORD_HEADER) {
		const uint8_t *record = data;
		uint32_t length = (uint32_t)record[11] << 8 | record[12];
		if (length > size - RTC_DTLS_RECORD_HEADER)
			break;
		data += RTC_DTLS_RECORD_HEADER + length;
		size -= RTC_DTLS_RECORD_HEADER + length;
		// Epoch 0 only: nothing is encrypted yet.
		if (record[0] != CONTENT_HANDSHAKE || record[1] != VERSION_MAJOR || record[3] || record[4])
			continue;
		const uint8_t *fragment = record + RTC_DTLS_RECORD_HEADER;
		while (length) {
			uint32_t used = addFragment(it, record, fragment, length);
			if (!used)
				break;
			fragment += used;
			length -= used;
		}
		if (it->length && !it->missing)
			return emit(it, output, outputSize);
	}
	return 0;
}
