// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_ES8311_ESP32_H
#define RTC_ES8311_ESP32_H

#include <stdint.h>
#include "esp_err.h"

// The analog side of a microphone at an ES8311. The I2S channel, which clocks it, is another's.
typedef struct rtc_es8311 rtc_es8311;
// Finds the chip and takes it; address from `defines.es8311`. ESP_ERR_NOT_FOUND when it does not answer.
esp_err_t rtc_es8311_open(rtc_es8311 **codec);
// Sets it up for 16 bits at that rate, and switches it on. ESP_ERR_INVALID_ARG for a rate that it has not.
esp_err_t rtc_es8311_start(rtc_es8311 *codec, uint32_t sampleRate);
void rtc_es8311_close(rtc_es8311 *codec); // switches it off; accepts NULL

#endif
