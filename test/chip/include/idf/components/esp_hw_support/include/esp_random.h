// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_RANDOM_H
#define CHIP_ESP_RANDOM_H

#include <stddef.h>

void esp_fill_random(void *buffer, size_t size);

#endif
