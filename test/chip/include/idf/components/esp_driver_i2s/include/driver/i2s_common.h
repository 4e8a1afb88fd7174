// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_I2S_COMMON_H
#define CHIP_I2S_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"

#define I2S_GPIO_UNUSED -1

typedef enum { I2S_ROLE_MASTER, I2S_ROLE_SLAVE } i2s_role_t;
typedef enum { I2S_DATA_BIT_WIDTH_16BIT = 16 } i2s_data_bit_width_t;
typedef enum { I2S_SLOT_MODE_MONO = 1, I2S_SLOT_MODE_STEREO } i2s_slot_mode_t;
typedef int gpio_num_t;
typedef struct i2s_channel_obj_t *i2s_chan_handle_t;
typedef struct {
	int id;
	i2s_role_t role;
	uint32_t dma_desc_num, dma_frame_num;
	bool auto_clear;
} i2s_chan_config_t;

#define I2S_CHANNEL_DEFAULT_CONFIG(number, given_role)                                                                 \
	{                                                                                                                  \
		.id = number, .role = given_role, .dma_desc_num = 6, .dma_frame_num = 240                                      \
	}

esp_err_t i2s_new_channel(const i2s_chan_config_t *configuration, i2s_chan_handle_t *transmit,
						  i2s_chan_handle_t *receive);
esp_err_t i2s_del_channel(i2s_chan_handle_t channel);
esp_err_t i2s_channel_enable(i2s_chan_handle_t channel);
esp_err_t i2s_channel_disable(i2s_chan_handle_t channel);
esp_err_t i2s_channel_read(i2s_chan_handle_t channel, void *buffer, size_t size, size_t *read, uint32_t milliseconds);
esp_err_t i2s_channel_write(i2s_chan_handle_t channel, const void *data, size_t size, size_t *written,
							uint32_t milliseconds);

#endif
