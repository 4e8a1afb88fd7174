// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_CAM_SENSOR_TYPES_H
#define CHIP_ESP_CAM_SENSOR_TYPES_H

#include "esp_sccb_intf.h"

#endif
