// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_DEC_H
#define CHIP_ESP_H264_DEC_H

#include "esp_h264_types.h"

typedef struct {
	esp_h264_raw_format_t pic_type;
} esp_h264_dec_cfg_t;
typedef struct esp_h264_dec_if *esp_h264_dec_handle_t;

esp_h264_err_t esp_h264_dec_open(esp_h264_dec_handle_t decoder);
esp_h264_err_t esp_h264_dec_process(esp_h264_dec_handle_t decoder, esp_h264_dec_in_frame_t *in,
									esp_h264_dec_out_frame_t *out);
esp_h264_err_t esp_h264_dec_close(esp_h264_dec_handle_t decoder);
esp_h264_err_t esp_h264_dec_del(esp_h264_dec_handle_t decoder);

#endif
