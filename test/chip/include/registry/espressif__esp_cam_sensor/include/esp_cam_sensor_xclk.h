// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_CAM_SENSOR_XCLK_H
#define CHIP_ESP_CAM_SENSOR_XCLK_H

#include "sdkconfig.h"

#endif
