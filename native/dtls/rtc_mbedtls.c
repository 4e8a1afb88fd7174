// SPDX-License-Identifier: Apache-2.0
#include "rtc_mbedtls.h"

#include "rtc_port.h"
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#if MBEDTLS_VERSION_MAJOR < 4
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#endif
#include <mbedtls/asn1.h>
#include <mbedtls/pk.h>

#define LOW_LEVEL 0x7f // the bits of an error that are of what a module stands on (mbedtls/error.h)

int rtc_mbedtls_init(void)
{
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_PSA_CRYPTO_C)
	return (int)psa_crypto_init();
#else
	return 0;
#endif
}

int rtc_mbedtls_is_memory(int error)
{
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_PSA_CRYPTO_C)
	if (error == PSA_ERROR_INSUFFICIENT_MEMORY)
		return 1;
#endif
#if MBEDTLS_VERSION_MAJOR >= 4
	return error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == MBEDTLS_ERR_X509_ALLOC_FAILED;
#else
	if (error >= 0)
		return 0;
	switch (-(-error & ~LOW_LEVEL)) {
	case MBEDTLS_ERR_SSL_ALLOC_FAILED:
	case MBEDTLS_ERR_X509_ALLOC_FAILED:
	case MBEDTLS_ERR_PK_ALLOC_FAILED:
	case MBEDTLS_ERR_ECP_ALLOC_FAILED:
	case MBEDTLS_ERR_MD_ALLOC_FAILED:
	case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
		return 1;
	}
	int low = -(-error & LOW_LEVEL);
	return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
#endif
}

#if MBEDTLS_VERSION_MAJOR < 4
int rtc_mbedtls_random(void *context, unsigned char *buffer, size_t size)
{
	(void)context;
	return rtc_random(buffer, size) ? MBEDTLS_ERR_ENTROPY_SOURCE_FAILED : 0;
}
#endif
