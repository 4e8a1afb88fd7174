// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "rtc_crypto.h"

static const uint8_t *bytes(const char *text)
{
	return (const uint8_t *)text;
}

static void expect(const uint8_t *digest, size_t size, const char *hexadecimal)
{
	char text[2 * RTC_SHA512_SIZE + 1];
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hexadecimal);
}

// RFC 1321 appendix A.5, FIPS 180-4's examples.
static void hashes(void **state)
{
	uint8_t digest[RTC_SHA512_SIZE];
	(void)state;
	assert_int_equal(rtc_md5(bytes(""), 0, digest), 0);
	expect(digest, RTC_MD5_SIZE, "d41d8cd98f00b204e9800998ecf8427e");
	assert_int_equal(rtc_md5(bytes("message digest"), 14, digest), 0);
	expect(digest, RTC_MD5_SIZE, "f96b697d7cb7938d525a2f31aaf161d0");
	assert_int_equal(rtc_sha256(bytes("abc"), 3, digest), 0);
	expect(digest, RTC_SHA256_SIZE, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(rtc_sha384(bytes("abc"), 3, digest), 0);
	expect(digest, RTC_SHA384_SIZE,
		   "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
	assert_int_equal(rtc_sha512(bytes("abc"), 3, digest), 0);
	expect(digest, RTC_SHA512_SIZE,
		   "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

// RFC 2202 section 3, RFC 4231 section 4.
static void hmacs(void **state)
{
	uint8_t digest[RTC_SHA256_SIZE], longKey[131];
	const char *question = "what do ya want for nothing?";
	const char *large = "Test Using Larger Than Block-Size Key - Hash Key First";
	(void)state;
	assert_int_equal(rtc_hmac_sha1(bytes("Jefe"), 4, bytes(question), strlen(question), digest), 0);
	expect(digest, RTC_SHA1_SIZE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	assert_int_equal(rtc_hmac_sha256(bytes("Jefe"), 4, bytes(question), strlen(question), digest), 0);
	expect(digest, RTC_SHA256_SIZE, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(longKey, 0xAA, sizeof longKey);
	assert_int_equal(rtc_hmac_sha256(longKey, sizeof longKey, bytes(large), strlen(large), digest), 0);
	expect(digest, RTC_SHA256_SIZE, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_int_equal(rtc_hmac_sha256(bytes(""), 0, bytes(""), 0, digest), 0);
	expect(digest, RTC_SHA256_SIZE, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void checksums(void **state)
{
	(void)state;
	assert_int_equal(rtc_crc32(bytes(""), 0), 0);
	assert_true(rtc_crc32(bytes("123456789"), 9) == 0xCBF43926); // the check value of CRC-32/ISO-HDLC
}

static void comparison(void **state)
{
	(void)state;
	assert_true(rtc_equal(bytes("same"), bytes("same"), 4));
	assert_false(rtc_equal(bytes("same"), bytes("samf"), 4));
	assert_false(rtc_equal(bytes("same"), bytes("tame"), 4));
	assert_true(rtc_equal(bytes("a"), bytes("b"), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
		cmocka_unit_test(hmacs),
		cmocka_unit_test(checksums),
		cmocka_unit_test(comparison),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
