// SPDX-License-Identifier: Apache-2.0
// H.264 by Espressif's esp_h264: software (OpenH264) on ESP32-S3, hardware on ESP32-P4. Constrained baseline.
//
// The component has no call for a key frame, but a new encoder begins with one (and its parameter sets): so a forced
// key frame makes the encoder anew.
#include "rtc_video_codec.h"
#include "rtc_payload.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sdkconfig.h"
#include "esp_h264_alloc.h"
#include "esp_h264_enc_single.h"
#include "esp_h264_enc_param.h"
#if CONFIG_IDF_TARGET_ESP32P4
#include "esp_h264_enc_single_hw.h"
#else
#include "esp_h264_enc_single_sw.h"
#endif

#define MINIMUM_QP 20
#define MAXIMUM_QP 45
#define LONGEST_GOP 255 // the component's bound, in frames
#define NAL_SPS 7
#define ALIGNMENT 64 // cache lines, for the hardware's DMA

struct rtc_video_codec {
	rtc_video_codec_options options;
	uint16_t width, height; // rounded up to macroblocks
	esp_h264_enc_handle_t encoder;
	esp_h264_enc_param_handle_t parameters;
	uint8_t *picture; // in the layout that the encoder wants
	uint32_t pictureSize;
	int fresh; // the next picture is an IDR picture
};

static void stop(rtc_video_codec *codec)
{
	if (codec->encoder) {
		esp_h264_enc_close(codec->encoder);
		esp_h264_enc_del(codec->encoder);
	}
	codec->encoder = NULL;
	codec->parameters = NULL;
}

static int errorOf(esp_h264_err_t result)
{
	return result == ESP_H264_ERR_OK ? 0 : result == ESP_H264_ERR_MEM ? ENOMEM : ENOTSUP;
}

static int start(rtc_video_codec *codec)
{
	esp_h264_enc_cfg_t configuration = {
		.gop = LONGEST_GOP,
		.fps = (uint8_t)(codec->options.framerate > 255 ? 255 : codec->options.framerate),
		.res = {.width = codec->options.width, .height = codec->options.height},
		.rc = {.bitrate = codec->options.bitrate, .qp_min = MINIMUM_QP, .qp_max = MAXIMUM_QP},
	};
#if CONFIG_IDF_TARGET_ESP32P4
	configuration.pic_type = ESP_H264_RAW_FMT_O_UYY_E_VYY;
	esp_h264_err_t result = esp_h264_enc_hw_new(&configuration, &codec->encoder);
	if (result != ESP_H264_ERR_OK)
		return errorOf(result);
	esp_h264_enc_param_hw_handle_t parameters;
	result = esp_h264_enc_hw_get_param_hd(codec->encoder, &parameters);
	codec->parameters = (esp_h264_enc_param_handle_t)parameters;
#else
	configuration.pic_type = ESP_H264_RAW_FMT_I420;
	esp_h264_err_t result = esp_h264_enc_sw_new(&configuration, &codec->encoder);
	if (result != ESP_H264_ERR_OK)
		return errorOf(result);
	result = esp_h264_enc_sw_get_param_hd(codec->encoder, &codec->parameters);
#endif
	if (result == ESP_H264_ERR_OK)
		result = esp_h264_enc_open(codec->encoder);
	if (result != ESP_H264_ERR_OK) {
		stop(codec);
		return errorOf(result);
	}
	codec->fresh = 1;
	return 0;
}

static void destroy(rtc_video_codec *codec)
{
	stop(codec);
	esp_h264_free(codec->picture);
	free(codec);
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	*error = ENOTSUP;
	*message = "esp_h264 cannot bound the size of NAL units";
	if (options->maximumNalSize)
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the encoder";
	rtc_video_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->options = *options;
	codec->width = (uint16_t)((options->width + 15) & ~15);
	codec->height = (uint16_t)((options->height + 15) & ~15);
	uint32_t size = (uint32_t)codec->width * codec->height * 3 / 2;
	codec->picture = esp_h264_aligned_calloc(ALIGNMENT, 1, size, &codec->pictureSize, ESP_H264_MEM_SPIRAM);
	if (!codec->picture) {
		free(codec);
		return NULL;
	}
	*error = start(codec);
	if (!*error)
		return codec;
	if (*error == ENOTSUP)
		*message = "esp_h264 refuses this size, frame rate or bitrate";
	destroy(codec);
	return NULL;
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	codec->options.bitrate = bitsPerSecond;
	codec->options.framerate = framerate;
	if (!codec->parameters)
		return EIO;
	// Not every encoder of the component can: then it makes fewer bits of fewer pictures.
	esp_h264_enc_set_fps(codec->parameters, (uint8_t)(framerate > 255 ? 255 : framerate));
	return esp_h264_enc_set_bitrate(codec->parameters, bitsPerSecond) == ESP_H264_ERR_OK ? 0 : EIO;
}

#if CONFIG_IDF_TARGET_ESP32P4
// Odd lines (counted from one) are u y y u y y …, even lines v y y v y y …
static void arrange(rtc_video_codec *codec, const rtc_frame *input)
{
	for (uint32_t line = 0; line < codec->options.height; line++) {
		const uint8_t *luma = input->planes[0] + line * input->strides[0];
		int plane = line & 1 ? 2 : 1;
		const uint8_t *chroma = input->planes[plane] + line / 2 * input->strides[plane];
		uint8_t *out = codec->picture + line * codec->width * 3 / 2;
		for (uint32_t x = 0; x < codec->options.width; x += 2) {
			*out++ = *chroma++;
			*out++ = *luma++;
			*out++ = *luma++;
		}
	}
}
#else
// Planes without gaps. The software encoder reads them with the picture's own width, and pads by itself.
static void arrange(rtc_video_codec *codec, const rtc_frame *input)
{
	uint8_t *out = codec->picture;
	for (int plane = 0; plane < 3; plane++) {
		uint32_t width = plane ? codec->options.width / 2u : codec->options.width;
		uint32_t height = plane ? codec->options.height / 2u : codec->options.height;
		for (uint32_t line = 0; line < height; line++, out += width)
			memcpy(out, input->planes[plane] + line * input->strides[plane], width);
	}
}
#endif

// The software encoder does not tell the type of a picture, but its first NAL unit does.
static int is_key(const rtc_frame *unit)
{
	uint32_t at = 0;
	while (at + 1 < unit->size && unit->data[at] == 0)
		at++;
	return at + 1 < unit->size && (unit->data[at + 1] & 0x1F) == NAL_SPS;
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	if (key && !codec->fresh) {
		stop(codec);
		if (start(codec))
			return EIO;
	}
	if (!codec->encoder)
		return EIO;
	arrange(codec, input);
	esp_h264_enc_in_frame_t in = {
		.raw_data = {.buffer = codec->picture, .len = codec->pictureSize},
		.pts = (uint32_t)(input->time / 1000),
	};
	esp_h264_enc_out_frame_t out = {.raw_data = {.buffer = output->data, .len = output->capacity}};
	esp_h264_err_t result = esp_h264_enc_process(codec->encoder, &in, &out);
	if (result != ESP_H264_ERR_OK)
		return result == ESP_H264_ERR_OVERFLOW || result == ESP_H264_ERR_MEM ? ENOSPC : EIO;
	if (out.length > output->capacity)
		return ENOSPC;
	output->size = out.length;
	output->key = is_key(output);
	codec->fresh = 0;
	return 0;
}

static const rtc_video_class encoder = {.make = make, .destroy = destroy, .setRate = setRate, .encode = encode};

const rtc_codec rtc_codec_h264 = {
	.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264, .video = &encoder};
