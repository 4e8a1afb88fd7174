// SPDX-License-Identifier: Apache-2.0
#include "rtc_media_convert.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_WIDTH 1920 // of a source's own size
#define LARGEST_HEIGHT 1080
#define FRAMES 4       // in the queue of an encoder: 2, being encoded: 1, being filled: 1
#define TOLERANCE 2000 // microseconds of jitter
#define BLACK_LUMA 16
#define BLACK_CHROMA 128

static int even(double value)
{
	int rounded = (int)(value / 2 + 0.5) * 2;
	return rounded < 2 ? 2 : rounded;
}

int rtc_media_scaler_init(rtc_media_scaler *scaler, const rtc_media_input *input, const rtc_capture_options *options)
{
	const AVCodecParameters *parameters = rtc_media_input_stream(input)->codecpar;
	AVRational ratio = av_guess_sample_aspect_ratio(input->format, (AVStream *)rtc_media_input_stream(input), NULL);
	double width = parameters->width, height = parameters->height;
	if (ratio.num > 0 && ratio.den > 0)
		width = width * ratio.num / ratio.den;
	if (width < 1 || height < 1)
		width = LARGEST_WIDTH, height = LARGEST_HEIGHT;
	scaler->turn = rtc_media_turn_of(rtc_media_input_stream(input));
	if (scaler->turn.transposed) {
		double across = width;
		width = height, height = across;
	}
	double scale = 1;
	if (options->width && options->height)
		scale = options->width / width < options->height / height ? options->width / width : options->height / height;
	else if (options->width)
		scale = options->width / width;
	else if (options->height)
		scale = options->height / height;
	else if (width > LARGEST_WIDTH || height > LARGEST_HEIGHT)
		scale = LARGEST_WIDTH / width < LARGEST_HEIGHT / height ? LARGEST_WIDTH / width : LARGEST_HEIGHT / height;
	scaler->inner = even(width * scale);
	scaler->innerHeight = even(height * scale);
	scaler->width = options->width ? options->width : (uint16_t)scaler->inner;
	scaler->height = options->height ? options->height : (uint16_t)scaler->innerHeight;
	scaler->inner = scaler->inner > scaler->width ? scaler->width : scaler->inner;
	scaler->innerHeight = scaler->innerHeight > scaler->height ? scaler->height : scaler->innerHeight;
	scaler->left = (scaler->width - scaler->inner) / 2 & ~1;
	scaler->top = (scaler->height - scaler->innerHeight) / 2 & ~1;
	scaler->framerate = options->framerate;
	scaler->nextTime = INT64_MIN;
	scaler->pool = rtc_frame_pool_new(FRAMES, rtc_capture_picture_size(scaler->width, scaler->height));
	if (rtc_media_turn_needed(scaler->turn))
		scaler->unturned = malloc((size_t)scaler->inner * scaler->innerHeight * 3 / 2);
	return scaler->pool && (scaler->unturned || !rtc_media_turn_needed(scaler->turn)) ? 0 : -1;
}

void rtc_media_scaler_close(rtc_media_scaler *scaler)
{
	free(scaler->unturned);
	sws_freeContext(scaler->scaler);
	rtc_frame_pool_close(scaler->pool);
}

int rtc_media_scaler_wants(rtc_media_scaler *scaler, int64_t time)
{
	int64_t period = 1000000 / scaler->framerate;
	if (time + TOLERANCE < scaler->nextTime && time + 2 * period > scaler->nextTime)
		return 0;
	int64_t steady = scaler->nextTime == INT64_MIN ? time : scaler->nextTime + period;
	scaler->nextTime = steady < time ? time + period - TOLERANCE : steady;
	return 1;
}

static int prepare(rtc_media_scaler *scaler, const AVFrame *frame)
{
	if (scaler->scaler && frame->width == scaler->inWidth && frame->height == scaler->inHeight &&
		frame->format == scaler->inFormat)
		return 0;
	sws_freeContext(scaler->scaler);
	int width = scaler->turn.transposed ? scaler->innerHeight : scaler->inner;
	int height = scaler->turn.transposed ? scaler->inner : scaler->innerHeight;
	scaler->scaler = sws_getContext(frame->width, frame->height, frame->format, width, height, AV_PIX_FMT_YUV420P,
									SWS_BILINEAR, NULL, NULL, NULL);
	scaler->inWidth = frame->width;
	scaler->inHeight = frame->height;
	scaler->inFormat = frame->format;
	return scaler->scaler ? 0 : -1;
}

static void blacken(rtc_frame *picture)
{
	memset(picture->planes[0], BLACK_LUMA, (size_t)picture->strides[0] * picture->height);
	memset(picture->planes[1], BLACK_CHROMA, (size_t)picture->strides[1] * picture->height / 2);
	memset(picture->planes[2], BLACK_CHROMA, (size_t)picture->strides[2] * picture->height / 2);
}

// Scales to `planes`, by way of a picture that is not turned yet where it must be. Returns 0 or -1.
static int convert(rtc_media_scaler *scaler, const AVFrame *frame, uint8_t *const planes[4], const int strides[4])
{
	const uint8_t *const *data = (const uint8_t *const *)frame->data;
	if (!scaler->unturned)
		return sws_scale(scaler->scaler, data, frame->linesize, 0, frame->height, planes, strides) > 0 ? 0 : -1;
	int width = scaler->turn.transposed ? scaler->innerHeight : scaler->inner;
	int luma = scaler->inner * scaler->innerHeight;
	uint8_t *unturned[4] = {scaler->unturned, scaler->unturned + luma, scaler->unturned + luma * 5 / 4};
	int unturnedStrides[4] = {width, width / 2, width / 2};
	if (sws_scale(scaler->scaler, data, frame->linesize, 0, frame->height, unturned, unturnedStrides) <= 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		int shift = i ? 1 : 0;
		rtc_media_turn_plane(scaler->turn, unturned[i], unturnedStrides[i], planes[i], strides[i],
							 scaler->inner >> shift, scaler->innerHeight >> shift);
	}
	return 0;
}

rtc_frame *rtc_media_scale(rtc_media_scaler *scaler, const AVFrame *frame)
{
	if (prepare(scaler, frame))
		return NULL;
	rtc_frame *picture = rtc_frame_pool_get(scaler->pool);
	if (!picture)
		return NULL;
	rtc_capture_picture(picture, scaler->width, scaler->height);
	if (scaler->inner < scaler->width || scaler->innerHeight < scaler->height)
		blacken(picture);
	uint8_t *planes[4] = {NULL};
	int strides[4] = {0};
	for (int i = 0; i < 3; i++) {
		int shift = i ? 1 : 0;
		strides[i] = (int)picture->strides[i];
		planes[i] = picture->planes[i] + (scaler->top >> shift) * strides[i] + (scaler->left >> shift);
	}
	if (!convert(scaler, frame, planes, strides))
		return picture;
	rtc_frame_release(picture);
	return NULL;
}
