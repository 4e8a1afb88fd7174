// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_I2C_ESP32_H
#define RTC_I2C_ESP32_H

#include "driver/i2c_master.h"

// The board's I2C bus (pins from `defines.i2c`), which a camera and a codec share. Whoever takes it gives it back once.
esp_err_t rtc_i2c_take(i2c_master_bus_handle_t *bus);
void rtc_i2c_give(void);

#endif
