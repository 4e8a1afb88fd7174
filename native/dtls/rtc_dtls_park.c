// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_park.h"

#include "rtc_port.h"

#if defined(MBEDTLS_SSL_CONTEXT_SERIALIZATION)
void rtc_dtls_park(rtc_dtls *dtls)
{
	size_t size = 0;
	if (dtls->parked || mbedtls_ssl_context_save(&dtls->ssl, NULL, 0, &size) != MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL)
		return;
	dtls->parked = rtc_calloc(1, size);
	dtls->parkedSize = size;
	if (!dtls->parked)
		return;
	if (mbedtls_ssl_context_save(&dtls->ssl, dtls->parked, size, &size)) {
		rtc_dtls_forget(dtls);
		return;
	}
	mbedtls_ssl_free(&dtls->ssl);
	rtc_dtls_queue_trim(&dtls->queue);
}

int rtc_dtls_unpark(rtc_dtls *dtls)
{
	if (!dtls->parked)
		return 0;
	int error = rtc_dtls_session_open(dtls);
	if (!error)
		error = mbedtls_ssl_context_load(&dtls->ssl, dtls->parked, dtls->parkedSize);
	if (error)
		mbedtls_ssl_free(&dtls->ssl);
	else
		rtc_dtls_forget(dtls);
	return error;
}
#else
void rtc_dtls_park(rtc_dtls *dtls)
{
	(void)dtls;
}

int rtc_dtls_unpark(rtc_dtls *dtls)
{
	(void)dtls;
	return 0;
}
#endif

void rtc_dtls_forget(rtc_dtls *dtls)
{
	if (!dtls->parked)
		return;
	rtc_wipe(dtls->parked, dtls->parkedSize); // it has the master secret in it
	rtc_free(dtls->parked);
	dtls->parked = NULL;
}
