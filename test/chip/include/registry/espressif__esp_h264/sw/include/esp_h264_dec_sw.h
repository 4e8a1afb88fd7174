// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_DEC_SW_H
#define CHIP_ESP_H264_DEC_SW_H

#include "esp_h264_dec.h"
#include "esp_h264_dec_param.h"

typedef esp_h264_dec_param_handle_t esp_h264_dec_param_sw_handle_t;
typedef esp_h264_dec_cfg_t esp_h264_dec_cfg_sw_t;

esp_h264_err_t esp_h264_dec_sw_new(const esp_h264_dec_cfg_sw_t *configuration, esp_h264_dec_handle_t *decoder);
esp_h264_err_t esp_h264_dec_sw_get_param_hd(esp_h264_dec_handle_t decoder, esp_h264_dec_param_sw_handle_t *parameters);

#endif
