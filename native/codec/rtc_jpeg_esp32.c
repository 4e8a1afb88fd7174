// SPDX-License-Identifier: Apache-2.0
// JPEG of I420 pictures on a chip: by the ESP32-P4's encoder, else by that of esp32-camera on the CPU. Both take packed
// 4:2:2, to which a picture is converted whole. Never built with ESP-IDF.
#include "rtc_video_codec.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdbool.h> // which the driver's header uses, and does not include
#include <stdlib.h>
#include <string.h>
#include "sdkconfig.h"
#if CONFIG_IDF_TARGET_ESP32P4
#include "driver/jpeg_encode.h"

#define TIMEOUT 200 // milliseconds: 1080p takes some 25
#define FIRST 1     // place of a pixel pair's first luma: chroma, luma, chroma, luma
#define GRAIN 16u   // pixels: width and height are multiples of it
#else
#include "img_converters.h"

#define FIRST 0 // luma, chroma, luma, chroma
#define GRAIN 2u
#endif

struct rtc_video_codec {
	uint16_t width, height;
	uint8_t quality;
	uint8_t *packed; // of 2 bytes a pixel
	uint32_t size;
#if CONFIG_IDF_TARGET_ESP32P4
	jpeg_encoder_handle_t engine;
	uint8_t *coded; // as the DMA wants it
	size_t capacity;
#endif
};

static void pack(rtc_video_codec *codec, const rtc_frame *from)
{
	for (uint32_t y = 0; y < codec->height; y++) {
		const uint8_t *luma = from->planes[0] + (size_t)y * from->strides[0];
		const uint8_t *u = from->planes[1] + (size_t)(y / 2) * from->strides[1];
		const uint8_t *v = from->planes[2] + (size_t)(y / 2) * from->strides[2];
		uint8_t *to = codec->packed + (size_t)y * codec->width * 2;
		for (uint32_t x = 0; x < codec->width; x += 2, to += 4) {
			to[FIRST] = luma[x];
			to[FIRST + 2] = luma[x + 1];
			to[1 - FIRST] = u[x / 2];
			to[3 - FIRST] = v[x / 2];
		}
	}
}

#if CONFIG_IDF_TARGET_ESP32P4

static void closeEngine(rtc_video_codec *codec)
{
	if (codec->engine)
		jpeg_del_encoder_engine(codec->engine);
	free(codec->packed);
	free(codec->coded);
}

static int openEngine(rtc_video_codec *codec)
{
	const jpeg_encode_engine_cfg_t engine = {.timeout_ms = TIMEOUT};
	const jpeg_encode_memory_alloc_cfg_t input = {.buffer_direction = JPEG_ENC_ALLOC_INPUT_BUFFER};
	const jpeg_encode_memory_alloc_cfg_t output = {.buffer_direction = JPEG_ENC_ALLOC_OUTPUT_BUFFER};
	size_t allocated;
	codec->packed = jpeg_alloc_encoder_mem(codec->size, &input, &allocated);
	codec->coded = jpeg_alloc_encoder_mem(codec->size / 4, &output, &codec->capacity);
	return codec->packed && codec->coded && jpeg_new_encoder_engine(&engine, &codec->engine) == ESP_OK;
}

static int compress(rtc_video_codec *codec, rtc_frame *output)
{
	const jpeg_encode_cfg_t options = {
		.width = codec->width,
		.height = codec->height,
		.src_type = JPEG_ENCODE_IN_FORMAT_YUV422,
		.sub_sample = JPEG_DOWN_SAMPLING_YUV422,
		.image_quality = codec->quality,
	};
	uint32_t size = 0;
	if (jpeg_encoder_process(codec->engine, &options, codec->packed, codec->size, codec->coded,
							 (uint32_t)codec->capacity, &size) != ESP_OK)
		return EIO;
	if (size > output->capacity)
		return ENOSPC;
	memcpy(output->data, codec->coded, size);
	output->size = size;
	return 0;
}

#else

static void closeEngine(rtc_video_codec *codec)
{
	rtc_free(codec->packed);
}

static int openEngine(rtc_video_codec *codec)
{
	codec->packed = rtc_calloc(1, codec->size);
	return codec->packed != NULL;
}

static size_t add(void *context, size_t index, const void *data, size_t size)
{
	rtc_frame *frame = context;
	if (!data || index != frame->size)
		return size; // the end; or a part did not fit
	if (size > frame->capacity - frame->size)
		return 0;
	memcpy(frame->data + frame->size, data, size);
	frame->size += (uint32_t)size;
	return size;
}

static int compress(rtc_video_codec *codec, rtc_frame *output)
{
	camera_fb_t picture = {.buf = codec->packed,
						   .len = codec->size,
						   .width = codec->width,
						   .height = codec->height,
						   .format = PIXFORMAT_YUV422};
	output->size = 0;
	return frame2jpg_cb(&picture, codec->quality, add, output) ? 0 : ENOSPC;
}

#endif

static void destroy(rtc_video_codec *codec)
{
	closeEngine(codec);
	free(codec);
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	*error = ENOTSUP;
	*message = "JPEG has not this size here";
	if (options->width % GRAIN || options->height % GRAIN)
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the JPEG encoder";
	rtc_video_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->width = options->width;
	codec->height = options->height;
	codec->quality = options->quality ? options->quality : RTC_JPEG_QUALITY;
	codec->size = (uint32_t)options->width * options->height * 2;
	if (openEngine(codec))
		return codec;
	destroy(codec);
	return NULL;
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	(void)key;
	pack(codec, input);
	int error = compress(codec, output);
	output->key = !error;
	return error;
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	(void)codec, (void)bitsPerSecond, (void)framerate;
	return 0;
}

static const rtc_video_class encoder = {
	.make = make, .destroy = destroy, .setRate = setRate, .encode = encode, .isStill = 1};

const rtc_codec rtc_codec_jpeg = {.name = "JPEG", .isVideo = 1, .clockRate = 90000, .video = &encoder};
