// SPDX-License-Identifier: Apache-2.0
// VP8 (RFC 6386) by libvpx: in real time, one pass, one partition, one thread.
#include "rtc_video_codec.h"
#include "rtc_payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define LARGEST 16383 // pixels: 14 bits of a frame's header (RFC 6386 section 9.1)
#define MINIMUM_QUANTIZER 4
#define MAXIMUM_QUANTIZER 56
#define SPEED (-8)      // of realtime; more is coarser
#define LARGEST_KEY 450 // percent of a frame's share of the bitrate: half a second's buffer is not filled by one
#define CLOCK 1000000   // of times given to the library

struct rtc_video_codec {
	vpx_codec_ctx_t context;
	vpx_codec_enc_cfg_t options;
	uint32_t period; // microseconds of a frame
};

static void setOptions(vpx_codec_enc_cfg_t *to, const rtc_video_codec_options *options)
{
	to->g_w = options->width;
	to->g_h = options->height;
	to->g_timebase = (vpx_rational_t){1, CLOCK};
	to->g_threads = 1;
	to->g_lag_in_frames = 0;
	to->g_pass = VPX_RC_ONE_PASS;
	to->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	to->rc_end_usage = VPX_CBR;
	to->rc_target_bitrate = options->bitrate / 1000;
	to->rc_dropframe_thresh = 0; // the video encoder decides
	to->rc_resize_allowed = 0;
	to->rc_min_quantizer = MINIMUM_QUANTIZER;
	to->rc_max_quantizer = MAXIMUM_QUANTIZER;
	to->rc_undershoot_pct = 100;
	to->rc_overshoot_pct = 15;
	to->rc_buf_initial_sz = 500; // milliseconds
	to->rc_buf_optimal_sz = 600;
	to->rc_buf_sz = 1000;
	to->kf_mode = VPX_KF_DISABLED;
}

static int begin(rtc_video_codec *codec)
{
	return vpx_codec_enc_init(&codec->context, vpx_codec_vp8_cx(), &codec->options, 0) == VPX_CODEC_OK;
}

static int control(rtc_video_codec *codec)
{
	return vpx_codec_control(&codec->context, VP8E_SET_CPUUSED, SPEED) == VPX_CODEC_OK &&
		   vpx_codec_control(&codec->context, VP8E_SET_STATIC_THRESHOLD, 1u) == VPX_CODEC_OK &&
		   vpx_codec_control(&codec->context, VP8E_SET_MAX_INTRA_BITRATE_PCT, LARGEST_KEY) == VPX_CODEC_OK;
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	*error = ENOTSUP;
	*message = "VP8 has no pictures of this size";
	if (options->width > LARGEST || options->height > LARGEST)
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the VP8 encoder";
	rtc_video_codec *codec = calloc(1, sizeof *codec);
	if (!codec)
		return NULL;
	codec->period = CLOCK / options->framerate;
	if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &codec->options, 0) == VPX_CODEC_OK) {
		setOptions(&codec->options, options);
		if (begin(codec)) {
			if (control(codec))
				return codec;
			vpx_codec_destroy(&codec->context);
		}
	}
	free(codec);
	return NULL;
}

static void destroy(rtc_video_codec *codec)
{
	vpx_codec_destroy(&codec->context);
	free(codec);
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	codec->options.rc_target_bitrate = bitsPerSecond / 1000;
	codec->period = CLOCK / framerate;
	return vpx_codec_enc_config_set(&codec->context, &codec->options) == VPX_CODEC_OK ? 0 : EIO;
}

static int gather(rtc_video_codec *codec, rtc_frame *output)
{
	vpx_codec_iter_t iterator = NULL;
	const vpx_codec_cx_pkt_t *packet;
	while ((packet = vpx_codec_get_cx_data(&codec->context, &iterator))) {
		if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		if (packet->data.frame.sz > output->capacity - output->size)
			return ENOSPC;
		memcpy(output->data + output->size, packet->data.frame.buf, packet->data.frame.sz);
		output->size += (uint32_t)packet->data.frame.sz;
		output->key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
	}
	return 0;
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	vpx_image_t image;
	if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, codec->options.g_w, codec->options.g_h, 1, input->data))
		return EIO;
	for (int i = 0; i < 3; i++) {
		image.planes[i] = input->planes[i];
		image.stride[i] = (int)input->strides[i];
	}
	vpx_enc_frame_flags_t flags = key ? VPX_EFLAG_FORCE_KF : 0;
	if (vpx_codec_encode(&codec->context, &image, (vpx_codec_pts_t)input->time, codec->period, flags,
						 VPX_DL_REALTIME) != VPX_CODEC_OK)
		return EIO;
	return gather(codec, output);
}

static const rtc_video_class encoder = {.make = make, .destroy = destroy, .setRate = setRate, .encode = encode};

const rtc_codec rtc_codec_vp8 = {
	.name = "VP8", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_vp8, .video = &encoder};
