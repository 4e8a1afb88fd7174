// SPDX-License-Identifier: Apache-2.0
#include "rtc_test_card_draw.h"

#include <math.h>
#include <string.h>

#define CODE_SYNC 0xB2u
#define CODE_BLACK 16
#define CODE_WHITE 235

static int clip(int *start, int length, int bound)
{
	int end = *start + length;
	if (*start < 0)
		*start = 0;
	if (end > bound)
		end = bound;
	return end - *start;
}

static void fill(rtc_frame *picture, int plane, int x, int y, int width, int height, uint8_t value)
{
	width = clip(&x, width, plane ? picture->width / 2 : picture->width);
	height = clip(&y, height, plane ? picture->height / 2 : picture->height);
	if (width <= 0)
		return;
	uint8_t *row = picture->planes[plane] + (size_t)y * picture->strides[plane] + x;
	for (; height > 0; height--, row += picture->strides[plane])
		memset(row, value, (size_t)width);
}

void rtc_draw_luma(rtc_frame *picture, int x, int y, int width, int height, uint8_t luma)
{
	fill(picture, 0, x, y, width, height, luma);
}

void rtc_draw_rectangle(rtc_frame *picture, int x, int y, int width, int height, rtc_color color)
{
	fill(picture, 0, x, y, width, height, color.y);
	fill(picture, 1, x / 2, y / 2, width / 2, height / 2, color.u);
	fill(picture, 2, x / 2, y / 2, width / 2, height / 2, color.v);
}

// One pixel, partly covered.
static void blend(rtc_frame *picture, int x, int y, double part, uint8_t luma)
{
	if (x < 0 || y < 0 || x >= picture->width || y >= picture->height)
		return;
	uint8_t *pixel = picture->planes[0] + (size_t)y * picture->strides[0] + x;
	*pixel = (uint8_t)(*pixel + part * (luma - *pixel));
}

void rtc_draw_disc(rtc_frame *picture, int centerX, int centerY, int radius, rtc_color color)
{
	for (int dy = -radius; dy < radius; dy++) {
		double half = sqrt((double)radius * radius - (dy + 0.5) * (dy + 0.5));
		int whole = (int)half;
		fill(picture, 0, centerX - whole, centerY + dy, 2 * whole, 1, color.y);
		blend(picture, centerX - whole - 1, centerY + dy, half - whole, color.y);
		blend(picture, centerX + whole, centerY + dy, half - whole, color.y);
		if (dy & 1)
			continue;
		int chromaHalf = (whole + 1) / 2;
		fill(picture, 1, centerX / 2 - chromaHalf, (centerY + dy) / 2, 2 * chromaHalf, 1, color.u);
		fill(picture, 2, centerX / 2 - chromaHalf, (centerY + dy) / 2, 2 * chromaHalf, 1, color.v);
	}
}

static void draw_glyph(rtc_frame *picture, int x, int y, int scale, uint8_t luma, const uint8_t *rows)
{
	for (int row = 0; row < RTC_GLYPH_ROWS; row++)
		for (int column = 0; column < RTC_GLYPH_COLUMNS; column++)
			if (rows[row] >> (RTC_GLYPH_COLUMNS - 1 - column) & 1)
				fill(picture, 0, x + column * scale, y + row * scale, scale, scale, luma);
}

void rtc_draw_text(rtc_frame *picture, int x, int y, int scale, uint8_t luma, const char *text)
{
	for (; *text; text++, x += RTC_GLYPH_PITCH * scale)
		draw_glyph(picture, x, y, scale, luma, rtc_glyph(*text));
}

int rtc_text_width(int scale, const char *text)
{
	return ((int)strlen(text) * RTC_GLYPH_PITCH - (RTC_GLYPH_PITCH - RTC_GLYPH_COLUMNS)) * scale;
}

// CRC-8 with the polynomial x^8 + x^2 + x + 1, from zero.
static uint8_t crc8(uint64_t value)
{
	uint8_t crc = 0;
	for (int shift = 56; shift >= 0; shift -= 8) {
		crc ^= (uint8_t)(value >> shift);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1);
	}
	return crc;
}

void rtc_draw_code(rtc_frame *picture, uint32_t counter, uint32_t milliseconds)
{
	uint64_t rows[RTC_CODE_ROWS] = {
		(uint64_t)CODE_SYNC << 32 | counter,
		(uint64_t)milliseconds << 8 | crc8((uint64_t)counter << 32 | milliseconds),
	};
	for (int row = 0; row < RTC_CODE_ROWS; row++) {
		int top = row * picture->width / RTC_CODE_COLUMNS, bottom = (row + 1) * picture->width / RTC_CODE_COLUMNS;
		for (int column = 0; column < RTC_CODE_COLUMNS; column++) {
			int left = column * picture->width / RTC_CODE_COLUMNS;
			int right = (column + 1) * picture->width / RTC_CODE_COLUMNS;
			int set = rows[row] >> (RTC_CODE_COLUMNS - 1 - column) & 1;
			fill(picture, 0, left, top, right - left, bottom - top, set ? CODE_WHITE : CODE_BLACK);
		}
	}
}
