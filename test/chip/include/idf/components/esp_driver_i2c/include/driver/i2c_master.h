// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_I2C_MASTER_H
#define CHIP_I2C_MASTER_H

#include <stdint.h>
#include "esp_err.h"

typedef int i2c_port_num_t;
typedef struct i2c_master_bus_t *i2c_master_bus_handle_t;
typedef enum { I2C_CLK_SRC_DEFAULT = 1 } i2c_clock_source_t;
typedef struct {
	i2c_port_num_t i2c_port;
	int sda_io_num, scl_io_num;
	i2c_clock_source_t clk_source;
	uint8_t glitch_ignore_cnt;
	struct {
		uint32_t enable_internal_pullup : 1;
	} flags;
} i2c_master_bus_config_t;

esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *configuration, i2c_master_bus_handle_t *bus);
esp_err_t i2c_del_master_bus(i2c_master_bus_handle_t bus);
esp_err_t i2c_master_get_bus_handle(i2c_port_num_t port, i2c_master_bus_handle_t *bus);

#endif
