// SPDX-License-Identifier: Apache-2.0
// ESP-IDF's bundle of certificate authorities (CONFIG_MBEDTLS_CERTIFICATE_BUNDLE), which lies in flash.
#include "rtc_tls_trust.h"

#include <stdbool.h> // which the next one uses
#include "esp_crt_bundle.h"

int rtc_tls_trust(mbedtls_ssl_config *config, mbedtls_x509_crt *chain)
{
	if (chain->version) { // the owner's own authorities, in place of the bundle: the two cannot be joined
		mbedtls_ssl_conf_ca_chain(config, chain, NULL);
		return 0;
	}
	return esp_crt_bundle_attach(config) == ESP_OK ? 0 : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}
