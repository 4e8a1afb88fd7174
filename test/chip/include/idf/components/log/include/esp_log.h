// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_ESP_LOG_H
#define CHIP_ESP_LOG_H

void esp_log_stand_in(const char *tag, const char *format, ...);
#define ESP_LOGE(tag, format, ...) esp_log_stand_in(tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) esp_log_stand_in(tag, format, ##__VA_ARGS__)

#endif
