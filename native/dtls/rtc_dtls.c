// SPDX-License-Identifier: Apache-2.0
// The life of an association. Mbed TLS's context is the worker's from start to close, and the closing thread's after.
#include "rtc_dtls.h"

#include <errno.h>
#include <string.h>
#include "rtc_dtls_park.h"
#include "rtc_port.h"
#if defined(MBEDTLS_ERROR_C)
#include <mbedtls/error.h>
#endif
#include <stdio.h>

#define DISCARDED 256 // bytes at once of application data that has no taker

static uint64_t run(rtc_dtls_task *task);

static int initLocks(rtc_dtls *dtls)
{
	int error = pthread_mutex_init(&dtls->lock, NULL);
	if (error)
		return error;
	pthread_mutexattr_t recursive;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE); // what is read may end the association
	error = pthread_mutex_init(&dtls->delivery, &recursive);
	pthread_mutexattr_destroy(&recursive);
	if (error)
		goto noDelivery;
	error = rtc_dtls_queue_init(&dtls->queue);
	if (!error)
		return 0;
	pthread_mutex_destroy(&dtls->delivery);
noDelivery:
	pthread_mutex_destroy(&dtls->lock);
	return error;
}

static void destroyLocks(rtc_dtls *dtls)
{
	rtc_dtls_queue_destroy(&dtls->queue);
	pthread_mutex_destroy(&dtls->delivery);
	pthread_mutex_destroy(&dtls->lock);
}

static int optionsAreValid(const rtc_dtls_options *options)
{
	if (!options->path || !options->certificate || !options->timeout || options->timeout > INT32_MAX ||
		!options->fingerprintCount || options->fingerprintCount > RTC_DTLS_FINGERPRINTS)
		return 0;
	for (size_t i = 0; i < options->fingerprintCount; i++)
		if (!rtc_fingerprint_is_valid(&options->fingerprints[i]))
			return 0;
	return 1;
}

rtc_dtls *rtc_dtls_new(const rtc_dtls_options *options, int *error)
{
	*error = EINVAL;
	if (!optionsAreValid(options))
		return NULL;
	*error = ENOMEM;
	rtc_dtls *dtls = rtc_calloc(1, sizeof *dtls);
	if (!dtls)
		return NULL;
	atomic_init(&dtls->refs, 1);
	dtls->options = *options;
	dtls->task.run = run;
	*error = initLocks(dtls);
	if (*error)
		goto failed;
	*error = rtc_dtls_session_init(dtls);
	if (!*error)
		*error = rtc_dtls_worker_add(&dtls->task);
	if (*error)
		goto failedSession;
	rtc_path_retain(options->path);
	rtc_certificate_retain(options->certificate);
	if (options->srtp)
		rtc_srtp_retain(options->srtp);
	return dtls;
failedSession:
	rtc_dtls_session_free(dtls);
	destroyLocks(dtls);
failed:
	rtc_free(dtls);
	return NULL;
}

static void onDatagram(void *context, const uint8_t *data, size_t size)
{
	rtc_dtls *dtls = context;
	int isConnected = atomic_load(&dtls->state) == RTC_DTLS_CONNECTED;
	// A client that is connected has nothing to do with records in the clear, and is not to be unparked for them.
	if (dtls->options.isClient && size > 4 && !data[3] && !data[4] && isConnected)
		return;
	if (isConnected && atomic_load(&dtls->hasHandlers))
		rtc_dtls_deliver(dtls, data, size);
	else if (rtc_dtls_queue_push(&dtls->queue, data, size))
		rtc_dtls_worker_wake(&dtls->task);
}

int rtc_dtls_start(rtc_dtls *dtls, uint32_t roundTrip)
{
	int expected = RTC_DTLS_NEW;
	if (!atomic_compare_exchange_strong(&dtls->state, &expected, RTC_DTLS_CONNECTING))
		return EALREADY;
	rtc_dtls_session_set_round_trip(dtls, roundTrip);
	dtls->deadline = rtc_now() + (uint64_t)dtls->options.timeout * 1000;
	rtc_path_set_dtls(dtls->options.path, onDatagram, dtls);
	rtc_dtls_worker_wake(&dtls->task);
	return 0;
}

void rtc_dtls_enter(rtc_dtls *dtls, rtc_dtls_state state, rtc_dtls_reason reason, int error)
{
	atomic_store(&dtls->error, error);
	atomic_store(&dtls->reason, (int)reason);
	atomic_store(&dtls->state, (int)state);
	if (dtls->options.onState)
		(*dtls->options.onState)(dtls->options.context);
	pthread_mutex_lock(&dtls->delivery);
	if (atomic_load(&dtls->hasHandlers)) // whoever sets them asks for the state afterwards
		(*dtls->handlers.state)(dtls->handlers.context);
	pthread_mutex_unlock(&dtls->delivery);
}

static void fail(rtc_dtls *dtls, rtc_dtls_reason reason, int error, uint8_t alert)
{
	if (alert)
		mbedtls_ssl_send_alert_message(&dtls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
	pthread_mutex_lock(&dtls->lock);
	rtc_wipe(dtls->material, sizeof dtls->material);
	dtls->profile = 0;
	pthread_mutex_unlock(&dtls->lock);
	rtc_dtls_enter(dtls, RTC_DTLS_FAILED, reason, error);
}

static void rememberCipherSuite(rtc_dtls *dtls)
{
	const char *name = mbedtls_ssl_get_ciphersuite(&dtls->ssl);
	snprintf(dtls->cipherSuite, sizeof dtls->cipherSuite, "%s", name ? name : "");
	for (char *p = dtls->cipherSuite; *p; p++)
		if (*p == '-')
			*p = '_'; // the registered names differ from Mbed TLS's in this alone
}

// The handshake is done: is it with the right peer, and can media be protected?
static void conclude(rtc_dtls *dtls)
{
	if (!dtls->matched) { // a client without a certificate comes here
		fail(dtls, RTC_DTLS_FINGERPRINT_MISMATCH, 0, MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
		return;
	}
	rememberCipherSuite(dtls);
	pthread_mutex_lock(&dtls->lock);
	dtls->profile = dtls->exported ? rtc_dtls_session_profile(dtls) : 0;
	int error = dtls->options.srtp ? rtc_dtls_give_keys(dtls) : 0;
	dtls->concluded = !error;
	pthread_mutex_unlock(&dtls->lock);
	if (error == ENOPROTOOPT)
		fail(dtls, RTC_DTLS_NO_SRTP_PROFILE, 0, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
	else if (error)
		fail(dtls, error == ENOMEM ? RTC_DTLS_NO_MEMORY : RTC_DTLS_HANDSHAKE_FAILED, error,
			 MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
	else
		rtc_dtls_enter(dtls, RTC_DTLS_CONNECTED, RTC_DTLS_OK, 0);
}

void rtc_dtls_fail_with(rtc_dtls *dtls, int error)
{
	if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		rtc_dtls_enter(dtls, RTC_DTLS_CLOSED, RTC_DTLS_OK, 0);
	else if (error == MBEDTLS_ERR_SSL_TIMEOUT)
		fail(dtls, RTC_DTLS_TIMEOUT, error, 0);
	else if (rtc_dtls_is_memory(error))
		fail(dtls, RTC_DTLS_NO_MEMORY, error, 0);
	else
		fail(dtls, RTC_DTLS_HANDSHAKE_FAILED, error, 0); // the library has sent its alert
}

// When its time is over.
static void giveUp(rtc_dtls *dtls, uint64_t now)
{
	if (now >= dtls->deadline)
		fail(dtls, rtc_dtls_queue_starved(&dtls->queue) ? RTC_DTLS_NO_MEMORY : RTC_DTLS_TIMEOUT, 0, 0);
	else if (dtls->doubt && now >= dtls->doubt && dtls->peerAlert == MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY)
		rtc_dtls_enter(dtls, RTC_DTLS_CLOSED, RTC_DTLS_OK, 0);
	else if (dtls->doubt && now >= dtls->doubt)
		fail(dtls, RTC_DTLS_HANDSHAKE_FAILED, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, 0);
}

// Runs the handshake as far as the datagrams that are here take it.
static void handshake(rtc_dtls *dtls)
{
	while (!rtc_dtls_session_is_over(dtls)) {
		int error = rtc_dtls_session_step(dtls);
		if (dtls->mismatched) {
			fail(dtls, RTC_DTLS_FINGERPRINT_MISMATCH, error, MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
			return;
		}
		if (rtc_dtls_must_wait(error)) {
			// After a retransmission, too: then datagrams may still be waiting.
			if (!rtc_dtls_queue_empty(&dtls->queue))
				continue;
			giveUp(dtls, rtc_now());
			return;
		}
		if (error) {
			rtc_dtls_fail_with(dtls, error);
			return;
		}
	}
	conclude(dtls);
}

// Answers a peer that did not get our last flight, and hears when it closes, where no segment above does.
static void listen(rtc_dtls *dtls)
{
	uint8_t discarded[DISCARDED];
	int count = MBEDTLS_ERR_SSL_WANT_READ;
	pthread_mutex_lock(&dtls->lock);
	if (atomic_load(&dtls->hasHandlers) || (dtls->parked && rtc_dtls_queue_empty(&dtls->queue)))
		goto done;
	if (rtc_dtls_unpark(dtls)) { // no memory for it: lost, as on a network
		while (rtc_dtls_queue_pop(&dtls->queue, discarded, sizeof discarded))
			;
		goto done;
	}
	do
		count = mbedtls_ssl_read(&dtls->ssl, discarded, sizeof discarded);
	while (count > 0 || (rtc_dtls_must_wait(count) && !rtc_dtls_queue_empty(&dtls->queue)));
	if (rtc_dtls_must_wait(count))
		rtc_dtls_park(dtls);
done:
	pthread_mutex_unlock(&dtls->lock);
	if (!rtc_dtls_must_wait(count))
		rtc_dtls_fail_with(dtls, count ? count : MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
}

static uint64_t run(rtc_dtls_task *task)
{
	rtc_dtls *dtls = (rtc_dtls *)task;
	if (atomic_load(&dtls->state) == RTC_DTLS_CONNECTING)
		handshake(dtls);
	if (atomic_load(&dtls->state) == RTC_DTLS_CONNECTED)
		listen(dtls);
	switch (atomic_load(&dtls->state)) {
	case RTC_DTLS_CONNECTING: {
		uint64_t next = dtls->deadline;
		if (dtls->final && dtls->final < next)
			next = dtls->final;
		return dtls->doubt && dtls->doubt < next ? dtls->doubt : next;
	}
	default:
		return UINT64_MAX;
	}
}

rtc_dtls_state rtc_dtls_get_state(rtc_dtls *dtls)
{
	return (rtc_dtls_state)atomic_load(&dtls->state);
}

rtc_dtls_reason rtc_dtls_get_reason(rtc_dtls *dtls)
{
	return (rtc_dtls_reason)atomic_load(&dtls->reason);
}

int rtc_dtls_error(rtc_dtls *dtls)
{
	return atomic_load(&dtls->error);
}

const char *rtc_dtls_cipher_suite(rtc_dtls *dtls)
{
	return atomic_load(&dtls->state) == RTC_DTLS_CONNECTED ? dtls->cipherSuite : "";
}

int rtc_dtls_is_memory(int error)
{
	return error == ENOMEM || rtc_mbedtls_is_memory(error);
}

void rtc_dtls_error_text(int error, char *text, size_t size)
{
#if defined(MBEDTLS_ERROR_C)
	if (error < 0) {
		mbedtls_strerror(error, text, size);
		return;
	}
#endif
	if (error < 0)
		snprintf(text, size, "Mbed TLS error -0x%04x", (unsigned)-error);
	else
		snprintf(text, size, "%s", error ? strerror(error) : "");
}

void rtc_dtls_close(rtc_dtls *dtls)
{
	rtc_path_set_dtls(dtls->options.path, NULL, NULL);
	(void)rtc_dtls_set_handlers(dtls, NULL);
	rtc_dtls_worker_remove(&dtls->task);
	pthread_mutex_lock(&dtls->lock);
	int state = atomic_exchange(&dtls->state, RTC_DTLS_CLOSED);
	if (state == RTC_DTLS_CONNECTED && !rtc_dtls_unpark(dtls))
		mbedtls_ssl_close_notify(&dtls->ssl);
	dtls->concluded = 0;
	rtc_dtls_forget(dtls);
	rtc_dtls_session_free(dtls);
	pthread_mutex_unlock(&dtls->lock);
	rtc_dtls_release(dtls);
}

rtc_dtls *rtc_dtls_retain(rtc_dtls *dtls)
{
	atomic_fetch_add_explicit(&dtls->refs, 1, memory_order_relaxed);
	return dtls;
}

void rtc_dtls_release(rtc_dtls *dtls)
{
	if (atomic_fetch_sub_explicit(&dtls->refs, 1, memory_order_acq_rel) != 1)
		return;
	(void)rtc_dtls_set_handlers(dtls, NULL);
	destroyLocks(dtls);
	rtc_path_release(dtls->options.path);
	rtc_certificate_release(dtls->options.certificate);
	rtc_srtp_release(dtls->options.srtp);
	rtc_free(dtls);
}
