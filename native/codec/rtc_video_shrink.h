// SPDX-License-Identifier: Apache-2.0
// A picture made smaller by a whole number: each pixel is the mean of those that it stands for.
#ifndef RTC_VIDEO_SHRINK_H
#define RTC_VIDEO_SHRINK_H

#include "rtc_frame.h"

// Bytes that an I420 picture takes whose sides are those of `frame` divided by `scale`, rounded down to even ones.
uint32_t rtc_video_shrunk_size(const rtc_frame *frame, uint8_t scale);
// `output` has room for so many, from a pool; it gets the time of `input`.
void rtc_video_shrink(rtc_frame *output, const rtc_frame *input, uint8_t scale);

#endif
