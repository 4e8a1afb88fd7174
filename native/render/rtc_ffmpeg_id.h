// SPDX-License-Identifier: Apache-2.0
// What FFmpeg calls the codecs of pictures.
#ifndef RTC_FFMPEG_ID_H
#define RTC_FFMPEG_ID_H

#include <libavcodec/codec_id.h>
#include <string.h>
#include "rtc_codec.h"

static inline enum AVCodecID rtc_ffmpeg_id(const rtc_codec *codec)
{
	static const struct {
		const char *name;
		enum AVCodecID id;
	} known[] = {{"H264", AV_CODEC_ID_H264}, {"H265", AV_CODEC_ID_HEVC}, {"VP8", AV_CODEC_ID_VP8}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(codec->name, known[i].name))
			return known[i].id;
	return AV_CODEC_ID_NONE;
}

#endif
