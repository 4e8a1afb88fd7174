// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_PTHREAD_H
#define CHIP_ESP_PTHREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"
#include "sdkconfig.h"

#ifndef PTHREAD_STACK_MIN
#define PTHREAD_STACK_MIN CONFIG_PTHREAD_STACK_MIN
#endif

typedef struct {
	size_t stack_size;
	uint32_t stack_alloc_caps;
	size_t prio;
	bool inherit_cfg;
	const char *thread_name;
	int pin_to_core;
} esp_pthread_cfg_t;

esp_pthread_cfg_t esp_pthread_get_default_config(void);
esp_err_t esp_pthread_get_cfg(esp_pthread_cfg_t *configuration);
esp_err_t esp_pthread_set_cfg(const esp_pthread_cfg_t *configuration);

#endif
