// SPDX-License-Identifier: Apache-2.0
// Boxes of ISO/IEC 14496-12, written one within the other into a buffer whose size their writer knows.
#ifndef RTC_MP4_BOXES_H
#define RTC_MP4_BOXES_H

#include <stdint.h>
#include <string.h>

typedef struct {
	uint8_t *at;
} rtc_boxes;

static inline void rtc_boxes_8(rtc_boxes *boxes, uint32_t value)
{
	*boxes->at++ = (uint8_t)value;
}

static inline void rtc_boxes_16(rtc_boxes *boxes, uint32_t value)
{
	rtc_boxes_8(boxes, value >> 8);
	rtc_boxes_8(boxes, value);
}

static inline void rtc_boxes_32(rtc_boxes *boxes, uint32_t value)
{
	rtc_boxes_16(boxes, value >> 16);
	rtc_boxes_16(boxes, value);
}

static inline void rtc_boxes_64(rtc_boxes *boxes, uint64_t value)
{
	rtc_boxes_32(boxes, (uint32_t)(value >> 32));
	rtc_boxes_32(boxes, (uint32_t)value);
}

static inline void rtc_boxes_zeros(rtc_boxes *boxes, size_t count)
{
	memset(boxes->at, 0, count);
	boxes->at += count;
}

static inline void rtc_boxes_bytes(rtc_boxes *boxes, const void *bytes, size_t size)
{
	memcpy(boxes->at, bytes, size);
	boxes->at += size;
}

// Begins a box, to be ended by rtc_boxes_end with what this returns.
static inline uint8_t *rtc_boxes_begin(rtc_boxes *boxes, const char *type)
{
	uint8_t *begin = boxes->at;
	rtc_boxes_32(boxes, 0);
	rtc_boxes_bytes(boxes, type, 4);
	return begin;
}

// A FullBox (section 4.2).
static inline uint8_t *rtc_boxes_full(rtc_boxes *boxes, const char *type, uint8_t version, uint32_t flags)
{
	uint8_t *begin = rtc_boxes_begin(boxes, type);
	rtc_boxes_32(boxes, (uint32_t)version << 24 | flags);
	return begin;
}

static inline void rtc_boxes_end(rtc_boxes *boxes, uint8_t *begin)
{
	rtc_boxes size = {begin};
	rtc_boxes_32(&size, (uint32_t)(boxes->at - begin));
}

#endif
