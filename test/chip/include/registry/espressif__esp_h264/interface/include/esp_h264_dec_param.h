// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_DEC_PARAM_H
#define CHIP_ESP_H264_DEC_PARAM_H

#include "esp_h264_types.h"

typedef struct esp_h264_dec_param_if *esp_h264_dec_param_handle_t;

esp_h264_err_t esp_h264_dec_get_resolution(esp_h264_dec_param_handle_t parameters, esp_h264_resolution_t *resolution);

#endif
