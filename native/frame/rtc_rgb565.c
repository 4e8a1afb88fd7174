// SPDX-License-Identifier: Apache-2.0
#include "rtc_rgb565.h"

// In parts of 256 (ITU-R BT.601).
#define LUMA 298
#define RED_OF_V 409
#define GREEN_OF_U 100
#define GREEN_OF_V 208
#define BLUE_OF_U 516

static int clip(int value)
{
	value = (value + 128) >> 8;
	return value < 0 ? 0 : value > 255 ? 255 : value;
}

void rtc_rgb565_write(const rtc_frame *picture, uint8_t *to)
{
	for (uint32_t y = 0; y < picture->height; y++) {
		const uint8_t *luma = picture->planes[0] + (size_t)y * picture->strides[0];
		const uint8_t *u = picture->planes[1] + (size_t)(y / 2) * picture->strides[1];
		const uint8_t *v = picture->planes[2] + (size_t)(y / 2) * picture->strides[2];
		for (uint32_t x = 0; x < picture->width; x++, to += 2) {
			int light = LUMA * (luma[x] - 16), blueness = u[x / 2] - 128, redness = v[x / 2] - 128;
			int red = clip(light + RED_OF_V * redness), blue = clip(light + BLUE_OF_U * blueness);
			int green = clip(light - GREEN_OF_U * blueness - GREEN_OF_V * redness);
			uint16_t pixel = (uint16_t)((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3);
			to[0] = (uint8_t)pixel;
			to[1] = (uint8_t)(pixel >> 8);
		}
	}
}
