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
#include "rtc_ecdsa.h"

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

#if MBEDTLS_VERSION_MAJOR < 3
// What the key signs is verified with and without a shared table, and nothing else is.
static void verifies(void **state)
{
	uint8_t hash[32] = {1}, other[32] = {2}, signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE], der[1024], key[512];
	size_t size;
	int error;
	(void)state;
	rtc_certificate *made = rtc_certificate_generate(&error);
	assert_non_null(made);
	size_t derSize = rtc_certificate_write(made, der, sizeof der);
	size_t keySize = rtc_certificate_write_key(made, key, sizeof key);
	rtc_certificate *stored = rtc_certificate_parse(der, derSize, key, keySize, &error);
	assert_non_null(stored);
	mbedtls_pk_context *signers[] = {rtc_certificate_key(made), rtc_certificate_key(stored)};
	for (int i = 0; i < 2; i++) {
		assert_true(mbedtls_pk_can_do(signers[i], MBEDTLS_PK_ECDSA));
		assert_int_equal(
			mbedtls_pk_sign(signers[i], MBEDTLS_MD_SHA256, hash, 32, signature, &size, rtc_mbedtls_random, NULL), 0);
		mbedtls_x509_crt peer;
		mbedtls_x509_crt_init(&peer);
		assert_int_equal(mbedtls_x509_crt_parse_der(&peer, der, derSize), 0);
		for (int quick = 0; quick < 3; quick++) { // the last time it is so already
			assert_int_equal(mbedtls_pk_verify(&peer.pk, MBEDTLS_MD_SHA256, hash, 32, signature, size), 0);
			assert_int_not_equal(mbedtls_pk_verify(&peer.pk, MBEDTLS_MD_SHA256, other, 32, signature, size), 0);
			rtc_ecdsa_quicken(&peer.pk, signers[i]);
			assert_int_equal(mbedtls_pk_get_type(&peer.pk), MBEDTLS_PK_ECDSA);
			assert_ptr_not_equal(mbedtls_pk_ec(peer.pk)->grp.T, mbedtls_pk_ec(*signers[i])->grp.T);
		}
		mbedtls_x509_crt_free(&peer);
	}
	rtc_certificate_release(made);
	rtc_certificate_release(stored);
}

// Keys of another curve or kind are left as they are.
static void verifiesOthers(void **state)
{
	int error;
	(void)state;
	rtc_certificate *own = rtc_certificate_generate(&error);
	assert_non_null(own);
	mbedtls_pk_context key;
	mbedtls_pk_init(&key);
	assert_int_equal(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
	assert_int_equal(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP384R1, mbedtls_pk_ec(key), rtc_mbedtls_random, NULL), 0);
	rtc_ecdsa_quicken(&key, rtc_certificate_key(own));
	assert_int_equal(mbedtls_pk_get_type(&key), MBEDTLS_PK_ECKEY);
	mbedtls_pk_free(&key);
	assert_int_equal(mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
	rtc_ecdsa_quicken(&key, rtc_certificate_key(own));
	assert_int_equal(mbedtls_pk_get_type(&key), MBEDTLS_PK_RSA);
	mbedtls_pk_free(&key);
	rtc_certificate_release(own);
}
#endif

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
#if MBEDTLS_VERSION_MAJOR < 3
		cmocka_unit_test(verifies),
		cmocka_unit_test(verifiesOthers),
#endif
		cmocka_unit_test(fingerprints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
