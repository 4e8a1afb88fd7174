// SPDX-License-Identifier: Apache-2.0
#include "rtc_certificate.h"

#include <mbedtls/pk.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "rtc_crypto.h"
#include "rtc_ecdsa.h"
#include "rtc_port.h"
#if MBEDTLS_VERSION_MAJOR >= 4
#include <psa/crypto.h>
#else
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#endif

// A device may not know the date, and a peer looks at the fingerprint alone (RFC 8122 section 5): as long as UTCTime
// can say.
#define NOT_BEFORE "20200101000000"
#define NOT_AFTER "20491231235959"
#define SERIAL_SIZE 16
#define NAME_BYTES 8
#define CERTIFICATE_MAXIMUM 512 // of ours: about 280 bytes

struct rtc_certificate {
	atomic_uint refs;
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
#if MBEDTLS_VERSION_MAJOR < 3
	mbedtls_pk_context signer; // the same key
#endif
	uint8_t fingerprint[RTC_FINGERPRINT_SIZE];
};

// The calls whose parameters the versions changed.
#if MBEDTLS_VERSION_MAJOR >= 4
#define parseKey(KEY, DATA, SIZE) mbedtls_pk_parse_key(KEY, DATA, SIZE, NULL, 0)
#define checkPair(PUBLIC, KEY) mbedtls_pk_check_pair(PUBLIC, KEY)
#define writeCertificate(WRITER, BUFFER, SIZE) mbedtls_x509write_crt_der(WRITER, BUFFER, SIZE)
#define setSerial(WRITER, SERIAL) mbedtls_x509write_crt_set_serial_raw(WRITER, SERIAL, SERIAL_SIZE)

static int makeKey(mbedtls_pk_context *key)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id = 0;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, 256);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
	int error = (int)psa_generate_key(&attributes, &id);
	if (!error) {
		error = mbedtls_pk_copy_from_psa(id, key);
		psa_destroy_key(id);
	}
	return error;
}
#else
#if MBEDTLS_VERSION_MAJOR == 3
#define parseKey(KEY, DATA, SIZE) mbedtls_pk_parse_key(KEY, DATA, SIZE, NULL, 0, rtc_mbedtls_random, NULL)
#define checkPair(PUBLIC, KEY) mbedtls_pk_check_pair(PUBLIC, KEY, rtc_mbedtls_random, NULL)
#define setSerial(WRITER, SERIAL) mbedtls_x509write_crt_set_serial_raw(WRITER, SERIAL, SERIAL_SIZE)
#else
#define parseKey(KEY, DATA, SIZE) mbedtls_pk_parse_key(KEY, DATA, SIZE, NULL, 0)
#define checkPair(PUBLIC, KEY) mbedtls_pk_check_pair(PUBLIC, KEY)

static int setSerial(mbedtls_x509write_cert *writer, const uint8_t *bytes)
{
	mbedtls_mpi serial;
	mbedtls_mpi_init(&serial);
	int error = mbedtls_mpi_read_binary(&serial, bytes, SERIAL_SIZE);
	if (!error)
		error = mbedtls_x509write_crt_set_serial(writer, &serial);
	mbedtls_mpi_free(&serial);
	return error;
}
#endif
#define writeCertificate(WRITER, BUFFER, SIZE) mbedtls_x509write_crt_der(WRITER, BUFFER, SIZE, rtc_mbedtls_random, NULL)

static int makeKey(mbedtls_pk_context *key)
{
	int error = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
	if (!error)
		error = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), rtc_mbedtls_random, NULL);
	return error;
}
#endif

static rtc_certificate *allocate(int *error)
{
	*error = rtc_mbedtls_init();
	if (*error)
		return NULL;
	rtc_certificate *certificate = rtc_calloc(1, sizeof *certificate);
	if (!certificate) {
		*error = MBEDTLS_ERR_X509_ALLOC_FAILED;
		return NULL;
	}
	atomic_init(&certificate->refs, 1);
	mbedtls_x509_crt_init(&certificate->chain);
	mbedtls_pk_init(&certificate->key);
	return certificate;
}

// Takes in the DER form and its fingerprint.
static int adopt(rtc_certificate *certificate, const uint8_t *data, size_t size)
{
	int error = mbedtls_x509_crt_parse_der(&certificate->chain, data, size);
	if (!error && rtc_sha256(certificate->chain.raw.p, certificate->chain.raw.len, certificate->fingerprint))
		error = MBEDTLS_ERR_X509_FATAL_ERROR;
	return error;
}

// Signs a certificate for the key, with nothing in it that tells whose it is.
static int sign(rtc_certificate *certificate)
{
	uint8_t buffer[CERTIFICATE_MAXIMUM], serial[SERIAL_SIZE], random[NAME_BYTES];
	char name[sizeof "CN=" + 2 * NAME_BYTES] = "CN=";
	mbedtls_x509write_cert writer;
	if (rtc_random(serial, sizeof serial) || rtc_random(random, sizeof random))
		return MBEDTLS_ERR_X509_FATAL_ERROR;
	serial[0] = (serial[0] & 0x3F) | 0x40; // positive and of full length
	for (int i = 0; i < NAME_BYTES; i++)
		snprintf(name + 3 + 2 * i, 3, "%02x", random[i]);
	mbedtls_x509write_crt_init(&writer);
	mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
	mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
	mbedtls_x509write_crt_set_subject_key(&writer, &certificate->key);
	mbedtls_x509write_crt_set_issuer_key(&writer, &certificate->key);
	int error = setSerial(&writer, serial);
	if (!error)
		error = mbedtls_x509write_crt_set_validity(&writer, NOT_BEFORE, NOT_AFTER);
	if (!error)
		error = mbedtls_x509write_crt_set_subject_name(&writer, name);
	if (!error)
		error = mbedtls_x509write_crt_set_issuer_name(&writer, name);
	if (!error) {
		int size = writeCertificate(&writer, buffer, sizeof buffer); // at the end of the buffer
		error = size < 0 ? size : adopt(certificate, buffer + sizeof buffer - size, (size_t)size);
	}
	mbedtls_x509write_crt_free(&writer);
	return error;
}

static rtc_certificate *finish(rtc_certificate *certificate, int error)
{
	if (error) {
		rtc_certificate_release(certificate);
		return NULL;
	}
#if MBEDTLS_VERSION_MAJOR < 3
	rtc_ecdsa_borrow(&certificate->signer, &certificate->key);
#endif
	return certificate;
}

rtc_certificate *rtc_certificate_generate(int *error)
{
	rtc_certificate *certificate = allocate(error);
	if (!certificate)
		return NULL;
	*error = makeKey(&certificate->key);
	if (!*error)
		*error = sign(certificate);
	return finish(certificate, *error);
}

rtc_certificate *rtc_certificate_parse(const uint8_t *data, size_t size, const uint8_t *key, size_t keySize, int *error)
{
	rtc_certificate *certificate = allocate(error);
	if (!certificate)
		return NULL;
	*error = adopt(certificate, data, size);
	if (!*error)
		*error = parseKey(&certificate->key, key, keySize);
	if (!*error)
		*error = checkPair(&certificate->chain.pk, &certificate->key);
	return finish(certificate, *error);
}

rtc_certificate *rtc_certificate_retain(rtc_certificate *certificate)
{
	atomic_fetch_add(&certificate->refs, 1);
	return certificate;
}

void rtc_certificate_release(rtc_certificate *certificate)
{
	if (!certificate || atomic_fetch_sub(&certificate->refs, 1) != 1)
		return;
	mbedtls_x509_crt_free(&certificate->chain);
	mbedtls_pk_free(&certificate->key); // which overwrites it
	rtc_free(certificate);
}

const uint8_t *rtc_certificate_fingerprint(rtc_certificate *certificate)
{
	return certificate->fingerprint;
}

size_t rtc_certificate_write(rtc_certificate *certificate, uint8_t *buffer, size_t size)
{
	size_t length = certificate->chain.raw.len;
	if (length > size)
		return 0;
	memcpy(buffer, certificate->chain.raw.p, length);
	return length;
}

size_t rtc_certificate_write_key(rtc_certificate *certificate, uint8_t *buffer, size_t size)
{
	int length = mbedtls_pk_write_key_der(&certificate->key, buffer, size); // at the end of the buffer
	if (length <= 0)
		return 0;
	memmove(buffer, buffer + size - (size_t)length, (size_t)length);
	return (size_t)length;
}

mbedtls_x509_crt *rtc_certificate_chain(rtc_certificate *certificate)
{
	return &certificate->chain;
}

mbedtls_pk_context *rtc_certificate_key(rtc_certificate *certificate)
{
#if MBEDTLS_VERSION_MAJOR < 3
	return &certificate->signer;
#else
	return &certificate->key;
#endif
}
