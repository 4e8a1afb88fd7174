// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ES8311_CODEC_H
#define CHIP_ES8311_CODEC_H

#include "audio_codec_ctrl_if.h"
#include "audio_codec_if.h"

typedef struct {
	const audio_codec_ctrl_if_t *ctrl_if;
	esp_codec_dec_work_mode_t codec_mode;
	int16_t pa_pin;
	bool use_mclk, no_dac_ref;
	uint16_t mclk_div;
} es8311_codec_cfg_t;

const audio_codec_if_t *es8311_codec_new(es8311_codec_cfg_t *configuration);

#endif
