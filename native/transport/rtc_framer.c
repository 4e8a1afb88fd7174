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

// `whole` bytes are the next message, of which the first `prefix` are not its own, nor what makes it `padded`.
static rtc_frame_result cut(rtc_framer *framer, size_t prefix, size_t whole, size_t padded, uint8_t **frame,
							size_t *size)
{
	if (padded > RTC_FRAME_SIZE) {
		framer->skip = padded;
		return RTC_FRAME_SKIPPED;
	}
	if (framer->count < padded)
		return RTC_FRAME_MORE;
	*frame = framer->bytes + framer->start + prefix;
	*size = whole - prefix;
	drop(framer, padded);
	return RTC_FRAME_WHOLE;
}

rtc_frame_result rtc_framer_next(rtc_framer *framer, uint8_t **frame, size_t *size)
{
	if (framer->skip) {
		size_t skipped = framer->skip < framer->count ? framer->skip : framer->count;
		drop(framer, skipped);
		framer->skip -= skipped;
	}
	const uint8_t *header = framer->bytes + framer->start;
	if (framer->isPrefixed) {
		size_t whole = framer->count < RTC_FRAME_PREFIX ? 0 : RTC_FRAME_PREFIX + (size_t)(header[0] << 8 | header[1]);
		return whole ? cut(framer, RTC_FRAME_PREFIX, whole, whole, frame, size) : RTC_FRAME_MORE;
	}
	if (framer->count < HEADER)
		return framer->count && header[0] & 0x80 ? RTC_FRAME_BROKEN : RTC_FRAME_MORE;
	if (header[0] & 0x80)
		return RTC_FRAME_BROKEN;
	size_t length = (size_t)(header[2] << 8 | header[3]);
	size_t whole = header[0] & 0x40 ? HEADER + length : STUN_HEADER + length;
	return cut(framer, 0, whole, (whole + 3) & ~(size_t)3, frame, size);
}
