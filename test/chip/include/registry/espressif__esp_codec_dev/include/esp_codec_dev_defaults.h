// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_CODEC_DEV_DEFAULTS_H
#define CHIP_ESP_CODEC_DEV_DEFAULTS_H

#include <stdint.h>
#include "audio_codec_ctrl_if.h"
#include "audio_codec_if.h"

typedef struct {
	uint8_t port, addr;
	void *bus_handle;
} audio_codec_i2c_cfg_t;

const audio_codec_ctrl_if_t *audio_codec_new_i2c_ctrl(audio_codec_i2c_cfg_t *configuration);

#endif
