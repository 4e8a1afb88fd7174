// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_VIDEO_INIT_H
#define CHIP_ESP_VIDEO_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include "driver/i2c_master.h"
#include "esp_cam_sensor_xclk.h"
#include "esp_err.h"

#define ESP_VIDEO_INIT_FLAGS_MIPI_CSI (1 << 0)
#define ESP_VIDEO_INIT_FLAGS_ISP (1 << 3)

typedef struct {
	bool init_sccb;
	union {
		struct {
			uint8_t port;
			int scl_pin, sda_pin;
		} i2c_config;
		i2c_master_bus_handle_t i2c_handle;
	};
	uint32_t freq;
} esp_video_init_sccb_config_t;

#if CONFIG_ESP_VIDEO_ENABLE_MIPI_CSI_VIDEO_DEVICE
typedef struct {
	esp_video_init_sccb_config_t sccb_config;
	int reset_pin, pwdn_pin;
} esp_video_init_csi_config_t;
#endif

typedef struct {
#if CONFIG_ESP_VIDEO_ENABLE_MIPI_CSI_VIDEO_DEVICE
	const esp_video_init_csi_config_t *csi;
#else
	int nothing;
#endif
} esp_video_init_config_t;

esp_err_t esp_video_init_with_flags(const esp_video_init_config_t *configuration, uint32_t flags);
esp_err_t esp_video_deinit_with_flags(uint32_t flags);

#endif
