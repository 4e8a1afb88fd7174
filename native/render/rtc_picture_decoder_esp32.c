// SPDX-License-Identifier: Apache-2.0
// H.264 by Espressif's esp_h264, in software on every chip: constrained baseline, which is what is negotiated.
#include "rtc_picture_decoder.h"

#include <stdlib.h>
#include <string.h>
#include "esp_h264_dec_sw.h"

struct rtc_picture_decoder {
	esp_h264_dec_handle_t decoder;
	esp_h264_dec_param_sw_handle_t parameters;
};

void rtc_picture_decoder_free(rtc_picture_decoder *decoder)
{
	if (!decoder)
		return;
	if (decoder->decoder) {
		esp_h264_dec_close(decoder->decoder);
		esp_h264_dec_del(decoder->decoder);
	}
	free(decoder);
}

rtc_picture_decoder *rtc_picture_decoder_new(const rtc_codec *codec)
{
	const esp_h264_dec_cfg_sw_t configuration = {.pic_type = ESP_H264_RAW_FMT_I420};
	if (strcmp(codec->name, "H264"))
		return NULL;
	rtc_picture_decoder *decoder = calloc(1, sizeof *decoder);
	if (decoder && esp_h264_dec_sw_new(&configuration, &decoder->decoder) == ESP_H264_ERR_OK &&
		esp_h264_dec_sw_get_param_hd(decoder->decoder, &decoder->parameters) == ESP_H264_ERR_OK &&
		esp_h264_dec_open(decoder->decoder) == ESP_H264_ERR_OK)
		return decoder;
	rtc_picture_decoder_free(decoder);
	return NULL;
}

// The decoder's own memory, in planes without gaps. 0, or -1: it is not as large as it says.
static int layOut(const rtc_picture_decoder *decoder, const esp_h264_dec_out_frame_t *out, rtc_frame *picture)
{
	esp_h264_resolution_t size = {0};
	if (esp_h264_dec_get_resolution(decoder->parameters, &size) != ESP_H264_ERR_OK || !size.width || !size.height)
		return -1;
	uint32_t luma = (uint32_t)size.width * size.height, width = (size.width + 1u) / 2, height = (size.height + 1u) / 2;
	if (out->out_size < luma + 2ull * width * height)
		return -1;
	picture->width = size.width;
	picture->height = size.height;
	picture->planes[0] = out->outbuf;
	picture->planes[1] = out->outbuf + luma;
	picture->planes[2] = picture->planes[1] + width * height;
	picture->strides[0] = size.width;
	picture->strides[1] = picture->strides[2] = width;
	return 0;
}

// It takes as much at a time as it likes: a NAL unit, or more of them.
int rtc_picture_decoder_decode(rtc_picture_decoder *decoder, const rtc_frame *unit, rtc_frame *picture)
{
	esp_h264_dec_in_frame_t in = {.raw_data = {.buffer = unit->data, .len = unit->size}};
	while (in.raw_data.len) {
		esp_h264_dec_out_frame_t out = {0};
		in.consume = 0;
		if (esp_h264_dec_process(decoder->decoder, &in, &out) != ESP_H264_ERR_OK || in.consume > in.raw_data.len)
			return -1;
		if (out.out_size && out.outbuf)
			return layOut(decoder, &out, picture) ? -1 : 1;
		if (!in.consume)
			return 0;
		in.raw_data.buffer += in.consume;
		in.raw_data.len -= in.consume;
	}
	return 0;
}
