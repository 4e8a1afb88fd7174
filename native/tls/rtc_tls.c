// SPDX-License-Identifier: Apache-2.0
#include "rtc_tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h> // ESP-IDF has it at no other place
#include <sys/socket.h>
#include "rtc_port.h"
#include "rtc_tls_trust.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // where there are no signals
#endif

#define IP_ADDRESS 0x87    // the tag of an iPAddress in a GeneralName (RFC 5280 section 4.2.1.6)
#define SMALL_RECORDS 4096 // bytes: what a chip's buffers may be, beside the standard's 16 KB
#define LARGEST_RECORD 16384

typedef struct {
	rtc_stream_layer layer; // first
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt authorities;
	char serverName[RTC_TLS_NAME];
	rtc_address address; // family 0: the name is a name
	char protocol[RTC_TLS_PROTOCOL];
	const char *protocols[2];
	int fd;
	int isReady;    // configured
	int isOver;     // the handshake
	size_t pending; // bytes of a record that was begun
	int (*verifyHost)(void *, mbedtls_x509_crt *, int, uint32_t *);
	void *verifyContext;
	uint32_t flags; // what was wrong with the certificate
	char reason[RTC_STREAM_REASON];
} tls;

// A handshake takes 20 KB and more: they are made one after the other.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int sendBytes(void *context, const unsigned char *data, size_t size)
{
	ssize_t sent = send(((tls *)context)->fd, data, size, MSG_NOSIGNAL);
	if (sent >= 0)
		return (int)sent;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOMEM ? MBEDTLS_ERR_SSL_WANT_WRITE
																						: MBEDTLS_ERR_SSL_CONN_EOF;
}

static int receiveBytes(void *context, unsigned char *data, size_t size)
{
	ssize_t count = recv(((tls *)context)->fd, data, size, 0);
	if (count >= 0)
		return (int)count;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
																	 : MBEDTLS_ERR_SSL_CONN_EOF;
}

// The library compares names (RFC 6125), and in 2.28 no addresses.
static int namesAddress(const tls *it, const mbedtls_x509_crt *certificate)
{
	size_t size = it->address.family == 6 ? 16 : 4;
	for (const mbedtls_x509_sequence *name = &certificate->subject_alt_names; name; name = name->next)
		if (name->buf.tag == IP_ADDRESS && name->buf.len == size && !memcmp(name->buf.p, it->address.bytes, size))
			return 1;
	return 0;
}

static int verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	tls *it = context;
	int error = it->verifyHost ? (*it->verifyHost)(it->verifyContext, certificate, depth, flags) : 0;
	if (!error && depth == 0 && it->address.family && !namesAddress(it, certificate))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	it->flags |= *flags;
	return error;
}

static void configureVersion(mbedtls_ssl_config *config)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if MBEDTLS_VERSION_MAJOR < 4
	mbedtls_ssl_conf_rng(config, rtc_mbedtls_random, NULL);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
	mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
}

static int configure(tls *it)
{
	mbedtls_ssl_config *config = &it->config;
	int error = rtc_mbedtls_init();
	if (!error)
		error = mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
											MBEDTLS_SSL_PRESET_DEFAULT);
	if (error)
		return error;
	configureVersion(config);
	error = rtc_tls_trust(config, &it->authorities);
	it->verifyHost = config->MBEDTLS_PRIVATE(f_vrfy); // the chip's bundle has its own, and the library no accessor
	it->verifyContext = config->MBEDTLS_PRIVATE(p_vrfy);
	mbedtls_ssl_conf_verify(config, verify, it);
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
	// A server that sends larger records than there is room for could not be heard.
	if (!error && MBEDTLS_SSL_IN_CONTENT_LEN < LARGEST_RECORD && MBEDTLS_SSL_IN_CONTENT_LEN >= SMALL_RECORDS)
		error = mbedtls_ssl_conf_max_frag_len(config, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
#endif
#if defined(MBEDTLS_SSL_ALPN)
	it->protocols[0] = it->protocol;
	if (!error && *it->protocol)
		error = mbedtls_ssl_conf_alpn_protocols(config, it->protocols);
#endif
	if (!error)
		error = mbedtls_ssl_setup(&it->ssl, config);
	if (!error)
		error = mbedtls_ssl_set_hostname(&it->ssl, it->address.family ? NULL : it->serverName);
	mbedtls_ssl_set_bio(&it->ssl, it, sendBytes, receiveBytes, NULL);
	return error;
}

static int isOver(tls *it)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_ssl_is_handshake_over(&it->ssl);
#else
	return it->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

static const char *whyNot(uint32_t flags)
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

static int fail(tls *it, int error)
{
	if (it->flags && it->flags != UINT32_MAX)
		snprintf(it->reason, sizeof it->reason, "the server's certificate %s", whyNot(it->flags));
	else
		snprintf(it->reason, sizeof it->reason, "TLS: error -0x%04x", (unsigned)-error);
	return rtc_mbedtls_is_memory(error) ? ENOMEM : error == MBEDTLS_ERR_SSL_CONN_EOF ? ECONNRESET : EPROTO;
}

static int step(tls *it, short *events)
{
	int error = 0;
	if (!it->isReady) {
		error = configure(it);
		it->isReady = !error;
	}
	if (!error)
		error = mbedtls_ssl_handshake_step(&it->ssl);
	if (error == MBEDTLS_ERR_SSL_WANT_READ)
		*events = POLLIN;
	else if (error == MBEDTLS_ERR_SSL_WANT_WRITE)
		*events = POLLOUT;
	else if (error)
		return fail(it, error);
	if (!error && isOver(it)) {
		it->isOver = 1;
		return 0;
	}
	return EAGAIN;
}

static int shake(rtc_stream_layer *layer, int fd, short *events)
{
	tls *it = (tls *)layer;
	it->fd = fd;
	pthread_mutex_lock(&turn);
	int error = step(it, events);
	pthread_mutex_unlock(&turn);
	return error;
}

// What a function of the library has returned, as read() and write() would have it.
static ssize_t result(tls *it, int returned)
{
	if (returned >= 0)
		return returned;
	if (returned == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return 0;
	int waits = returned == MBEDTLS_ERR_SSL_WANT_READ || returned == MBEDTLS_ERR_SSL_WANT_WRITE;
	errno = waits ? EAGAIN : fail(it, returned);
	return -1;
}

static ssize_t readBytes(rtc_stream_layer *layer, void *data, size_t size)
{
	tls *it = (tls *)layer;
	int count;
	do
		count = mbedtls_ssl_read(&it->ssl, data, size);
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
	while (count == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
#else
	while (0);
#endif
	return result(it, count);
}

static ssize_t writeBytes(rtc_stream_layer *layer, const void *data, size_t size)
{
	tls *it = (tls *)layer;
	// A record that was begun has its size, and what was queued since waits for the next.
	if (it->pending)
		size = it->pending;
	int count = mbedtls_ssl_write(&it->ssl, data, size);
	it->pending = count == MBEDTLS_ERR_SSL_WANT_WRITE ? size : 0;
	return result(it, count);
}

static int hasMore(const rtc_stream_layer *layer)
{
	return mbedtls_ssl_check_pending(&((const tls *)layer)->ssl);
}

static const char *reasonOf(const rtc_stream_layer *layer)
{
	const tls *it = (const tls *)layer;
	return *it->reason ? it->reason : NULL;
}

static void freeLayer(rtc_stream_layer *layer)
{
	tls *it = (tls *)layer;
	if (it->isOver)
		(void)mbedtls_ssl_close_notify(&it->ssl);
	mbedtls_ssl_free(&it->ssl);
	mbedtls_ssl_config_free(&it->config);
	mbedtls_x509_crt_free(&it->authorities);
	rtc_free(it);
}

static int readOptions(tls *it, const rtc_tls_options *options)
{
	size_t length = strlen(options->serverName);
	if (!length || length >= sizeof it->serverName)
		return EINVAL;
	memcpy(it->serverName, options->serverName, length);
	if (rtc_address_parse(&it->address, it->serverName, 0))
		it->address.family = 0;
	if (options->protocol && strlen(options->protocol) >= sizeof it->protocol)
		return EINVAL;
	if (options->protocol)
		strcpy(it->protocol, options->protocol);
	if (!options->authorities)
		return 0;
	int error = rtc_mbedtls_init(); // Mbed TLS 4 reads keys by PSA
	if (!error)
		error = mbedtls_x509_crt_parse(&it->authorities, options->authorities, options->authoritiesSize);
	return !error ? 0 : rtc_mbedtls_is_memory(error) ? ENOMEM : EINVAL;
}

rtc_stream_layer *rtc_tls_new(const rtc_tls_options *options, int *error)
{
	tls *it = rtc_calloc(1, sizeof *it);
	*error = ENOMEM;
	if (!it)
		return NULL;
	it->layer = (rtc_stream_layer){shake, readBytes, writeBytes, hasMore, reasonOf, freeLayer};
	mbedtls_ssl_init(&it->ssl);
	mbedtls_ssl_config_init(&it->config);
	mbedtls_x509_crt_init(&it->authorities);
	*error = readOptions(it, options);
	if (!*error)
		return &it->layer;
	freeLayer(&it->layer);
	return NULL;
}
