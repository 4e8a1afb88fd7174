// SPDX-License-Identifier: Apache-2.0
// JPEG of another device's pictures, by FFmpeg's encoder: a desktop's stand-in for sensors that make it themselves.
#include "rtc_media.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 4     // at whoever sends: 3, being filled: 1
#define COARSEST 31u // of FFmpeg's quantizer scale
#define FINEST 2u
// The range of luma in I420, which in JPEG is all of 0 to 255, as is that of chroma (ITU-T T.871 section 7).
#define BLACK 16
#define WHITE 235
#define GREY 128
#define CHROMA 112 // from grey to either end

typedef struct {
	rtc_capture_device device; // first
	rtc_capture_device *inner;
	rtc_frame_pool *pool; // of the size that `encoder` has
	AVCodecContext *encoder;
	AVFrame *picture;
	AVPacket *packet;
	uint8_t quality;
	uint8_t luma[256], chroma[256];
} jpeg_device;

static uint8_t stretch(int value, int from, int range, int to)
{
	int result = to + (value - from) * 255 / range;
	return (uint8_t)(result < 0 ? 0 : result > 255 ? 255 : result);
}

static void make_tables(jpeg_device *self)
{
	for (int i = 0; i < 256; i++) {
		self->luma[i] = stretch(i, BLACK, WHITE - BLACK, 0);
		self->chroma[i] = stretch(i, GREY, 2 * CHROMA, GREY);
	}
}

static void forget_encoder(jpeg_device *self)
{
	avcodec_free_context(&self->encoder);
	av_frame_free(&self->picture);
	av_packet_free(&self->packet);
	rtc_frame_pool_close(self->pool);
	self->pool = NULL;
}

// Returns 0 or an AVERROR.
static int make_encoder(jpeg_device *self, uint16_t width, uint16_t height)
{
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
	if (!codec)
		return AVERROR_ENCODER_NOT_FOUND;
	self->encoder = avcodec_alloc_context3(codec);
	self->picture = av_frame_alloc();
	self->packet = av_packet_alloc();
	// Larger than the picture itself JPEG is of noise only, and that is dropped.
	self->pool = rtc_frame_pool_new(FRAMES, rtc_capture_picture_size(width, height));
	if (!self->encoder || !self->picture || !self->packet || !self->pool)
		return AVERROR(ENOMEM);
	self->encoder->width = self->picture->width = width;
	self->encoder->height = self->picture->height = height;
	self->encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
	self->picture->format = AV_PIX_FMT_YUVJ420P;
	self->encoder->time_base = (AVRational){1, 1000000};
	self->encoder->thread_count = 1;
	self->encoder->flags |= AV_CODEC_FLAG_QSCALE;
	int scale = (int)(FINEST + (100u - self->quality) * (COARSEST - FINEST) / 99);
	self->encoder->global_quality = self->picture->quality = scale * FF_QP2LAMBDA;
	int result = av_frame_get_buffer(self->picture, 0);
	return result < 0 ? result : avcodec_open2(self->encoder, codec, NULL);
}

static void copy_plane(jpeg_device *self, const rtc_frame *from, int plane, const uint8_t *table)
{
	uint32_t width = plane ? from->width / 2u : from->width, height = plane ? from->height / 2u : from->height;
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *in = from->planes[plane] + (size_t)y * from->strides[plane];
		uint8_t *out = self->picture->data[plane] + (ptrdiff_t)y * self->picture->linesize[plane];
		for (uint32_t x = 0; x < width; x++)
			out[x] = table[in[x]];
	}
}

// Returns 0, with the bytes in `packet`, or an AVERROR.
static int encode(jpeg_device *self, const rtc_frame *picture)
{
	if (self->encoder && (self->encoder->width != picture->width || self->encoder->height != picture->height))
		forget_encoder(self);
	int result = self->encoder ? 0 : make_encoder(self, picture->width, picture->height);
	if (result < 0) {
		forget_encoder(self);
		return result;
	}
	result = av_frame_make_writable(self->picture);
	if (result < 0)
		return result;
	copy_plane(self, picture, 0, self->luma);
	copy_plane(self, picture, 1, self->chroma);
	copy_plane(self, picture, 2, self->chroma);
	self->picture->pts = (int64_t)picture->time;
	result = avcodec_send_frame(self->encoder, self->picture);
	return result < 0 ? result : avcodec_receive_packet(self->encoder, self->packet);
}

// What is in `packet` as a frame; NULL where there is no room.
static rtc_frame *to_frame(jpeg_device *self, const rtc_frame *picture)
{
	rtc_frame *frame = rtc_frame_pool_get(self->pool);
	if (frame && (uint32_t)self->packet->size <= frame->capacity) {
		memcpy(frame->data, self->packet->data, (size_t)self->packet->size);
		frame->size = (uint32_t)self->packet->size;
		frame->format = RTC_FORMAT_JPEG;
		frame->time = picture->time;
		frame->width = picture->width;
		frame->height = picture->height;
	} else {
		rtc_frame_release(frame);
		frame = NULL;
	}
	av_packet_unref(self->packet);
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
	rtc_capture_result result = self->inner->next(self->inner, capture, &picture, error);
	if (!picture)
		return result;
	int failure = encode(self, picture);
	*frame = failure ? NULL : to_frame(self, picture);
	rtc_frame_release(picture);
	if (failure == AVERROR_ENCODER_NOT_FOUND)
		return rtc_capture_fail(error, "media/unsupported", "there is no encoder for JPEG here");
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
	make_tables(self);
	return &self->device;
}
