// SPDX-License-Identifier: Apache-2.0
// JPEG by FFmpeg's encoder. Every picture stands alone; its quality is that of the options, whatever the bitrate.
#include "rtc_video_codec.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define COARSEST 31u // of FFmpeg's quantizer scale
#define FINEST 2u
// The range of luma in I420, which in JPEG is all of 0 to 255, as is that of chroma (ITU-T T.871 section 7).
#define BLACK 16
#define WHITE 235
#define GREY 128
#define CHROMA 112 // from grey to either end

struct rtc_video_codec {
	AVCodecContext *context;
	AVFrame *picture;
	AVPacket *packet;
	uint8_t luma[256], chroma[256];
};

static uint8_t stretch(int value, int from, int range, int to)
{
	int result = to + (value - from) * 255 / range;
	return (uint8_t)(result < 0 ? 0 : result > 255 ? 255 : result);
}

static void makeTables(rtc_video_codec *codec)
{
	for (int i = 0; i < 256; i++) {
		codec->luma[i] = stretch(i, BLACK, WHITE - BLACK, 0);
		codec->chroma[i] = stretch(i, GREY, 2 * CHROMA, GREY);
	}
}

static void destroy(rtc_video_codec *codec)
{
	avcodec_free_context(&codec->context);
	av_frame_free(&codec->picture);
	av_packet_free(&codec->packet);
	free(codec);
}

static int configure(rtc_video_codec *codec, const rtc_video_codec_options *options)
{
	AVCodecContext *context = codec->context;
	context->width = codec->picture->width = options->width;
	context->height = codec->picture->height = options->height;
	context->pix_fmt = AV_PIX_FMT_YUVJ420P;
	codec->picture->format = AV_PIX_FMT_YUVJ420P;
	context->time_base = (AVRational){1, 1000000};
	context->thread_count = 1;
	context->flags |= AV_CODEC_FLAG_QSCALE;
	uint32_t quality = options->quality ? options->quality : RTC_JPEG_QUALITY;
	int scale = (int)(FINEST + (100 - quality) * (COARSEST - FINEST) / 99);
	context->global_quality = codec->picture->quality = scale * FF_QP2LAMBDA;
	int result = av_frame_get_buffer(codec->picture, 0);
	return result < 0 ? result : avcodec_open2(context, context->codec, NULL);
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	const AVCodec *encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
	*error = ENOTSUP;
	*message = "there is no encoder for JPEG here";
	if (!encoder)
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the JPEG encoder";
	rtc_video_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->context = avcodec_alloc_context3(encoder);
	codec->picture = av_frame_alloc();
	codec->packet = av_packet_alloc();
	if (codec->context && codec->picture && codec->packet && configure(codec, options) >= 0) {
		makeTables(codec);
		return codec;
	}
	destroy(codec);
	return NULL;
}

static void copyPlane(rtc_video_codec *codec, const rtc_frame *from, int plane, const uint8_t *table)
{
	AVFrame *picture = codec->picture;
	int width = plane ? picture->width / 2 : picture->width, height = plane ? picture->height / 2 : picture->height;
	for (int y = 0; y < height; y++) {
		const uint8_t *in = from->planes[plane] + (size_t)y * from->strides[plane];
		uint8_t *out = picture->data[plane] + (ptrdiff_t)y * picture->linesize[plane];
		for (int x = 0; x < width; x++)
			out[x] = table[in[x]];
	}
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	(void)key;
	if (av_frame_make_writable(codec->picture) < 0)
		return EIO;
	copyPlane(codec, input, 0, codec->luma);
	copyPlane(codec, input, 1, codec->chroma);
	copyPlane(codec, input, 2, codec->chroma);
	codec->picture->pts = (int64_t)input->time;
	if (avcodec_send_frame(codec->context, codec->picture) < 0 ||
		avcodec_receive_packet(codec->context, codec->packet) < 0)
		return EIO;
	uint32_t size = (uint32_t)codec->packet->size;
	int fits = size <= output->capacity;
	if (fits) {
		memcpy(output->data, codec->packet->data, size);
		output->size = size;
		output->key = 1;
	}
	av_packet_unref(codec->packet);
	return fits ? 0 : ENOSPC;
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	(void)codec, (void)bitsPerSecond, (void)framerate;
	return 0;
}

static const rtc_video_class encoder = {
	.make = make, .destroy = destroy, .setRate = setRate, .encode = encode, .isStill = 1};

const rtc_codec rtc_codec_jpeg = {.name = "JPEG", .isVideo = 1, .clockRate = 90000, .video = &encoder};
