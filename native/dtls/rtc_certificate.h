// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: a certificate as Mbed TLS sees it. Both live as long as the certificate.
#ifndef RTC_CERTIFICATE_H
#define RTC_CERTIFICATE_H

#include "rtc_dtls.h"
#include "rtc_mbedtls.h"

mbedtls_x509_crt *rtc_certificate_chain(rtc_certificate *certificate);
mbedtls_pk_context *rtc_certificate_key(rtc_certificate *certificate);

#endif
