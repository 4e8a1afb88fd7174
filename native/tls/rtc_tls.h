// SPDX-License-Identifier: Apache-2.0
// TLS 1.2, and 1.3 where the library has it, as a client (Mbed TLS 2.28, 3.6, 4.x): a layer for native/transport's
// stream. The server's certificate is verified, always: its chain, its dates and its name.
#ifndef RTC_TLS_H
#define RTC_TLS_H

#include "rtc_stream.h"

#define RTC_TLS_NAME 254    // of a server, with its end
#define RTC_TLS_PROTOCOL 48 // all of ALPN's names, with their commas
#define RTC_TLS_PROTOCOLS 4

typedef struct {
	// Whom the certificate must name: a DNS name, which the server is told (SNI), or an IP address, which it is not
	// (RFC 6066 section 3).
	const char *serverName;
	// ALPN (RFC 7301): names with commas between, or NULL. A server that does not know it serves all the same.
	const char *protocols;
	// Trusted beside the host's authorities: certificates in PEM or DER, or NULL.
	const void *authorities;
	size_t authoritiesSize;
} rtc_tls_options;

// Returns NULL and sets *error to an errno value: EINVAL for a name or certificates that are none, ENOMEM. What it does
// not need before the handshake, it takes memory for then.
rtc_stream_layer *rtc_tls_new(const rtc_tls_options *options, int *error);

// Before it begins. PEM (one or several) or DER (one); nothing is kept of the bytes. 0, EINVAL or ENOMEM.
int rtc_tls_add_authority(rtc_stream_layer *layer, const void *data, size_t size);
// What we prove who we are with: our certificate, then its issuers; and its key, in PKCS #8, PKCS #1 or SEC 1.
int rtc_tls_add_certificate(rtc_stream_layer *layer, const void *data, size_t size);
int rtc_tls_set_key(rtc_stream_layer *layer, const void *data, size_t size);
// The server's certificate is not verified: whoever is in between can read and change all.
void rtc_tls_trust_anybody(rtc_stream_layer *layer);

#endif
