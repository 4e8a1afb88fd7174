// SPDX-License-Identifier: Apache-2.0
// Host functions over rtc_crypto. Pointers into XS buffers are taken last, after all that could move them.
#include "rtc_xs.h"
#include "rtc_crypto.h"

#define RTC_RANDOM_MAXIMUM 1024

static void rtc_crypto_result(xsMachine *the, int failed, uint8_t *digest, size_t size)
{
	if (failed)
		xsUnknownError("crypto: the library failed");
	xsmcSetArrayBuffer(xsResult, digest, size);
}

static void rtc_crypto_hash(xsMachine *the, int (*hash)(const uint8_t *, size_t, uint8_t *), size_t digestSize)
{
	uint8_t digest[RTC_SHA256_SIZE];
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &data, &size);
	rtc_crypto_result(the, (*hash)(data, size, digest), digest, digestSize);
}

static void rtc_crypto_hmac(xsMachine *the, int (*hmac)(const uint8_t *, size_t, const uint8_t *, size_t, uint8_t *),
							size_t digestSize)
{
	uint8_t digest[RTC_SHA256_SIZE];
	void *key, *data;
	xsUnsignedValue keySize, size;
	xsmcGetBufferReadable(xsArg(0), &key, &keySize);
	xsmcGetBufferReadable(xsArg(1), &data, &size);
	rtc_crypto_result(the, (*hmac)(key, keySize, data, size, digest), digest, digestSize);
}

void xs_rtc_hmac_sha1(xsMachine *the)
{
	rtc_crypto_hmac(the, rtc_hmac_sha1, RTC_SHA1_SIZE);
}

void xs_rtc_hmac_sha256(xsMachine *the)
{
	rtc_crypto_hmac(the, rtc_hmac_sha256, RTC_SHA256_SIZE);
}

void xs_rtc_sha256(xsMachine *the)
{
	rtc_crypto_hash(the, rtc_sha256, RTC_SHA256_SIZE);
}

void xs_rtc_md5(xsMachine *the)
{
	rtc_crypto_hash(the, rtc_md5, RTC_MD5_SIZE);
}

void xs_rtc_crc32(xsMachine *the)
{
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &data, &size);
	xsmcSetUnsigned(xsResult, rtc_crc32(data, size));
}

void xs_rtc_equal(xsMachine *the)
{
	void *a, *b;
	xsUnsignedValue aSize, bSize;
	xsmcGetBufferReadable(xsArg(0), &a, &aSize);
	xsmcGetBufferReadable(xsArg(1), &b, &bSize);
	xsmcSetBoolean(xsResult, aSize == bSize && rtc_equal(a, b, aSize));
}

void xs_rtc_random_bytes(xsMachine *the)
{
	uint8_t bytes[RTC_RANDOM_MAXIMUM];
	xsNumberValue count = xsmcToNumber(xsArg(0));
	if (!(count >= 0 && count <= RTC_RANDOM_MAXIMUM) || count != (xsIntegerValue)count)
		xsRangeError("count: 0 to %d bytes", RTC_RANDOM_MAXIMUM);
	if (rtc_random(bytes, (size_t)count))
		xsUnknownError("no randomness");
	xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)count);
	rtc_wipe(bytes, sizeof bytes);
}
