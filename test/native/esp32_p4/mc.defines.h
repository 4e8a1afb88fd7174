// SPDX-License-Identifier: Apache-2.0
// What the manifest of the ESP32-P4 board defines.
#define MODDEF_CAMERA_MIPI 1
#define MODDEF_I2C_SDA_PIN 7
#define MODDEF_I2C_SCL_PIN 8
