// SPDX-License-Identifier: Apache-2.0
// Before any header of Mbed TLS. ESP-IDF tells its own components by compiler options which configuration the library
// was built with; the Moddable SDK compiles outside of ESP-IDF's CMake, and must be told here.
#ifndef RTC_MBEDTLS_CONFIG_H
#define RTC_MBEDTLS_CONFIG_H

#if defined(__has_include)
#if __has_include("mbedtls/esp_config.h")
#if !defined(MBEDTLS_CONFIG_FILE)
#define MBEDTLS_CONFIG_FILE "mbedtls/esp_config.h"
#endif
#if !defined(TF_PSA_CRYPTO_USER_CONFIG_FILE)
#define TF_PSA_CRYPTO_USER_CONFIG_FILE "mbedtls/esp_config.h" // of Mbed TLS 4
#endif
#endif
#endif

#endif
