// SPDX-License-Identifier: Apache-2.0
// RTP packets (RFC 3550 section 5.1) with one-byte header extensions (RFC 8285 section 4.2).
#ifndef RTC_RTP_H
#define RTC_RTP_H

#include <stddef.h>
#include <stdint.h>

#define RTC_RTP_HEADER 12         // bytes without CSRCs and extensions
#define RTC_RTP_MID 15            // most characters of a MID that is sent: with its element header it fills four words
#define RTC_RTP_HEADER_MAXIMUM 32 // with an extension that carries the longest MID

static inline uint16_t rtc_rtp_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t rtc_rtp_get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void rtc_rtp_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void rtc_rtp_put32(uint8_t *bytes, uint32_t value)
{
	rtc_rtp_put16(bytes, (uint16_t)(value >> 16));
	rtc_rtp_put16(bytes + 2, (uint16_t)value);
}

// Writes a header whose marker, sequence number and timestamp are still 0: a template for all packets of a stream.
// `mid` (at most RTC_RTP_MID characters) becomes an sdes:mid extension (RFC 8843 section 15) when `midId` is 1 … 14.
// Returns its size, a multiple of 4.
size_t rtc_rtp_write_header(uint8_t header[RTC_RTP_HEADER_MAXIMUM], uint8_t payloadType, uint32_t ssrc, uint8_t midId,
							const char *mid);

// Fills in what differs from packet to packet.
static inline void rtc_rtp_stamp(uint8_t *header, int marker, uint16_t sequence, uint32_t timestamp)
{
	header[1] = (uint8_t)((header[1] & 0x7f) | (marker ? 0x80 : 0));
	rtc_rtp_put16(header + 2, sequence);
	rtc_rtp_put32(header + 4, timestamp);
}

// A packet that was parsed: its pointers lie in the data.
typedef struct {
	uint8_t marker;
	uint8_t payloadType;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t ssrc;
	const uint8_t *extensions; // elements of the one-byte form; NULL when there are none
	size_t extensionsSize;
	const uint8_t *payload;
	size_t payloadSize; // without padding
	size_t headerSize;
} rtc_rtp_packet;

// Returns 0, or -1 when `data` is not a well-formed packet.
int rtc_rtp_parse(rtc_rtp_packet *packet, const uint8_t *data, size_t size);

// The data of the extension element `id`, of 1 … 16 bytes, or NULL.
const uint8_t *rtc_rtp_find_extension(const rtc_rtp_packet *packet, uint8_t id, size_t *size);

// An absolute time in microseconds as ticks of the RTP clock, modulo 2^32. Exact for any uptime: times are converted,
// never increments, so no error adds up.
static inline uint32_t rtc_rtp_ticks(uint64_t time, uint32_t clockRate)
{
	return (uint32_t)(time / 1000000 * clockRate + time % 1000000 * clockRate / 1000000);
}

#endif
