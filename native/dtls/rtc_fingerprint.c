// SPDX-License-Identifier: Apache-2.0
// Certificate fingerprints as SDP writes them (RFC 8122 section 5).
#include "rtc_dtls.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include "rtc_crypto.h"

static const struct {
	const char *name;
	int (*hash)(const uint8_t *, size_t, uint8_t *);
	uint8_t size;
} algorithms[] = {
	{"sha-256", rtc_sha256, RTC_SHA256_SIZE},
	{"sha-384", rtc_sha384, RTC_SHA384_SIZE},
	{"sha-512", rtc_sha512, RTC_SHA512_SIZE},
};
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

int rtc_fingerprint_parse(rtc_fingerprint *fingerprint, const char *algorithm, const char *value)
{
	size_t which = 0;
	while (which < ALGORITHMS && strcasecmp(algorithm, algorithms[which].name))
		which++;
	if (which == ALGORITHMS)
		return ENOTSUP;
	uint8_t size = algorithms[which].size;
	if (strlen(value) != 3u * size - 1)
		return EINVAL;
	memset(fingerprint, 0, sizeof *fingerprint);
	strcpy(fingerprint->algorithm, algorithms[which].name);
	fingerprint->size = size;
	for (uint8_t i = 0; i < size; i++, value += 3) {
		int high = hexadecimal(value[0]), low = hexadecimal(value[1]);
		if (high < 0 || low < 0 || (i + 1 < size && value[2] != ':'))
			return EINVAL;
		fingerprint->value[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int rtc_fingerprint_is_valid(const rtc_fingerprint *fingerprint)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (!strcmp(fingerprint->algorithm, algorithms[i].name))
			return fingerprint->size == algorithms[i].size;
	return 0;
}

int rtc_fingerprint_matches(const rtc_fingerprint *fingerprint, const uint8_t *certificate, size_t size)
{
	uint8_t digest[RTC_SHA512_SIZE];
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (!strcmp(fingerprint->algorithm, algorithms[i].name) && fingerprint->size == algorithms[i].size)
			return !(*algorithms[i].hash)(certificate, size, digest) &&
				   rtc_equal(digest, fingerprint->value, algorithms[i].size);
	return 0;
}
