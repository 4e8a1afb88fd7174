// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_ENC_PARAM_H
#define CHIP_ESP_H264_ENC_PARAM_H

#include "esp_h264_types.h"

typedef struct esp_h264_enc_param_if *esp_h264_enc_param_handle_t;

esp_h264_err_t esp_h264_enc_set_bitrate(esp_h264_enc_param_handle_t parameters, uint32_t bitrate);
esp_h264_err_t esp_h264_enc_set_fps(esp_h264_enc_param_handle_t parameters, uint8_t fps);

#endif
