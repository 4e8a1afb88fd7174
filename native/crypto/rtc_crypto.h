// SPDX-License-Identifier: Apache-2.0
// The few primitives that the control plane needs, over Mbed TLS (2.28, 3.6: its md module; 4.x: PSA): STUN's integrity
// and fingerprint (RFC 8489 sections 14.5 to 14.7), TURN's long-term key (section 9.2.2), AWS signatures.
#ifndef RTC_CRYPTO_H
#define RTC_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define RTC_MD5_SIZE 16
#define RTC_SHA1_SIZE 20
#define RTC_SHA256_SIZE 32
#define RTC_SHA384_SIZE 48
#define RTC_SHA512_SIZE 64

// Each returns 0, or -1 when the library failed (no memory, or the algorithm is not in its build). `output` is then
// zeros.
int rtc_hmac_sha1(const uint8_t *key, size_t keySize, const uint8_t *data, size_t size, uint8_t output[RTC_SHA1_SIZE]);
int rtc_hmac_sha256(const uint8_t *key, size_t keySize, const uint8_t *data, size_t size,
					uint8_t output[RTC_SHA256_SIZE]);
int rtc_sha256(const uint8_t *data, size_t size, uint8_t output[RTC_SHA256_SIZE]);
int rtc_sha384(const uint8_t *data, size_t size, uint8_t output[RTC_SHA384_SIZE]);
int rtc_sha512(const uint8_t *data, size_t size, uint8_t output[RTC_SHA512_SIZE]);
int rtc_md5(const uint8_t *data, size_t size, uint8_t output[RTC_MD5_SIZE]);

// CRC-32 as in ISO/IEC 3309 and Ethernet: what STUN's FINGERPRINT is made of.
uint32_t rtc_crc32(const uint8_t *data, size_t size);

// Whether two runs of bytes are equal, in a time that depends on `size` alone.
int rtc_equal(const uint8_t *a, const uint8_t *b, size_t size);

#endif
