// SPDX-License-Identifier: Apache-2.0
// What is H.264's own of NAL units (H.264 table 7-1) and their payloads (RFC 6184 table 1).
#include "rtc_h264.h"

#include "rtc_payload.h"

enum { TYPE_STAP_A = 24, TYPE_FU_A = 28 };

#define FORBIDDEN 0x80
#define NRI 0x60
#define TYPE 0x1f

static const uint8_t kinds[TYPE + 1] = {
	[1 ... 4] = RTC_NAL_KNOWN | RTC_NAL_PICTURE,
	[5] = RTC_NAL_KNOWN | RTC_NAL_PICTURE | RTC_NAL_KEY, // IDR
	[6] = RTC_NAL_KNOWN,
	[7] = RTC_NAL_SET(0) | RTC_NAL_BEGINS, // SPS
	[8] = RTC_NAL_SET(1),                  // PPS
	[9] = RTC_NAL_KNOWN | RTC_NAL_BEGINS | RTC_NAL_IDLE,
	[10 ... 11] = RTC_NAL_KNOWN,
	[12] = RTC_NAL_KNOWN | RTC_NAL_IDLE, // filler data
	[13 ... 23] = RTC_NAL_KNOWN,
};

static uint8_t typeOf(uint8_t first)
{
	return first & TYPE;
}

static void toFragment(const uint8_t *nal, uint8_t *header)
{
	header[0] = (uint8_t)((nal[0] & (FORBIDDEN | NRI)) | TYPE_FU_A);
}

static void fromFragment(const uint8_t *payload, uint8_t type, uint8_t *header)
{
	header[0] = (uint8_t)((payload[0] & (FORBIDDEN | NRI)) | type);
}

// RFC 6184 section 5.7.1: F is set if any unit's is, NRI is the highest of all.
static void aggregateFirst(const uint8_t *nal, uint8_t *header)
{
	header[0] = (uint8_t)((nal[0] & (FORBIDDEN | NRI)) | TYPE_STAP_A);
}

static void aggregateMore(const uint8_t *nal, uint8_t *header)
{
	header[0] |= nal[0] & FORBIDDEN;
	if ((nal[0] & NRI) > (header[0] & NRI))
		header[0] = (uint8_t)((header[0] & ~NRI) | (nal[0] & NRI));
}

static const rtc_nal_format format = {
	.headerSize = 1,
	.typeMask = TYPE,
	.aggregate = TYPE_STAP_A,
	.fragment = TYPE_FU_A,
	.sets = 2,
	.kinds = kinds,
	.type = typeOf,
	.toFragment = toFragment,
	.fromFragment = fromFragment,
	.aggregateFirst = aggregateFirst,
	.aggregateMore = aggregateMore,
};

int rtc_h264_packetizer_init(rtc_nal_packetizer *packetizer, const uint8_t *data, size_t size, uint8_t mode,
							 uint16_t maximum)
{
	return rtc_nal_packetizer_init(packetizer, &format, data, size, mode, maximum);
}

static int begin(rtc_payload_state *state, const uint8_t *data, size_t size, uint8_t mode, uint16_t maximum)
{
	return rtc_h264_packetizer_init((rtc_nal_packetizer *)state, data, size, mode, maximum);
}

static size_t next(rtc_payload_state *state, uint8_t *buffer, int *last)
{
	return rtc_nal_packetizer_next((rtc_nal_packetizer *)state, buffer, last);
}

static int beginsKey(const uint8_t *payload, size_t size)
{
	return rtc_nal_begins_key(&format, payload, size);
}

static int append(rtc_unit *unit, const uint8_t *payload, size_t size)
{
	return rtc_nal_append(&format, unit, payload, size);
}

static int end(rtc_unit *unit)
{
	return rtc_nal_end(&format, unit);
}

const rtc_depacketizer rtc_depacketizer_h264 = {.beginsKey = beginsKey, .append = append, .end = end};
const rtc_payload_format rtc_payload_h264 = {
	.begin = begin, .next = next, .modes = 2, .depacketizer = &rtc_depacketizer_h264};
