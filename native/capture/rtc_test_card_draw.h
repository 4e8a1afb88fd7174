// SPDX-License-Identifier: Apache-2.0
// Drawing into I420 pictures, as much as a test card needs. What lies outside of the picture is cut off.
#ifndef RTC_TEST_CARD_DRAW_H
#define RTC_TEST_CARD_DRAW_H

#include "rtc_frame.h"

typedef struct {
	uint8_t y, u, v; // ITU-R BT.601, limited range
} rtc_color;

#define RTC_GLYPH_COLUMNS 5
#define RTC_GLYPH_ROWS 7
#define RTC_GLYPH_PITCH 6 // columns from one glyph to the next

// The rows of a glyph, from the top; its leftmost column is bit 4. Lower case is upper case; unknown ones are blank.
const uint8_t *rtc_glyph(char character);

void rtc_draw_luma(rtc_frame *picture, int x, int y, int width, int height, uint8_t luma);
void rtc_draw_rectangle(rtc_frame *picture, int x, int y, int width, int height, rtc_color color); // even numbers
void rtc_draw_disc(rtc_frame *picture, int centerX, int centerY, int radius, rtc_color color);
// Luma only. `scale` is the size of a glyph's dot in pixels.
void rtc_draw_text(rtc_frame *picture, int x, int y, int scale, uint8_t luma, const char *text);
int rtc_text_width(int scale, const char *text);

// The coded frame counter (see README.md): 2 rows of 40 square cells, from the top left corner.
#define RTC_CODE_COLUMNS 40
#define RTC_CODE_ROWS 2
void rtc_draw_code(rtc_frame *picture, uint32_t counter, uint32_t milliseconds);

#endif
