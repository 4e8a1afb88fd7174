// SPDX-License-Identifier: Apache-2.0
// As ESP-IDF: the library's own configuration, where what needs an option of sdkconfig is off without it.
#ifndef CHIP_ESP_CONFIG_H
#define CHIP_ESP_CONFIG_H

#include "sdkconfig.h"
#include <mbedtls/config.h>

#if !CONFIG_MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_PROTO_DTLS
#endif
#if !CONFIG_MBEDTLS_SSL_DTLS_SRTP
#undef MBEDTLS_SSL_DTLS_SRTP
#endif
#if !CONFIG_MBEDTLS_X509_CREATE_C
#undef MBEDTLS_X509_CREATE_C
#undef MBEDTLS_X509_CRT_WRITE_C
#endif

#endif
