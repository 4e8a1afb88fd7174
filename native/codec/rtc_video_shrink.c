// SPDX-License-Identifier: Apache-2.0
#include "rtc_video_shrink.h"

static uint16_t side(uint16_t length, uint8_t scale)
{
	return (uint16_t)(length / scale & ~1u);
}

uint32_t rtc_video_shrunk_size(const rtc_frame *frame, uint8_t scale)
{
	return (uint32_t)side(frame->width, scale) * side(frame->height, scale) * 3 / 2;
}

static void halve(uint8_t *out, const uint8_t *above, uint32_t stride, uint32_t width)
{
	const uint8_t *below = above + stride;
	for (uint32_t x = 0; x < width; x++)
		out[x] = (uint8_t)((above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) / 4);
}

static void reduce(uint8_t *out, const uint8_t *in, uint32_t stride, uint32_t width, uint8_t scale)
{
	for (uint32_t x = 0; x < width; x++) {
		uint32_t sum = scale * scale / 2u;
		for (uint32_t row = 0; row < scale; row++)
			for (uint32_t column = 0; column < scale; column++)
				sum += in[row * stride + x * scale + column];
		out[x] = (uint8_t)(sum / (scale * (uint32_t)scale));
	}
}

void rtc_video_shrink(rtc_frame *output, const rtc_frame *input, uint8_t scale)
{
	output->format = RTC_FORMAT_I420;
	output->width = side(input->width, scale);
	output->height = side(input->height, scale);
	output->time = input->time;
	output->size = rtc_video_shrunk_size(input, scale);
	uint8_t *out = output->data;
	for (int plane = 0; plane < 3; plane++) {
		uint32_t width = plane ? output->width / 2u : output->width,
				 height = plane ? output->height / 2u : output->height;
		output->planes[plane] = out;
		output->strides[plane] = width;
		const uint8_t *in = input->planes[plane];
		for (uint32_t y = 0; y < height; y++, out += width, in += scale * input->strides[plane])
			(scale == 2 ? halve(out, in, input->strides[plane], width)
						: reduce(out, in, input->strides[plane], width, scale));
	}
}
