// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_extension.h"

#include <string.h>

#define ONE_BYTE_PROFILE 0xbede
#define MARKS 4 // bytes before the elements

int rtc_rtp_extensions_check(const rtc_rtp_extension_ids *ids)
{
	return ids->mid <= RTC_RTP_EXTENSION_ID && ids->transportSequence <= RTC_RTP_EXTENSION_ID &&
		   ids->sendTime <= RTC_RTP_EXTENSION_ID && ids->playoutDelay <= RTC_RTP_EXTENSION_ID &&
		   ids->captureTime <= RTC_RTP_EXTENSION_ID;
}

static uint8_t *element(uint8_t *at, uint8_t id, uint8_t size)
{
	*at = (uint8_t)(id << 4 | (size - 1));
	return at + 1;
}

// 24 bits, of which 18 are behind the point: seconds that wrap at 64. Any clock will do: receivers compare differences.
static uint32_t sendTime(uint64_t now)
{
	return (uint32_t)((now << 12) / 15625) & 0xffffff; // 2^18 / 10^6
}

static uint8_t *writeElements(uint8_t *at, const rtc_rtp_extension_ids *ids, const rtc_rtp_extension_values *values)
{
	if (ids->transportSequence) {
		at = element(at, ids->transportSequence, 2);
		rtc_rtp_put16(at, values->transportSequence);
		at += 2;
	}
	if (ids->sendTime) {
		uint32_t time = sendTime(values->now);
		at = element(at, ids->sendTime, 3);
		at[0] = (uint8_t)(time >> 16);
		rtc_rtp_put16(at + 1, (uint16_t)time);
		at += 3;
	}
	if (ids->mid && values->mid && *values->mid) {
		size_t length = strnlen(values->mid, RTC_RTP_MID);
		at = element(at, ids->mid, (uint8_t)length);
		memcpy(at, values->mid, length);
		at += length;
	}
	if (ids->playoutDelay && values->hasPlayoutDelay) {
		at = element(at, ids->playoutDelay, 3); // the least and the most, 12 bits each, in units of 10 ms
		at[0] = at[1] = at[2] = 0;
		at += 3;
	}
	if (ids->captureTime && values->captureTime) {
		at = element(at, ids->captureTime, 8);
		rtc_rtp_put32(at, (uint32_t)(values->captureTime >> 32));
		rtc_rtp_put32(at + 4, (uint32_t)values->captureTime);
		at += 8;
	}
	return at;
}

size_t rtc_rtp_write_extensions(uint8_t *buffer, const rtc_rtp_extension_ids *ids,
								const rtc_rtp_extension_values *values)
{
	uint8_t *end = writeElements(buffer + MARKS, ids, values);
	if (end == buffer + MARKS)
		return 0;
	while ((end - buffer) % 4)
		*end++ = 0;
	size_t size = (size_t)(end - buffer) - MARKS;
	rtc_rtp_put16(buffer, ONE_BYTE_PROFILE);
	rtc_rtp_put16(buffer + 2, (uint16_t)(size / 4));
	return MARKS + size;
}
