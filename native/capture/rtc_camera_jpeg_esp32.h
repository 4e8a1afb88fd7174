// SPDX-License-Identifier: Apache-2.0
// JPEG of a DVP camera: the sensor's own, or esp32-camera's encoder for sensors that have none.
#ifndef RTC_CAMERA_JPEG_ESP32_H
#define RTC_CAMERA_JPEG_ESP32_H

#include "esp_camera.h"
#include "rtc_frame.h"

// The driver's scale (0 to 63, of which little is good) for a quality of 1 to 100.
int rtc_camera_jpeg_scale(uint8_t quality);
// Bytes that a picture may have; what has more is dropped.
uint32_t rtc_camera_jpeg_size(uint32_t width, uint32_t height);
// Fills a frame whose capacity is that size. Returns 0 where the picture does not fit, or is damaged.
int rtc_camera_jpeg_fill(camera_fb_t *picture, uint8_t quality, rtc_frame *frame);

#endif
