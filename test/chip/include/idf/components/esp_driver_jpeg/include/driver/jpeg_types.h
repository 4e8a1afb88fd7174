// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_JPEG_DRIVER_TYPES_H
#define CHIP_JPEG_DRIVER_TYPES_H

typedef struct chip_jpeg_encoder *jpeg_encoder_handle_t;
typedef enum { JPEG_ENCODE_IN_FORMAT_YUV422 = 1 } jpeg_enc_input_format_t;
typedef enum { JPEG_ENC_ALLOC_INPUT_BUFFER, JPEG_ENC_ALLOC_OUTPUT_BUFFER } jpeg_enc_buffer_alloc_direction_t;

#endif
