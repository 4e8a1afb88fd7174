// SPDX-License-Identifier: Apache-2.0
// H.265 by what FFmpeg was built with (libx265 in Debian), Main profile, without frames that wait.
#include "rtc_video_codec.h"
#include "rtc_payload.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK 1000000
// The library takes no other bitrate while it runs. So a wish that is no further than this from what it has is left
// alone, and any other makes another encoder, which begins with a key frame.
#define TOLERANCE 5 // a part of it

struct rtc_video_codec {
	AVCodecContext *context;
	AVFrame *frame;
	AVPacket *packet;
	uint32_t framerate;
	uint64_t time;
};

static void destroy(rtc_video_codec *codec)
{
	avcodec_free_context(&codec->context);
	av_frame_free(&codec->frame);
	av_packet_free(&codec->packet);
	free(codec);
}

static void configure(rtc_video_codec *codec, const rtc_video_codec_options *options)
{
	AVCodecContext *context = codec->context;
	context->width = codec->frame->width = options->width;
	context->height = codec->frame->height = options->height;
	context->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->frame->format = AV_PIX_FMT_YUV420P;
	context->time_base = (AVRational){1, CLOCK};
	context->framerate = (AVRational){(int)options->framerate, 1};
	context->bit_rate = context->rc_max_rate = options->bitrate;
	context->rc_buffer_size = (int)options->bitrate; // of a second
	context->thread_count = 1;
	context->max_b_frames = 0;
	context->gop_size = -1; // the video encoder decides
	context->codec_tag = 0;
	av_opt_set(context->priv_data, "preset", "ultrafast", 0);
	av_opt_set(context->priv_data, "tune", "zerolatency", 0);
	av_opt_set(context->priv_data, "forced-idr", "1", 0);
	av_opt_set(context->priv_data, "x265-params",
			   "log-level=none:repeat-headers=1:annexb=1:scenecut=0:keyint=-1:open-gop=0:pools=none:frame-threads=1:"
			   "aud=0:info=0",
			   0);
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	const AVCodec *found = avcodec_find_encoder_by_name("libx265");
	*error = ENOTSUP;
	*message = "FFmpeg has no encoder of H.265 here";
	if (!found)
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the H.265 encoder";
	rtc_video_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->framerate = options->framerate;
	codec->context = avcodec_alloc_context3(found);
	codec->frame = av_frame_alloc();
	codec->packet = av_packet_alloc();
	if (codec->context && codec->frame && codec->packet) {
		av_log_set_level(AV_LOG_QUIET); // what goes wrong is returned
		configure(codec, options);
		int result = avcodec_open2(codec->context, found, NULL);
		if (result == 0)
			return codec;
		if (result == AVERROR(EINVAL) || result == AVERROR_INVALIDDATA) {
			*error = ENOTSUP;
			*message = "the H.265 encoder refuses this size of pictures";
		}
	}
	destroy(codec);
	return NULL;
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	uint64_t now = (uint64_t)codec->context->bit_rate;
	int isNear = bitsPerSecond <= now + now / TOLERANCE && bitsPerSecond >= now - now / TOLERANCE;
	return isNear && framerate == codec->framerate ? 0 : EIO;
}

static int gather(rtc_video_codec *codec, rtc_frame *output)
{
	int result;
	while ((result = avcodec_receive_packet(codec->context, codec->packet)) == 0) {
		size_t size = (size_t)codec->packet->size;
		int fits = size <= output->capacity - output->size;
		if (fits) {
			memcpy(output->data + output->size, codec->packet->data, size);
			output->size += (uint32_t)size;
			output->key |= (codec->packet->flags & AV_PKT_FLAG_KEY) != 0;
		}
		av_packet_unref(codec->packet);
		if (!fits)
			return ENOSPC;
	}
	return result == AVERROR(EAGAIN) ? 0 : EIO;
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	AVFrame *frame = codec->frame;
	for (int i = 0; i < 3; i++) {
		frame->data[i] = input->planes[i];
		frame->linesize[i] = (int)input->strides[i];
	}
	codec->time = input->time > codec->time ? input->time : codec->time + 1; // the library's may not go back
	frame->pts = (int64_t)codec->time;
	frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	return avcodec_send_frame(codec->context, frame) < 0 ? EIO : gather(codec, output);
}

static const rtc_video_class encoder = {.make = make, .destroy = destroy, .setRate = setRate, .encode = encode};

const rtc_codec rtc_codec_h265 = {
	.name = "H265", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h265, .video = &encoder};
