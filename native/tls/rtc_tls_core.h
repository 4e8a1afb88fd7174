// SPDX-License-Identifier: Apache-2.0
// Private to native/tls: what the files of one connection share.
#ifndef RTC_TLS_CORE_H
#define RTC_TLS_CORE_H

#include "rtc_mbedtls.h"
#include "rtc_port.h"
#include "rtc_tls.h"

typedef struct {
	rtc_stream_layer layer; // first
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt authorities;
	mbedtls_x509_crt certificates; // our own, and its issuers
	mbedtls_pk_context key;
	char serverName[RTC_TLS_NAME];
	rtc_address address; // family 0: the name is a name
	char protocols[RTC_TLS_PROTOCOL];
	const char *protocolList[RTC_TLS_PROTOCOLS + 1];
	int fd;
	int isUnverified; // whoever it is
	int isReady;      // configured
	int isOver;       // the handshake
	int isCut;        // the peer's TCP has ended
	size_t pending;   // bytes of a record that was begun
	int (*verifyHost)(void *, mbedtls_x509_crt *, int, uint32_t *);
	void *verifyContext;
	uint32_t flags; // what was wrong with the certificate
	char reason[RTC_STREAM_REASON];
} rtc_tls;

int rtc_tls_read_options(rtc_tls *it, const rtc_tls_options *options); // 0 or an errno value

// Whether the certificate is that of a trusted server, of this name: rtc_tls_verify.c.
void rtc_tls_verify(rtc_tls *it);
const char *rtc_tls_why_not(uint32_t flags); // in words, to follow "the server's certificate"

#endif
