// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_IMG_CONVERTERS_H
#define CHIP_IMG_CONVERTERS_H

#include <stdbool.h>
#include "esp_camera.h"

typedef size_t (*jpg_out_cb)(void *context, size_t index, const void *data, size_t size);
bool frame2jpg_cb(camera_fb_t *picture, uint8_t quality, jpg_out_cb callback, void *context);

#endif
