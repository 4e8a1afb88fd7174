// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_SENSOR_H
#define CHIP_SENSOR_H

#include <stdint.h>

typedef enum { PIXFORMAT_RGB565, PIXFORMAT_YUV422, PIXFORMAT_JPEG } pixformat_t;
typedef enum { FRAMESIZE_QVGA, FRAMESIZE_VGA, FRAMESIZE_INVALID } framesize_t; // of many
typedef struct {
	uint16_t width, height;
} resolution_info_t;
extern const resolution_info_t resolution[];

#endif
