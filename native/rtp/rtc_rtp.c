// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp.h"

#include <string.h>

#define VERSION 0x80
#define PADDING 0x20
#define EXTENSION 0x10
#define ONE_BYTE_PROFILE 0xbede // RFC 8285 section 4.2

size_t rtc_rtp_write_header(uint8_t header[RTC_RTP_HEADER_MAXIMUM], uint8_t payloadType, uint32_t ssrc, uint8_t midId,
							const char *mid)
{
	size_t length = midId ? strnlen(mid, RTC_RTP_MID) : 0;
	memset(header, 0, RTC_RTP_HEADER_MAXIMUM);
	header[0] = VERSION;
	header[1] = payloadType;
	rtc_rtp_put32(header + 8, ssrc);
	if (!length)
		return RTC_RTP_HEADER;
	size_t words = (1 + length + 3) / 4;
	header[0] |= EXTENSION;
	rtc_rtp_put16(header + 12, ONE_BYTE_PROFILE);
	rtc_rtp_put16(header + 14, (uint16_t)words);
	header[16] = (uint8_t)(midId << 4 | (length - 1));
	memcpy(header + 17, mid, length);
	return RTC_RTP_HEADER + 4 + words * 4;
}

int rtc_rtp_parse(rtc_rtp_packet *packet, const uint8_t *data, size_t size)
{
	if (size < RTC_RTP_HEADER || (data[0] & 0xc0) != VERSION)
		return -1;
	size_t offset = RTC_RTP_HEADER + (data[0] & 0x0f) * 4u;
	memset(packet, 0, sizeof *packet);
	if (data[0] & EXTENSION) {
		if (size < offset + 4)
			return -1;
		size_t length = rtc_rtp_get16(data + offset + 2) * 4u;
		if (size - offset - 4 < length)
			return -1;
		if (rtc_rtp_get16(data + offset) == ONE_BYTE_PROFILE && length) {
			packet->extensions = data + offset + 4;
			packet->extensionsSize = length;
		}
		offset += 4 + length;
	}
	if (size < offset)
		return -1;
	if (data[0] & PADDING) {
		uint8_t padding = data[size - 1];
		if (!padding || padding > size - offset)
			return -1;
		size -= padding;
	}
	packet->marker = data[1] >> 7;
	packet->payloadType = data[1] & 0x7f;
	packet->sequence = rtc_rtp_get16(data + 2);
	packet->timestamp = rtc_rtp_get32(data + 4);
	packet->ssrc = rtc_rtp_get32(data + 8);
	packet->payload = data + offset;
	packet->payloadSize = size - offset;
	packet->headerSize = offset;
	return 0;
}

const uint8_t *rtc_rtp_find_extension(const rtc_rtp_packet *packet, uint8_t id, size_t *size)
{
	const uint8_t *element = packet->extensions;
	size_t left = packet->extensionsSize;
	while (left) {
		if (!*element) { // padding
			element++, left--;
			continue;
		}
		size_t length = (*element & 0x0f) + 1u;
		uint8_t found = *element >> 4;
		if (found == 15 || left - 1 < length) // 15 ends the elements (RFC 8285 section 4.2)
			return NULL;
		if (found == id) {
			*size = length;
			return element + 1;
		}
		element += 1 + length;
		left -= 1 + length;
	}
	return NULL;
}
