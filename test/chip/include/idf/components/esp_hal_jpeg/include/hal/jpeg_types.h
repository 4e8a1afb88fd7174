// SPDX-License-Identifier: Apache-2.0
// Since IDF 6 in a component of its own, as much of the hardware's layer.
#ifndef CHIP_JPEG_HAL_TYPES_H
#define CHIP_JPEG_HAL_TYPES_H

typedef enum { JPEG_DOWN_SAMPLING_YUV422 = 1 } jpeg_down_sampling_type_t;

#endif
