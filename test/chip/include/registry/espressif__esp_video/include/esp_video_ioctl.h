// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_VIDEO_IOCTL_H
#define CHIP_ESP_VIDEO_IOCTL_H

#include "esp_cam_sensor_types.h"
#include "linux/videodev2.h"

#define VIDIOC_S_DQBUF_TIMEOUT 0x56c6 // struct timeval

#endif
