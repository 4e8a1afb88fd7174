// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_CODEC_DEV_TYPES_H
#define CHIP_ESP_CODEC_DEV_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include "esp_err.h"

typedef struct {
	uint8_t bits_per_sample, channel;
	uint16_t channel_mask;
	uint32_t sample_rate;
} esp_codec_dev_sample_info_t;
typedef enum { ESP_CODEC_DEV_WORK_MODE_ADC = 1 } esp_codec_dec_work_mode_t;

#endif
