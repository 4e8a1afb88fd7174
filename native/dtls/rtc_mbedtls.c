// SPDX-License-Identifier: Apache-2.0
#include "rtc_mbedtls.h"

#include "rtc_port.h"
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#if MBEDTLS_VERSION_MAJOR < 4
#include <mbedtls/entropy.h>
#endif

int rtc_mbedtls_init(void)
{
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_PSA_CRYPTO_C)
	return (int)psa_crypto_init();
#else
	return 0;
#endif
}

#if MBEDTLS_VERSION_MAJOR < 4
int rtc_mbedtls_random(void *context, unsigned char *buffer, size_t size)
{
	(void)context;
	return rtc_random(buffer, size) ? MBEDTLS_ERR_ENTROPY_SOURCE_FAILED : 0;
}
#endif
