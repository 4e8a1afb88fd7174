// SPDX-License-Identifier: Apache-2.0
// How large a picture is, and how many there are, for the bits that there are for them: before a picture falls apart,
// there are fewer of them, or they are smaller. Arithmetic alone: times are those of the pictures, in microseconds.
#ifndef RTC_VIDEO_QUALITY_H
#define RTC_VIDEO_QUALITY_H

#include <stdint.h>

// What is kept where there are too few bits (W3C mst-content-hint, RTCDegradationPreference).
typedef enum {
	RTC_VIDEO_BALANCED,
	RTC_VIDEO_KEEP_FRAMERATE,
	RTC_VIDEO_KEEP_RESOLUTION,
	RTC_VIDEO_KEEP_BOTH,
} rtc_video_preference;

// Of pictures with level_idc `level` at most (H.264, Table A-1). False for a level that there is not.
typedef struct {
	uint32_t largest; // macroblocks of a picture
	uint32_t rate;    // macroblocks a second
	uint32_t bits;    // a second
} rtc_video_level;
int rtc_video_level_of(uint8_t idc, rtc_video_level *level);

typedef struct {
	// What comes.
	uint16_t width, height; // pixels
	uint32_t framerate;     // a second, at most
	rtc_video_preference preference;
	uint8_t level; // level_idc that all who watch can take; 0: any
	// What is made of it.
	uint8_t scale;   // 1, 2 or 4: both sides are so much smaller
	uint8_t divisor; // 1, 2, 3 or 4: of so many pictures there is one
	// Its own.
	uint8_t step;
	uint64_t scarce, plenty; // since when; 0: not now
} rtc_video_quality;

void rtc_video_quality_init(rtc_video_quality *quality, uint16_t width, uint16_t height, uint32_t framerate,
							rtc_video_preference preference, uint8_t level);
// Before the picture of `time`, with what there is for it. Returns whether scale or divisor have changed.
int rtc_video_quality_judge(rtc_video_quality *quality, uint32_t bitsPerSecond, uint64_t time);

#endif
