// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_HEAP_CAPS_H
#define CHIP_ESP_HEAP_CAPS_H

#include <stddef.h>
#include <stdint.h>

#define MALLOC_CAP_8BIT (1 << 2)
#define MALLOC_CAP_SPIRAM (1 << 10)
#define MALLOC_CAP_INTERNAL (1 << 11)
#define MALLOC_CAP_DEFAULT (1 << 12)

void *heap_caps_calloc_prefer(size_t count, size_t size, size_t preferences, ...);
void heap_caps_free(void *memory);
size_t heap_caps_get_total_size(uint32_t capabilities);
size_t heap_caps_get_free_size(uint32_t capabilities);

#endif
