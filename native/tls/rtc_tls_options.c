// SPDX-License-Identifier: Apache-2.0
// What a connection is told before it begins: names, and certificates of both sides.
#include "rtc_tls_core.h"

#include <errno.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR == 3
#define parseKey(KEY, DATA, SIZE) mbedtls_pk_parse_key(KEY, DATA, SIZE, NULL, 0, rtc_mbedtls_random, NULL)
#else
#define parseKey(KEY, DATA, SIZE) mbedtls_pk_parse_key(KEY, DATA, SIZE, NULL, 0)
#endif

static int isPem(const void *data, size_t size)
{
	static const char start[] = "-----BEGIN";
	return size >= sizeof start && !memcmp(data, start, sizeof start - 1);
}

// The library wants a zero at the end of PEM, which a buffer may lack. `parse` keeps nothing of what it is given.
static int readPem(void *to, const void *data, size_t size, int (*parse)(void *to, const uint8_t *data, size_t size))
{
	int error = rtc_mbedtls_init(); // Mbed TLS 4 reads keys by PSA
	if (!error && isPem(data, size) && ((const char *)data)[size - 1]) {
		uint8_t *copy = rtc_calloc(1, size + 1);
		if (!copy)
			return ENOMEM;
		memcpy(copy, data, size);
		error = (*parse)(to, copy, size + 1);
		rtc_wipe(copy, size); // it may be a key
		rtc_free(copy);
	} else if (!error)
		error = (*parse)(to, data, size);
	return !error ? 0 : rtc_mbedtls_is_memory(error) ? ENOMEM : EINVAL;
}

static int parseCertificates(void *to, const uint8_t *data, size_t size)
{
	return mbedtls_x509_crt_parse(to, data, size);
}

static int parsePrivateKey(void *to, const uint8_t *data, size_t size)
{
	return parseKey(to, data, size);
}

int rtc_tls_add_authority(rtc_stream_layer *layer, const void *data, size_t size)
{
	return readPem(&((rtc_tls *)layer)->authorities, data, size, parseCertificates);
}

int rtc_tls_add_certificate(rtc_stream_layer *layer, const void *data, size_t size)
{
	return readPem(&((rtc_tls *)layer)->certificates, data, size, parseCertificates);
}

int rtc_tls_set_key(rtc_stream_layer *layer, const void *data, size_t size)
{
	rtc_tls *it = (rtc_tls *)layer;
	mbedtls_pk_free(&it->key);
	mbedtls_pk_init(&it->key);
	return readPem(&it->key, data, size, parsePrivateKey);
}

void rtc_tls_trust_anybody(rtc_stream_layer *layer)
{
	((rtc_tls *)layer)->isUnverified = 1;
}

// "a,b" becomes a list, whose last is NULL.
static int readProtocols(rtc_tls *it, const char *names)
{
	size_t length = strlen(names), count = 0;
	if (length >= sizeof it->protocols)
		return EINVAL;
	memcpy(it->protocols, names, length + 1);
	for (char *name = it->protocols; name; count++) {
		char *comma = strchr(name, ',');
		if (comma)
			*comma++ = 0;
		if (!*name || count == RTC_TLS_PROTOCOLS)
			return EINVAL;
		it->protocolList[count] = name;
		name = comma;
	}
	return 0;
}

int rtc_tls_read_options(rtc_tls *it, const rtc_tls_options *options)
{
	size_t length = strlen(options->serverName);
	if (!length || length >= sizeof it->serverName)
		return EINVAL;
	memcpy(it->serverName, options->serverName, length);
	if (rtc_address_parse(&it->address, it->serverName, 0))
		it->address.family = 0;
	int error = options->protocols ? readProtocols(it, options->protocols) : 0;
	if (!error && options->authorities)
		error = rtc_tls_add_authority(&it->layer, options->authorities, options->authoritiesSize);
	return error;
}
