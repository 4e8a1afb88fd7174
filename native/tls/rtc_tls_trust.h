// SPDX-License-Identifier: Apache-2.0
// Private to native/tls: whom the host trusts.
#ifndef RTC_TLS_TRUST_H
#define RTC_TLS_TRUST_H

#include "rtc_mbedtls.h"

// Adds the host's authorities to the configuration. `chain` holds what was given beside them, and may grow; it goes
// into the configuration, too. 0, or an error of Mbed TLS.
int rtc_tls_trust(mbedtls_ssl_config *config, mbedtls_x509_crt *chain);

#endif
