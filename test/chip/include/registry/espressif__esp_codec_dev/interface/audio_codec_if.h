// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_AUDIO_CODEC_IF_H
#define CHIP_AUDIO_CODEC_IF_H

#include "esp_codec_dev_types.h"

typedef struct audio_codec_if_t audio_codec_if_t;
struct audio_codec_if_t {
	int (*enable)(const audio_codec_if_t *codec, bool enable);
	int (*set_fs)(const audio_codec_if_t *codec, esp_codec_dev_sample_info_t *format);
	int (*set_mic_gain)(const audio_codec_if_t *codec, float decibels);
};

int audio_codec_delete_codec_if(const audio_codec_if_t *codec);

#endif
