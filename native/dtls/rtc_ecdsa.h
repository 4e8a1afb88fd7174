// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: ECDSA without making the same table again and again.
//
// To multiply the curve's generator, Mbed TLS 2.28 makes a table of its multiples (0.6 ms on a desktop, 2 KB) and keeps
// it in the group at hand; but every signature and verification with a key of type ECKEY works on a copy of the group,
// which has none. With a key of type ECDSA it works on the group itself. Later versions have these tables as constants.
#ifndef RTC_ECDSA_H
#define RTC_ECDSA_H

#include "rtc_mbedtls.h"

#if MBEDTLS_VERSION_MAJOR < 3
// `signer` signs with the elliptic-curve key of `key`, which must outlive it. It owns nothing: it is not to be freed.
void rtc_ecdsa_borrow(mbedtls_pk_context *signer, const mbedtls_pk_context *key);
// `key` verifies from now on, with a copy of the signer's table if that has one and the curve is the same. Other kinds
// of keys stay as they are; so does one for which there is no memory.
void rtc_ecdsa_quicken(mbedtls_pk_context *key, const mbedtls_pk_context *signer);
#endif

#endif
