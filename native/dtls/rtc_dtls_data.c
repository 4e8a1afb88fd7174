// SPDX-License-Identifier: Apache-2.0
// What an association is for once it is connected: keys for media, and records for the segment above it.
#include <errno.h>
#include <string.h>
#include "rtc_dtls_park.h"
#include "rtc_port.h"

int rtc_dtls_must_wait(int error)
{
	return error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE;
}

int rtc_dtls_give_keys(rtc_dtls *dtls)
{
	size_t size = rtc_srtp_material_size(dtls->profile);
	if (!size)
		return ENOPROTOOPT;
	int error = rtc_srtp_set_keys(dtls->options.srtp, dtls->profile, dtls->material, size, dtls->options.isClient);
	if (!error)
		rtc_wipe(dtls->material, sizeof dtls->material);
	return error;
}

int rtc_dtls_set_srtp(rtc_dtls *dtls, rtc_srtp *srtp)
{
	int error = 0;
	pthread_mutex_lock(&dtls->lock);
	if (dtls->options.srtp) {
		error = dtls->options.srtp == srtp ? 0 : EALREADY;
	} else {
		dtls->options.srtp = rtc_srtp_retain(srtp);
		if (dtls->concluded)
			error = rtc_dtls_give_keys(dtls);
		if (error) {
			rtc_srtp_release(srtp);
			dtls->options.srtp = NULL;
		}
	}
	pthread_mutex_unlock(&dtls->lock);
	return error;
}

int rtc_dtls_set_handlers(rtc_dtls *dtls, const rtc_dtls_handlers *handlers)
{
	int error = 0;
	pthread_mutex_lock(&dtls->delivery);
	if (!handlers) {
		atomic_store(&dtls->hasHandlers, 0);
		rtc_free(dtls->plain);
		dtls->plain = NULL;
	} else if (dtls->plain) {
		error = EALREADY;
	} else if (!(dtls->plain = rtc_calloc(1, RTC_DTLS_PLAIN))) {
		error = ENOMEM;
	} else {
		dtls->handlers = *handlers;
		atomic_store(&dtls->hasHandlers, 1);
	}
	pthread_mutex_unlock(&dtls->delivery);
	return error;
}

// The next record's data, with the lock for that moment only: its taker may send. Returns as mbedtls_ssl_read.
static int readRecord(rtc_dtls *dtls)
{
	int count = MBEDTLS_ERR_SSL_WANT_READ;
	pthread_mutex_lock(&dtls->lock);
	if (atomic_load(&dtls->state) == RTC_DTLS_CONNECTED && !rtc_dtls_unpark(dtls))
		count = mbedtls_ssl_read(&dtls->ssl, dtls->plain, RTC_DTLS_PLAIN);
	else
		dtls->incomingSize = 0; // no memory for it: lost, as on a network
	pthread_mutex_unlock(&dtls->lock);
	return count;
}

// With `delivery`.
static void readAll(rtc_dtls *dtls)
{
	int count;
	while ((count = readRecord(dtls)) > 0) {
		atomic_fetch_add_explicit(&dtls->recordsReceived, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&dtls->bytesReceived, (uint64_t)count, memory_order_relaxed);
		(*dtls->handlers.data)(dtls->handlers.context, dtls->plain, (size_t)count);
	}
	if (!rtc_dtls_must_wait(count))
		rtc_dtls_fail_with(dtls, count ? count : MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
}

void rtc_dtls_deliver(rtc_dtls *dtls, const uint8_t *data, size_t size)
{
	pthread_mutex_lock(&dtls->delivery);
	if (dtls->plain) {
		pthread_mutex_lock(&dtls->lock);
		dtls->incoming = data;
		dtls->incomingSize = size;
		pthread_mutex_unlock(&dtls->lock);
		readAll(dtls);
		pthread_mutex_lock(&dtls->lock);
		dtls->incomingSize = 0; // when it has ended on the way
		pthread_mutex_unlock(&dtls->lock);
	}
	pthread_mutex_unlock(&dtls->delivery);
}

void rtc_dtls_receive(rtc_dtls *dtls)
{
	pthread_mutex_lock(&dtls->delivery);
	if (dtls->plain && atomic_load(&dtls->state) == RTC_DTLS_CONNECTED && !rtc_dtls_queue_empty(&dtls->queue))
		readAll(dtls);
	pthread_mutex_unlock(&dtls->delivery);
}

int rtc_dtls_begin(rtc_dtls *dtls)
{
	int error = ENOTCONN;
	pthread_mutex_lock(&dtls->lock);
	if (atomic_load(&dtls->state) == RTC_DTLS_CONNECTED) {
		error = rtc_dtls_unpark(dtls) ? ENOMEM : 0;
		if (!error && !(dtls->transmit = rtc_path_begin(dtls->options.path)))
			error = ENOTCONN;
	}
	if (error)
		pthread_mutex_unlock(&dtls->lock);
	return error;
}

int rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size)
{
	if (!size || size > RTC_DTLS_PAYLOAD)
		return EMSGSIZE;
	int count = mbedtls_ssl_write(&dtls->ssl, data, size);
	if (count < 0)
		return count;
	atomic_fetch_add_explicit(&dtls->recordsSent, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&dtls->bytesSent, size, memory_order_relaxed);
	return 0;
}

uint32_t rtc_dtls_end(rtc_dtls *dtls)
{
	uint32_t lost = rtc_transmit_end(dtls->transmit);
	dtls->transmit = NULL;
	pthread_mutex_unlock(&dtls->lock);
	return lost;
}

void rtc_dtls_get_statistics(rtc_dtls *dtls, rtc_dtls_statistics *statistics)
{
	statistics->recordsSent = atomic_load_explicit(&dtls->recordsSent, memory_order_relaxed);
	statistics->recordsReceived = atomic_load_explicit(&dtls->recordsReceived, memory_order_relaxed);
	statistics->bytesSent = atomic_load_explicit(&dtls->bytesSent, memory_order_relaxed);
	statistics->bytesReceived = atomic_load_explicit(&dtls->bytesReceived, memory_order_relaxed);
}
