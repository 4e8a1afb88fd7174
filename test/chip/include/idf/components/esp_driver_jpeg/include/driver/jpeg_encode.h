// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_JPEG_ENCODE_H
#define CHIP_JPEG_ENCODE_H

#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"
#include "hal/jpeg_types.h"
#include "jpeg_types.h"

typedef struct {
	uint32_t height, width;
	jpeg_enc_input_format_t src_type;
	jpeg_down_sampling_type_t sub_sample;
	uint32_t image_quality;
} jpeg_encode_cfg_t;

typedef struct {
	int intr_priority, timeout_ms;
} jpeg_encode_engine_cfg_t;

typedef struct {
	jpeg_enc_buffer_alloc_direction_t buffer_direction;
} jpeg_encode_memory_alloc_cfg_t;

esp_err_t jpeg_new_encoder_engine(const jpeg_encode_engine_cfg_t *options, jpeg_encoder_handle_t *encoder);
esp_err_t jpeg_encoder_process(jpeg_encoder_handle_t encoder, const jpeg_encode_cfg_t *options, const uint8_t *input,
							   uint32_t inputSize, uint8_t *output, uint32_t outputSize, uint32_t *size);
esp_err_t jpeg_del_encoder_engine(jpeg_encoder_handle_t encoder);
void *jpeg_alloc_encoder_mem(size_t size, const jpeg_encode_memory_alloc_cfg_t *options, size_t *allocated);

#endif
