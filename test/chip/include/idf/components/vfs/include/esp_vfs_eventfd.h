// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_VFS_EVENTFD_H
#define CHIP_ESP_VFS_EVENTFD_H

#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"

typedef struct {
	size_t max_fds;
} esp_vfs_eventfd_config_t;

esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *configuration);
int eventfd(unsigned int value, int flags);

#endif
