// SPDX-License-Identifier: Apache-2.0
// The system's certificate authorities, from the file that OpenSSL's users know.
#include "rtc_tls_trust.h"

#include <stdlib.h>

static const char *const files[] = {
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora
	"/etc/ssl/cert.pem",                  // macOS, Alpine, the BSDs
};

int rtc_tls_trust(mbedtls_ssl_config *config, mbedtls_x509_crt *chain)
{
	const char *chosen = getenv("SSL_CERT_FILE");
	// A certificate that the library cannot read costs that one alone; without any, nothing verifies.
	if (chosen)
		(void)mbedtls_x509_crt_parse_file(chain, chosen);
	for (size_t i = 0; !chosen && i < sizeof files / sizeof files[0]; i++)
		if (mbedtls_x509_crt_parse_file(chain, files[i]) >= 0)
			break;
	mbedtls_ssl_conf_ca_chain(config, chain, NULL);
	return 0;
}
