// SPDX-License-Identifier: Apache-2.0
#include "rtc_camera_jpeg_esp32.h"

#include <string.h>
#include "img_converters.h"
#include "mc.defines.h"

#define COARSEST 63
#define FINEST 4   // below it, pictures outgrow the driver's buffer, which has a byte for five pixels
#define SHORTEST 4 // bytes: the markers of begin and end (ITU-T T.81 section B.1.1.3)

int rtc_camera_jpeg_scale(uint8_t quality)
{
	return FINEST + (100 - quality) * (COARSEST - FINEST) / 99;
}

uint32_t rtc_camera_jpeg_size(uint32_t width, uint32_t height)
{
	return width * height / 4;
}

static size_t add(void *context, size_t index, const void *data, size_t size)
{
	rtc_frame *frame = context;
	if (!data || index != frame->size)
		return size; // the end; or a part did not fit
	if (size > frame->capacity - frame->size) {
		frame->size = 0; // what follows is of another place
		return 0;
	}
	memcpy(frame->data + frame->size, data, size);
	frame->size += (uint32_t)size;
	return size;
}

static int isWhole(const rtc_frame *frame)
{
	const uint8_t *end = frame->data + frame->size;
	return frame->size >= SHORTEST && frame->data[0] == 0xFF && frame->data[1] == 0xD8 && end[-2] == 0xFF &&
		   end[-1] == 0xD9;
}

int rtc_camera_jpeg_fill(camera_fb_t *picture, uint8_t quality, rtc_frame *frame)
{
	frame->format = RTC_FORMAT_JPEG;
	frame->width = (uint16_t)picture->width;
	frame->height = (uint16_t)picture->height;
	if (picture->format == PIXFORMAT_JPEG)
		(void)add(frame, 0, picture->buf, picture->len);
	else if (!frame2jpg_cb(picture, quality, add, frame))
		return 0;
	return isWhole(frame);
}
