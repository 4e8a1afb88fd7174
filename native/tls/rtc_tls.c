// SPDX-License-Identifier: Apache-2.0
#include "rtc_tls_core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h> // ESP-IDF has it at no other place
#include <sys/socket.h>
#include "rtc_tls_trust.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // where there are no signals
#endif

#define SMALL_RECORDS 4096 // bytes: what a chip's buffers may be, beside the standard's 16 KB
#define LARGEST_RECORD 16384
#define TICKETS 4 // of a server that sends more, the rest is read with the next bytes

// What a step of a handshake takes for a while, and its work, is one connection's at a time.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int sendBytes(void *context, const unsigned char *data, size_t size)
{
	ssize_t sent = send(((rtc_tls *)context)->fd, data, size, MSG_NOSIGNAL);
	if (sent >= 0)
		return (int)sent;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOMEM ? MBEDTLS_ERR_SSL_WANT_WRITE
																						: MBEDTLS_ERR_SSL_CONN_EOF;
}

static int receiveBytes(void *context, unsigned char *data, size_t size)
{
	rtc_tls *it = context;
	ssize_t count = recv(it->fd, data, size, 0);
	it->isCut |= !count;
	if (count >= 0)
		return (int)count;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
																	 : MBEDTLS_ERR_SSL_CONN_EOF;
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

static int configure(rtc_tls *it)
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
	rtc_tls_verify(it);
	if (!error && it->certificates.version)
		error = mbedtls_ssl_conf_own_cert(config, &it->certificates, &it->key);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
	// A server that sends larger records than there is room for could not be heard.
	if (!error && MBEDTLS_SSL_IN_CONTENT_LEN < LARGEST_RECORD && MBEDTLS_SSL_IN_CONTENT_LEN >= SMALL_RECORDS)
		error = mbedtls_ssl_conf_max_frag_len(config, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
#endif
#if defined(MBEDTLS_SSL_ALPN)
	if (!error && it->protocolList[0])
		error = mbedtls_ssl_conf_alpn_protocols(config, it->protocolList);
#endif
	if (!error)
		error = mbedtls_ssl_setup(&it->ssl, config);
	if (!error)
		error = mbedtls_ssl_set_hostname(&it->ssl, it->address.family ? NULL : it->serverName);
	mbedtls_ssl_set_bio(&it->ssl, it, sendBytes, receiveBytes, NULL);
	return error;
}

static int isOver(rtc_tls *it)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_ssl_is_handshake_over(&it->ssl);
#else
	return it->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

// Of what goes wrong most often, in words.
static const char *wordsOf(const rtc_tls *it, int error)
{
	if (error == MBEDTLS_ERR_SSL_CONN_EOF)
		return it->isOver ? "the server has cut the connection" : "TLS: the server has ended the handshake";
	if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		return "TLS: the server has refused, by an alert";
	if (error == MBEDTLS_ERR_SSL_INVALID_RECORD && !it->isOver)
		return "the server does not speak TLS here";
	return rtc_mbedtls_is_memory(error) ? "TLS: no memory" : NULL;
}

static int fail(rtc_tls *it, int error)
{
	const char *words = wordsOf(it, error);
	if (it->flags && it->flags != UINT32_MAX && !it->isUnverified)
		snprintf(it->reason, sizeof it->reason, "TLS: the server's certificate %s", rtc_tls_why_not(it->flags));
	else if (words)
		snprintf(it->reason, sizeof it->reason, "%s", words);
	else
		snprintf(it->reason, sizeof it->reason, "TLS: error -0x%04x", (unsigned)-error);
	return rtc_mbedtls_is_memory(error) ? ENOMEM : error == MBEDTLS_ERR_SSL_CONN_EOF ? ECONNRESET : EPROTO;
}

static int step(rtc_tls *it, short *events)
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
	rtc_tls *it = (rtc_tls *)layer;
	it->fd = fd;
	pthread_mutex_lock(&turn);
	int error = step(it, events);
	pthread_mutex_unlock(&turn);
	return error;
}

// What a function of the library has returned, as read() and write() would have it.
static ssize_t result(rtc_tls *it, int returned)
{
	if (returned > 0)
		return returned;
	if (returned == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return 0;
	int waits = returned == MBEDTLS_ERR_SSL_WANT_READ || returned == MBEDTLS_ERR_SSL_WANT_WRITE;
	errno = waits ? EAGAIN : fail(it, returned);
	return -1;
}

static int isTicket(int returned)
{
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
	return returned == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
	(void)returned;
	return 0;
#endif
}

static ssize_t readBytes(rtc_stream_layer *layer, void *data, size_t size)
{
	rtc_tls *it = (rtc_tls *)layer;
	int count = MBEDTLS_ERR_SSL_WANT_READ;
	for (int i = 0; i < TICKETS; i++) {
		count = mbedtls_ssl_read(&it->ssl, data, size);
		if (!isTicket(count))
			break;
	}
	// The library says 0 when TCP ends without TLS's good-bye (RFC 8446 section 6.1), and for records without bytes.
	if (count == 0)
		count = it->isCut ? MBEDTLS_ERR_SSL_CONN_EOF : MBEDTLS_ERR_SSL_WANT_READ;
	return result(it, isTicket(count) ? MBEDTLS_ERR_SSL_WANT_READ : count);
}

static ssize_t writeBytes(rtc_stream_layer *layer, const void *data, size_t size)
{
	rtc_tls *it = (rtc_tls *)layer;
	int count = MBEDTLS_ERR_SSL_WANT_WRITE;
	// A record that was begun has its size, and what was queued since waits for the next.
	if (it->pending)
		size = it->pending;
	for (int i = 0; i < TICKETS; i++) {
		count = mbedtls_ssl_write(&it->ssl, data, size);
		if (!isTicket(count)) // one that was half read is read to its end before
			break;
	}
	it->pending = count == MBEDTLS_ERR_SSL_WANT_WRITE ? size : 0;
	return result(it, isTicket(count) ? MBEDTLS_ERR_SSL_WANT_WRITE : count);
}

static int hasMore(const rtc_stream_layer *layer)
{
	return mbedtls_ssl_check_pending(&((const rtc_tls *)layer)->ssl);
}

static const char *reasonOf(const rtc_stream_layer *layer)
{
	const rtc_tls *it = (const rtc_tls *)layer;
	return *it->reason ? it->reason : NULL;
}

static void freeLayer(rtc_stream_layer *layer)
{
	rtc_tls *it = (rtc_tls *)layer;
	if (it->isOver)
		(void)mbedtls_ssl_close_notify(&it->ssl);
	mbedtls_ssl_free(&it->ssl);
	mbedtls_ssl_config_free(&it->config);
	mbedtls_x509_crt_free(&it->authorities);
	mbedtls_x509_crt_free(&it->certificates);
	mbedtls_pk_free(&it->key);
	rtc_free(it);
}

rtc_stream_layer *rtc_tls_new(const rtc_tls_options *options, int *error)
{
	rtc_tls *it = rtc_calloc(1, sizeof *it);
	*error = ENOMEM;
	if (!it)
		return NULL;
	it->layer = (rtc_stream_layer){shake, readBytes, writeBytes, hasMore, reasonOf, freeLayer};
	mbedtls_ssl_init(&it->ssl);
	mbedtls_ssl_config_init(&it->config);
	mbedtls_x509_crt_init(&it->authorities);
	mbedtls_x509_crt_init(&it->certificates);
	mbedtls_pk_init(&it->key);
	*error = rtc_tls_read_options(it, options);
	if (!*error)
		return &it->layer;
	freeLayer(&it->layer);
	return NULL;
}
