// SPDX-License-Identifier: Apache-2.0
#include "rtc_framer.h"

#include <string.h>

#define HEADER 4 // what tells the length, of either
#define STUN_HEADER 20

uint8_t *rtc_framer_room(rtc_framer *framer, size_t *size)
{
	if (framer->start) {
		memmove(framer->bytes, framer->bytes + framer->start, framer->count);
		framer->start = 0;
	}
	*size = RTC_FRAMER_SIZE - framer->count;
	return framer->bytes + framer->count;
}

void rtc_framer_took(rtc_framer *framer, size_t size)
{
	framer->count += size;
}

static void drop(rtc_framer *framer, size_t size)
{
	framer->start += size;
	framer->count -= size;
}

rtc_frame_result rtc_framer_next(rtc_framer *framer, uint8_t **frame, size_t *size)
{
	if (framer->skip) {
		size_t skipped = framer->skip < framer->count ? framer->skip : framer->count;
		drop(framer, skipped);
		framer->skip -= skipped;
	}
	const uint8_t *header = framer->bytes + framer->start;
	if (framer->count < HEADER)
		return framer->count && header[0] & 0x80 ? RTC_FRAME_BROKEN : RTC_FRAME_MORE;
	if (header[0] & 0x80)
		return RTC_FRAME_BROKEN;
	size_t length = (size_t)(header[2] << 8 | header[3]);
	size_t whole = header[0] & 0x40 ? HEADER + length : STUN_HEADER + length;
	size_t padded = (whole + 3) & ~(size_t)3;
	if (padded > RTC_FRAME_SIZE) {
		framer->skip = padded;
		return RTC_FRAME_SKIPPED;
	}
	if (framer->count < padded)
		return RTC_FRAME_MORE;
	*frame = framer->bytes + framer->start;
	*size = whole;
	drop(framer, padded);
	return RTC_FRAME_WHOLE;
}
