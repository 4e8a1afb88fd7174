// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_FREERTOS_H
#define CHIP_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;

#endif
