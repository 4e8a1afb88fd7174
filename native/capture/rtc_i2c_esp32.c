// SPDX-License-Identifier: Apache-2.0
// One bus for all that has registers on it. Another's, such as that of the SDK's own drivers, is used and left alone.
#include "mc.defines.h"

#ifdef MODDEF_I2C_SDA_PIN

#include "rtc_i2c_esp32.h"

#include <pthread.h>

#ifndef MODDEF_I2C_PORT
#define MODDEF_I2C_PORT 0
#endif

#define GLITCH_CYCLES 7 // of the bus's clock source: what the hardware takes for a spike

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static i2c_master_bus_handle_t ours;
static unsigned users; // of `ours`, or of a bus that was there before

esp_err_t rtc_i2c_take(i2c_master_bus_handle_t *bus)
{
	pthread_mutex_lock(&lock);
	esp_err_t result = i2c_master_get_bus_handle(MODDEF_I2C_PORT, bus);
	if (result != ESP_OK) {
		i2c_master_bus_config_t configuration = {
			.i2c_port = MODDEF_I2C_PORT,
			.sda_io_num = MODDEF_I2C_SDA_PIN,
			.scl_io_num = MODDEF_I2C_SCL_PIN,
			.clk_source = I2C_CLK_SRC_DEFAULT,
			.glitch_ignore_cnt = GLITCH_CYCLES,
			.flags = {.enable_internal_pullup = 1},
		};
		result = i2c_new_master_bus(&configuration, bus);
		if (result == ESP_OK)
			ours = *bus;
	}
	if (result == ESP_OK)
		users++;
	pthread_mutex_unlock(&lock);
	return result;
}

void rtc_i2c_give(void)
{
	pthread_mutex_lock(&lock);
	if (users && !--users && ours) {
		i2c_del_master_bus(ours);
		ours = NULL;
	}
	pthread_mutex_unlock(&lock);
}

#endif
