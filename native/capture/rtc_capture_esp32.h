// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_CAPTURE_ESP32_H
#define RTC_CAPTURE_ESP32_H

#include "rtc_capture.h"

// The board's camera; from `defines.camera` of its manifest: DVP by esp32-camera, or `mipi` by esp_video.
rtc_capture_device *rtc_camera_esp32_open(const rtc_capture_options *options, rtc_capture_error *error);
// The board's I2S or PDM microphone; pins from `defines.audioIn.i2s` of the board's manifest. With `defines.es8311`
// that codec is between the two.
rtc_capture_device *rtc_microphone_esp32_open(const rtc_capture_options *options, rtc_capture_error *error);

#endif
