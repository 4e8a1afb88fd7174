// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_ENC_PARAM_HW_H
#define CHIP_ESP_H264_ENC_PARAM_HW_H

#include "esp_h264_enc_param.h"

typedef struct esp_h264_enc_param_hw_if *esp_h264_enc_param_hw_handle_t;

#endif
