// SPDX-License-Identifier: Apache-2.0
#include "rtc_crypto.h"

#include "rtc_mbedtls_config.h"
#include <mbedtls/version.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR >= 4
#include <psa/crypto.h>

static int hash(psa_algorithm_t algorithm, const uint8_t *data, size_t size, uint8_t *output, size_t outputSize)
{
	size_t length = 0;
	psa_status_t status = psa_crypto_init();
	if (status == PSA_SUCCESS)
		status = psa_hash_compute(algorithm, data, size, output, outputSize, &length);
	if (status == PSA_SUCCESS && length == outputSize)
		return 0;
	memset(output, 0, outputSize);
	return -1;
}

static int hmac(psa_algorithm_t algorithm, const uint8_t *key, size_t keySize, const uint8_t *data, size_t size,
				uint8_t *output, size_t outputSize)
{
	static const uint8_t zero = 0;
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id = 0;
	size_t length = 0;
	psa_status_t status = psa_crypto_init();

	psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
	psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(algorithm));
	// PSA refuses an empty key. HMAC pads keys with zeros (RFC 2104 section 2), so a zero byte is the same key.
	if (status == PSA_SUCCESS)
		status = psa_import_key(&attributes, keySize ? key : &zero, keySize ? keySize : 1, &id);
	if (status == PSA_SUCCESS) {
		status = psa_mac_compute(id, PSA_ALG_HMAC(algorithm), data, size, output, outputSize, &length);
		psa_destroy_key(id);
	}
	if (status == PSA_SUCCESS && length == outputSize)
		return 0;
	memset(output, 0, outputSize);
	return -1;
}

#define RTC_MD_MD5 PSA_ALG_MD5
#define RTC_MD_SHA1 PSA_ALG_SHA_1
#define RTC_MD_SHA256 PSA_ALG_SHA_256
#define RTC_MD_SHA384 PSA_ALG_SHA_384
#define RTC_MD_SHA512 PSA_ALG_SHA_512
#else
#include <mbedtls/md.h>

static int hash(mbedtls_md_type_t type, const uint8_t *data, size_t size, uint8_t *output, size_t outputSize)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
	if (info && mbedtls_md_get_size(info) == outputSize && !mbedtls_md(info, data, size, output))
		return 0;
	memset(output, 0, outputSize);
	return -1;
}

static int hmac(mbedtls_md_type_t type, const uint8_t *key, size_t keySize, const uint8_t *data, size_t size,
				uint8_t *output, size_t outputSize)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(type);
	if (info && mbedtls_md_get_size(info) == outputSize && !mbedtls_md_hmac(info, key, keySize, data, size, output))
		return 0;
	memset(output, 0, outputSize);
	return -1;
}

#define RTC_MD_MD5 MBEDTLS_MD_MD5
#define RTC_MD_SHA1 MBEDTLS_MD_SHA1
#define RTC_MD_SHA256 MBEDTLS_MD_SHA256
#define RTC_MD_SHA384 MBEDTLS_MD_SHA384
#define RTC_MD_SHA512 MBEDTLS_MD_SHA512
#endif

int rtc_hmac_sha1(const uint8_t *key, size_t keySize, const uint8_t *data, size_t size, uint8_t output[RTC_SHA1_SIZE])
{
	return hmac(RTC_MD_SHA1, key, keySize, data, size, output, RTC_SHA1_SIZE);
}

int rtc_hmac_sha256(const uint8_t *key, size_t keySize, const uint8_t *data, size_t size,
					uint8_t output[RTC_SHA256_SIZE])
{
	return hmac(RTC_MD_SHA256, key, keySize, data, size, output, RTC_SHA256_SIZE);
}

int rtc_sha256(const uint8_t *data, size_t size, uint8_t output[RTC_SHA256_SIZE])
{
	return hash(RTC_MD_SHA256, data, size, output, RTC_SHA256_SIZE);
}

int rtc_sha384(const uint8_t *data, size_t size, uint8_t output[RTC_SHA384_SIZE])
{
	return hash(RTC_MD_SHA384, data, size, output, RTC_SHA384_SIZE);
}

int rtc_sha512(const uint8_t *data, size_t size, uint8_t output[RTC_SHA512_SIZE])
{
	return hash(RTC_MD_SHA512, data, size, output, RTC_SHA512_SIZE);
}

int rtc_md5(const uint8_t *data, size_t size, uint8_t output[RTC_MD5_SIZE])
{
	return hash(RTC_MD_MD5, data, size, output, RTC_MD5_SIZE);
}

// Half a byte at a time: 64 bytes of table, enough for STUN messages of about 100 bytes.
uint32_t rtc_crc32(const uint8_t *data, size_t size)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
		0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
	};
	uint32_t crc = 0xFFFFFFFF;
	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

int rtc_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	volatile uint8_t difference = 0;
	for (size_t i = 0; i < size; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}
