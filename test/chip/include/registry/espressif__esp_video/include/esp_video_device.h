// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_VIDEO_DEVICE_H
#define CHIP_ESP_VIDEO_DEVICE_H

#define ESP_VIDEO_MIPI_CSI_DEVICE_NAME "/dev/video0"

#endif
