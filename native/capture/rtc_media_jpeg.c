// SPDX-License-Identifier: Apache-2.0
// JPEG of another device's pictures: a desktop's stand-in for sensors that make it themselves.
#include "rtc_media.h"
#include "rtc_video_codec.h"

#include <errno.h>
#include <stdlib.h>

#define FRAMES 4 // at whoever sends: 3, being filled: 1

typedef struct {
	rtc_capture_device device; // first
	rtc_capture_device *inner;
	rtc_frame_pool *pool; // of the size that `encoder` has
	rtc_video_codec *encoder;
	uint16_t width, height;
	uint8_t quality;
} jpeg_device;

static void forget_encoder(jpeg_device *self)
{
	if (self->encoder)
		rtc_codec_jpeg.video->destroy(self->encoder);
	rtc_frame_pool_close(self->pool);
	self->encoder = NULL;
	self->pool = NULL;
}

// An encoder for pictures of this size. Returns 0 or an errno value.
static int prepare(jpeg_device *self, const rtc_frame *picture, const char **message)
{
	if (self->encoder && (self->width != picture->width || self->height != picture->height))
		forget_encoder(self);
	if (self->encoder)
		return 0;
	const rtc_video_codec_options options = {
		.width = picture->width, .height = picture->height, .quality = self->quality};
	int error = ENOMEM;
	self->width = picture->width;
	self->height = picture->height;
	// Larger than the picture itself JPEG is of noise only, and that is dropped.
	self->pool = rtc_frame_pool_new(FRAMES, rtc_capture_picture_size(picture->width, picture->height));
	if (self->pool)
		self->encoder = rtc_codec_jpeg.video->make(&options, &error, message);
	if (self->encoder)
		return 0;
	forget_encoder(self);
	return error;
}

// The picture as JPEG; NULL where there is no room.
static rtc_frame *encode(jpeg_device *self, const rtc_frame *picture)
{
	rtc_frame *frame = rtc_frame_pool_get(self->pool);
	if (!frame)
		return NULL;
	if (rtc_codec_jpeg.video->encode(self->encoder, picture, 1, frame)) {
		forget_encoder(self);
		rtc_frame_release(frame);
		return NULL;
	}
	frame->format = RTC_FORMAT_JPEG;
	frame->time = picture->time;
	frame->width = picture->width;
	frame->height = picture->height;
	return frame;
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	rtc_capture_device *inner = ((jpeg_device *)device)->inner;
	return inner->start ? inner->start(inner, capture, error) : RTC_CAPTURE_OK;
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	jpeg_device *self = (jpeg_device *)device;
	rtc_frame *picture = NULL;
	const char *message;
	rtc_capture_result result = self->inner->next(self->inner, capture, &picture, error);
	if (!picture)
		return result;
	int failure = prepare(self, picture, &message);
	*frame = failure ? NULL : encode(self, picture);
	rtc_frame_release(picture);
	if (failure == ENOTSUP)
		return rtc_capture_fail(error, "media/unsupported", "%s", message);
	if (!*frame)
		rtc_capture_dropped(capture);
	return result;
}

static void stop(rtc_capture_device *device)
{
	jpeg_device *self = (jpeg_device *)device;
	if (self->inner->stop)
		self->inner->stop(self->inner);
	forget_encoder(self);
}

static void destroy(rtc_capture_device *device)
{
	jpeg_device *self = (jpeg_device *)device;
	self->inner->destroy(self->inner);
	forget_encoder(self);
	free(self);
}

rtc_capture_device *rtc_media_jpeg_open(rtc_capture_opener open, const rtc_capture_options *options,
										rtc_capture_error *error)
{
	rtc_capture_device *inner = open(options, error);
	if (!inner || !options->quality)
		return inner;
	jpeg_device *self = calloc(1, sizeof *self);
	if (!self) {
		inner->destroy(inner);
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_capture_device){.start = start, .next = next, .stop = stop, .destroy = destroy};
	self->inner = inner;
	self->quality = options->quality;
	return &self->device;
}
