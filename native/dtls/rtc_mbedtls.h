// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: what its files need of Mbed TLS 2.28, 3.6 and 4.x alike.
#ifndef RTC_MBEDTLS_H
#define RTC_MBEDTLS_H

#include "rtc_mbedtls_config.h"

// Mbed TLS 3 hides fields for which it has no accessor: only what is documented is used through this.
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_MAJOR < 3
#define MBEDTLS_PRIVATE(member) member
#endif
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

// On ESP-IDF these are options of the same names, with CONFIG_ before.
#if !defined(MBEDTLS_SSL_PROTO_DTLS) || !defined(MBEDTLS_SSL_DTLS_SRTP)
#error "Mbed TLS: MBEDTLS_SSL_PROTO_DTLS and MBEDTLS_SSL_DTLS_SRTP are needed"
#endif
#if MBEDTLS_VERSION_MAJOR >= 4 && !defined(MBEDTLS_THREADING_C)
// The machine's thread and that of DTLS share PSA's keys.
#error "Mbed TLS 4: MBEDTLS_THREADING_C is needed"
#endif
#if MBEDTLS_VERSION_MAJOR < 3 && !defined(MBEDTLS_SSL_EXPORT_KEYS)
#error "Mbed TLS 2: MBEDTLS_SSL_EXPORT_KEYS is needed"
#endif

// What must run once before anything else of the library. Returns 0, or an error of Mbed TLS or PSA (negative).
int rtc_mbedtls_init(void);

// Whether an error of the library says that there was no memory, whichever of its modules found none.
int rtc_mbedtls_is_memory(int error);

#if MBEDTLS_VERSION_MAJOR < 4
// The system's generator, as the library wants it. An entropy pool of the library's own would take 40 KB in 2.28.
int rtc_mbedtls_random(void *context, unsigned char *buffer, size_t size);
#endif

#endif
