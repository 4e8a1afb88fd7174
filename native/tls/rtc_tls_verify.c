// SPDX-License-Identifier: Apache-2.0
// Whether a certificate is that of the server, beside what the library asks of it.
#include "rtc_tls_core.h"

#include <string.h>

#define IP_ADDRESS 0x87 // the tag of an iPAddress in a GeneralName (RFC 5280 section 4.2.1.6)

// The library compares names (RFC 6125), and in 2.28 no addresses.
static int namesAddress(const rtc_tls *it, const mbedtls_x509_crt *certificate)
{
	size_t size = it->address.family == 6 ? 16 : 4;
	for (const mbedtls_x509_sequence *name = &certificate->subject_alt_names; name; name = name->next)
		if (name->buf.tag == IP_ADDRESS && name->buf.len == size && !memcmp(name->buf.p, it->address.bytes, size))
			return 1;
	return 0;
}

static int verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	rtc_tls *it = context;
	int error = it->verifyHost ? (*it->verifyHost)(it->verifyContext, certificate, depth, flags) : 0;
	if (!error && depth == 0 && it->address.family && !namesAddress(it, certificate))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	it->flags |= *flags;
	return error;
}

void rtc_tls_verify(rtc_tls *it)
{
	mbedtls_ssl_config *config = &it->config;
	it->verifyHost = config->MBEDTLS_PRIVATE(f_vrfy); // the chip's bundle has its own, and the library no accessor
	it->verifyContext = config->MBEDTLS_PRIVATE(p_vrfy);
	mbedtls_ssl_conf_verify(config, verify, it);
	mbedtls_ssl_conf_authmode(config, it->isUnverified ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
}

const char *rtc_tls_why_not(uint32_t flags)
{
	if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
		return "is for another name";
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return "has expired";
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return "is not valid yet";
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return "is signed by nobody whom this host trusts";
	return "does not verify";
}
