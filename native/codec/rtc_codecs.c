// SPDX-License-Identifier: Apache-2.0
// The codecs of this build. A new one is a file that defines its record, and its line here.
#include "rtc_audio_codec.h"
#include "rtc_video_codec.h"

#include <string.h>

const rtc_codec *const rtc_codecs[] = {
	&rtc_codec_h264, &rtc_codec_vp8, &rtc_codec_h265, &rtc_codec_opus, &rtc_codec_pcmu, &rtc_codec_pcma, NULL};

const rtc_codec *rtc_codec_find(const char *name)
{
	for (const rtc_codec *const *codec = rtc_codecs; *codec; codec++)
		if (!strcmp((*codec)->name, name))
			return *codec;
	return NULL;
}
