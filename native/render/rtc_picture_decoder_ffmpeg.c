// SPDX-License-Identifier: Apache-2.0
#include "rtc_picture_decoder.h"

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_ffmpeg_id.h"
#include "rtc_h265_size.h"

// The largest picture that is decoded, as that of H.264's level 5.1. The size is the sender's word, in few bytes, by
// which the library takes memory for every picture that it keeps.
#define MOST_PIXELS (4096 * 2304)

struct rtc_picture_decoder {
	AVCodecContext *context;
	AVPacket *packet;
	AVFrame *frame;
	uint8_t *padded; // a unit, and the zeros that the library reads behind it
	uint32_t capacity;
};

void rtc_picture_decoder_free(rtc_picture_decoder *decoder)
{
	if (!decoder)
		return;
	avcodec_free_context(&decoder->context);
	av_packet_free(&decoder->packet);
	av_frame_free(&decoder->frame);
	free(decoder->padded);
	free(decoder);
}

// H.264 asks for the format before it takes memory for what it knows of each block, and for the size after that.
static enum AVPixelFormat chooseFormat(AVCodecContext *context, const enum AVPixelFormat *formats)
{
	return (int64_t)context->coded_width * context->coded_height > MOST_PIXELS
			   ? AV_PIX_FMT_NONE
			   : avcodec_default_get_format(context, formats);
}

rtc_picture_decoder *rtc_picture_decoder_new(const rtc_codec *codec)
{
	const AVCodec *found = avcodec_find_decoder(rtc_ffmpeg_id(codec));
	rtc_picture_decoder *decoder = found ? calloc(1, sizeof *decoder) : NULL;
	if (!decoder)
		return NULL;
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is returned
	decoder->context = avcodec_alloc_context3(found);
	decoder->packet = av_packet_alloc();
	decoder->frame = av_frame_alloc();
	if (decoder->context && decoder->packet && decoder->frame) {
		decoder->context->thread_count = 1;
		decoder->context->max_pixels = MOST_PIXELS;
		decoder->context->get_format = chooseFormat;
		decoder->context->flags |= AV_CODEC_FLAG_LOW_DELAY; // a picture for each unit
		decoder->context->err_recognition = AV_EF_EXPLODE;
		if (avcodec_open2(decoder->context, found, NULL) == 0)
			return decoder;
	}
	rtc_picture_decoder_free(decoder);
	return NULL;
}

static int pad(rtc_picture_decoder *decoder, const rtc_frame *unit)
{
	uint32_t size = unit->size + AV_INPUT_BUFFER_PADDING_SIZE;
	if (decoder->capacity < size) {
		uint8_t *larger = realloc(decoder->padded, size);
		if (!larger)
			return -1;
		decoder->padded = larger;
		decoder->capacity = size;
	}
	memcpy(decoder->padded, unit->data, unit->size);
	memset(decoder->padded + unit->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
	return 0;
}

int rtc_picture_decoder_decode(rtc_picture_decoder *decoder, const rtc_frame *unit, rtc_frame *picture)
{
	AVFrame *frame = decoder->frame;
	// Its tables of blocks come before the library asks anything.
	if (decoder->context->codec_id == AV_CODEC_ID_HEVC && rtc_h265_claimed_pixels(unit->data, unit->size) > MOST_PIXELS)
		return -1;
	if (pad(decoder, unit))
		return -1;
	decoder->packet->data = decoder->padded;
	decoder->packet->size = (int)unit->size;
	if (avcodec_send_packet(decoder->context, decoder->packet) < 0)
		return -1;
	int result = avcodec_receive_frame(decoder->context, frame);
	if (result == AVERROR(EAGAIN))
		return 0;
	if (result < 0 || (frame->format != AV_PIX_FMT_YUV420P && frame->format != AV_PIX_FMT_YUVJ420P))
		return -1;
	picture->format = RTC_FORMAT_I420;
	picture->width = (uint16_t)frame->width;
	picture->height = (uint16_t)frame->height;
	for (int i = 0; i < 3; i++) {
		picture->planes[i] = frame->data[i];
		picture->strides[i] = (uint32_t)frame->linesize[i];
	}
	return 1;
}
