// SPDX-License-Identifier: Apache-2.0
// Pictures as small displays have them.
#ifndef RTC_RGB565_H
#define RTC_RGB565_H

#include "rtc_frame.h"

// Writes a picture, I420 of BT.601 with limited range, as two bytes for each pixel, the lower one first, rows without
// gaps: Commodetto's RGB565LE.
void rtc_rgb565_write(const rtc_frame *picture, uint8_t *to);

#endif
