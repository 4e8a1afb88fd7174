// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_ENC_SINGLE_HW_H
#define CHIP_ESP_H264_ENC_SINGLE_HW_H

#include "esp_h264_enc_param_hw.h"
#include "esp_h264_enc_single.h"

esp_h264_err_t esp_h264_enc_hw_new(const esp_h264_enc_cfg_t *configuration, esp_h264_enc_handle_t *encoder);
esp_h264_err_t esp_h264_enc_hw_get_param_hd(esp_h264_enc_handle_t encoder, esp_h264_enc_param_hw_handle_t *parameters);

#endif
