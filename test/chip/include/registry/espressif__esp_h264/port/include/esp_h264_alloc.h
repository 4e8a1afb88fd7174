// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_H264_ALLOC_H
#define CHIP_ESP_H264_ALLOC_H

#include "esp_heap_caps.h"

#define ESP_H264_MEM_SPIRAM MALLOC_CAP_SPIRAM
#define esp_h264_free heap_caps_free

void *esp_h264_aligned_calloc(uint32_t alignment, uint32_t count, uint32_t size, uint32_t *actual,
							  uint32_t capabilities);

#endif
