// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_SCCB_INTF_H
#define CHIP_ESP_SCCB_INTF_H

#include "esp_err.h"

#endif
