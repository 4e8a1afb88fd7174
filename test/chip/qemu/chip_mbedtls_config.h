// SPDX-License-Identifier: Apache-2.0
// Mbed TLS on the emulated chip: the library's own configuration, with the sizes of hosts/esp32/sdkconfig and without
// what needs an operating system. The tables for the curve are those that ESP-IDF builds by default.
#ifndef CHIP_MBEDTLS_CONFIG_H
#define CHIP_MBEDTLS_CONFIG_H

#if __has_include(<mbedtls/mbedtls_config.h>)
#include <mbedtls/mbedtls_config.h> // of Mbed TLS 3
#else
#include <mbedtls/config.h>
#endif
#include "sdkconfig.h"

#undef MBEDTLS_FS_IO
#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C
#undef MBEDTLS_THREADING_C
#undef MBEDTLS_THREADING_PTHREAD
#undef MBEDTLS_HAVE_TIME
#undef MBEDTLS_HAVE_TIME_DATE
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_PSA_CRYPTO_C
#undef MBEDTLS_USE_PSA_CRYPTO
#undef MBEDTLS_LMS_C
#undef MBEDTLS_SSL_PROTO_TLS1_3
#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_DEBUG_C
#undef MBEDTLS_ENTROPY_C
#undef MBEDTLS_MEMORY_BUFFER_ALLOC_C
#undef MBEDTLS_PADLOCK_C
#undef MBEDTLS_AESNI_C

#if CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC
#include "rtc_port.h"
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO rtc_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO rtc_free
#endif

#undef MBEDTLS_SSL_IN_CONTENT_LEN
#undef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN
#if CONFIG_MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
#endif
#if !CONFIG_MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#endif
#ifndef MBEDTLS_SSL_DTLS_SRTP
#define MBEDTLS_SSL_DTLS_SRTP
#endif
#ifndef MBEDTLS_SSL_EXPORT_KEYS
#define MBEDTLS_SSL_EXPORT_KEYS
#endif

#endif
