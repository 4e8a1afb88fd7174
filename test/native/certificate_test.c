// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rtc_certificate.h"
#include "rtc_crypto.h"

static void generates(void **state)
{
	uint8_t der[1024], key[512], digest[RTC_SHA256_SIZE];
	int error;
	(void)state;
	rtc_certificate *it = rtc_certificate_generate(&error);
	assert_non_null(it);
	size_t size = rtc_certificate_write(it, der, sizeof der), keySize = rtc_certificate_write_key(it, key, sizeof key);
	assert_in_range(size, 200, 400);
	assert_in_range(keySize, 100, 200);
	assert_int_equal(rtc_certificate_write(it, der, size - 1), 0);
	assert_int_equal(rtc_certificate_write_key(it, key, 50), 0);
	rtc_certificate_write(it, der, sizeof der);
	keySize = rtc_certificate_write_key(it, key, sizeof key);
	assert_int_equal(rtc_sha256(der, size, digest), 0);
	assert_memory_equal(rtc_certificate_fingerprint(it), digest, sizeof digest);

	// Valid whatever the device's clock says, and without a name that tells whose it is.
	const mbedtls_x509_crt *chain = rtc_certificate_chain(it);
	assert_int_equal(chain->valid_from.year, 2020);
	assert_int_equal(chain->valid_to.year, 2049);
	char subject[64];
	assert_true(mbedtls_x509_dn_gets(subject, sizeof subject, &chain->subject) == 3 + 16);
	assert_int_equal(strncmp(subject, "CN=", 3), 0);

	rtc_certificate *again = rtc_certificate_parse(der, size, key, keySize, &error);
	assert_non_null(again);
	assert_memory_equal(rtc_certificate_fingerprint(again), digest, sizeof digest);
	rtc_certificate_release(rtc_certificate_retain(again));
	rtc_certificate_release(again);
	rtc_certificate_release(it);
}

static void refuses(void **state)
{
	uint8_t ders[2][1024], keys[2][512];
	size_t sizes[2], keySizes[2];
	int error;
	(void)state;
	for (int i = 0; i < 2; i++) {
		rtc_certificate *it = rtc_certificate_generate(&error);
		assert_non_null(it);
		sizes[i] = rtc_certificate_write(it, ders[i], sizeof ders[i]);
		keySizes[i] = rtc_certificate_write_key(it, keys[i], sizeof keys[i]);
		rtc_certificate_release(it);
	}
	assert_memory_not_equal(ders[0], ders[1], sizes[0] < sizes[1] ? sizes[0] : sizes[1]);
	assert_null(rtc_certificate_parse(ders[0], sizes[0], keys[1], keySizes[1], &error)); // not its key
	assert_int_not_equal(error, 0);
	assert_null(rtc_certificate_parse(ders[0], sizes[0] - 1, keys[0], keySizes[0], &error));
	assert_null(rtc_certificate_parse(ders[0], sizes[0], keys[0], keySizes[0] - 1, &error));
	assert_null(rtc_certificate_parse(ders[0], sizes[0], (const uint8_t *)"", 0, &error));
	assert_null(rtc_certificate_parse((const uint8_t *)"", 0, keys[0], keySizes[0], &error));
	assert_int_not_equal(error, 0);
}

static void fingerprints(void **state)
{
	char text[200] = "";
	rtc_fingerprint it;
	uint8_t digest[RTC_SHA384_SIZE];
	(void)state;
	rtc_sha384((const uint8_t *)"abc", 3, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(text + 3 * i, 4, i & 1 ? "%02x:" : "%02X:", digest[i]);
	text[3 * sizeof digest - 1] = 0;
	assert_int_equal(rtc_fingerprint_parse(&it, "SHA-384", text), 0);
	assert_string_equal(it.algorithm, "sha-384");
	assert_true(rtc_fingerprint_is_valid(&it));
	assert_true(rtc_fingerprint_matches(&it, (const uint8_t *)"abc", 3));
	assert_false(rtc_fingerprint_matches(&it, (const uint8_t *)"abd", 3));
	it.size = 0; // nothing to compare is not a match
	assert_false(rtc_fingerprint_matches(&it, (const uint8_t *)"abc", 3));
	assert_false(rtc_fingerprint_is_valid(&it));
	assert_int_equal(rtc_fingerprint_parse(&it, "sha-256", text), EINVAL);
	assert_int_equal(rtc_fingerprint_parse(&it, "sha-1", text), ENOTSUP);
	assert_int_equal(rtc_fingerprint_parse(&it, "", ""), ENOTSUP);
	assert_int_equal(rtc_fingerprint_parse(&it, "sha-384", ""), EINVAL);
	for (size_t i = 0; i < strlen(text); i++) {
		char before = text[i];
		text[i] = 'g';
		assert_int_equal(rtc_fingerprint_parse(&it, "sha-384", text), EINVAL);
		text[i] = before;
	}
	assert_int_equal(rtc_fingerprint_parse(&it, "sha-384", text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generates),
		cmocka_unit_test(refuses),
		cmocka_unit_test(fingerprints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
