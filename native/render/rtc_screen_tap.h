// SPDX-License-Identifier: Apache-2.0
// Copies of pictures that are shown, for who wants to see them: they are made only while somebody does.
#ifndef RTC_SCREEN_TAP_H
#define RTC_SCREEN_TAP_H

#include "rtc_frame.h"

typedef struct {
	rtc_frame_pool *pool; // NULL: nobody has looked yet
	uint32_t size;        // bytes of its frames
} rtc_screen_tap;

// Gives a copy of a picture, I420, to the sinks of a source, as shown now; where they hold all there are, none.
void rtc_screen_tap_give(rtc_screen_tap *tap, rtc_source *source, const rtc_frame *picture);
void rtc_screen_tap_close(rtc_screen_tap *tap);

#endif
