// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_session.h"

#include <mbedtls/ssl_ciphersuites.h>
#include <string.h>
#include "rtc_dtls_filter.h"
#include "rtc_ecdsa.h"
#include "rtc_port.h"

// A lost flight is sent again after twice the round trip that ICE has measured, but not before 50 ms; then after twice
// the time each time, up to the maximum. (RFC 6347 section 4.2.4.1 proposes a second to begin with, which is what other
// stacks then lose; libwebrtc does as we do.)
#define RETRANSMIT_INITIAL 50
#define RETRANSMIT_MAXIMUM 1500
#define MASTER_SECRET 48
#define RANDOM 32

// Forward secrecy and AEAD only. Ours are ECDSA certificates, some peers have RSA ones.
static const int suites[] = {
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	0,
};

#if MBEDTLS_VERSION_MAJOR >= 3
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};
#else
static const mbedtls_ecp_group_id groups[] = {
	MBEDTLS_ECP_DP_CURVE25519,
	MBEDTLS_ECP_DP_SECP256R1,
	MBEDTLS_ECP_DP_SECP384R1,
	MBEDTLS_ECP_DP_NONE,
};
#endif

// No NULL ciphers, no 32-bit tags.
static const mbedtls_ssl_srtp_profile profiles[] = {
#if defined(MBEDTLS_TLS_SRTP_AEAD_AES_128_GCM)
	MBEDTLS_TLS_SRTP_AEAD_AES_128_GCM,
#endif
	MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80,
	MBEDTLS_TLS_SRTP_UNSET,
};

// An alert during the handshake waits for what becomes of the step that it belongs to: see rtc_dtls_session_step.
static int isHeld(rtc_dtls *dtls, const unsigned char *data, size_t size)
{
	if (!dtls->stepping || data[0] != MBEDTLS_SSL_MSG_ALERT || size > sizeof dtls->alert)
		return 0;
	memcpy(dtls->alert, data, size);
	dtls->alertSize = size;
	return 1;
}

static int sendDatagram(void *context, const unsigned char *data, size_t size)
{
	rtc_dtls *dtls = context;
	// What the path cannot send is lost like a datagram on the way: the timer sends it again.
	if (size && dtls->transmit && size <= RTC_TRANSMIT_SIZE) {
		memcpy(rtc_transmit_buffer(dtls->transmit), data, size);
		rtc_transmit_commit(dtls->transmit, size);
	} else if (size && !isHeld(dtls, data, size)) {
		(void)rtc_path_send(dtls->options.path, data, size);
	}
	return (int)size;
}

// The next datagram: of those that waited, or the one that has just come. Returns 0 when there is none left.
static size_t popDatagram(rtc_dtls *dtls, unsigned char *buffer, size_t size)
{
	size_t count = rtc_dtls_queue_pop(&dtls->queue, buffer, size);
	if (count || !dtls->incomingSize)
		return count;
	count = dtls->incomingSize < size ? dtls->incomingSize : size;
	memcpy(buffer, dtls->incoming, count);
	dtls->incomingSize = 0;
	return count;
}

static size_t popRecords(rtc_dtls *dtls, unsigned char *buffer, size_t size)
{
	size_t count;
	int alert;
	while ((count = popDatagram(dtls, buffer, size))) {
		size_t records = rtc_dtls_filter(buffer, count, &alert);
		if (alert != RTC_DTLS_NO_ALERT && !dtls->doubt) {
			dtls->doubt = rtc_now() + RTC_DTLS_DOUBT;
			dtls->peerAlert = alert;
		}
		if (records)
			return records;
	}
	return 0;
}

static int receiveDatagram(void *context, unsigned char *buffer, size_t size)
{
	rtc_dtls *dtls = context;
	for (;;) {
		size_t count = popRecords(dtls, buffer, size);
		if (count && dtls->hello) {
			count = rtc_dtls_reassembly_add(dtls->hello, buffer, count, buffer, size);
			if (!count)
				continue;
			rtc_free(dtls->hello);
			dtls->hello = NULL;
		}
		return count ? (int)count : MBEDTLS_ERR_SSL_WANT_READ;
	}
}

static void setTimer(void *context, uint32_t intermediate, uint32_t final)
{
	rtc_dtls *dtls = context;
	uint64_t now = rtc_now();
	if (final > RETRANSMIT_MAXIMUM)
		final = RETRANSMIT_MAXIMUM;
	if (intermediate > final)
		intermediate = final;
	dtls->intermediate = now + (uint64_t)intermediate * 1000;
	dtls->final = final ? now + (uint64_t) final * 1000 : 0;
}

static int getTimer(void *context)
{
	rtc_dtls *dtls = context;
	uint64_t now = rtc_now();
	if (!dtls->final)
		return -1;
	return now >= dtls->final ? 2 : now >= dtls->intermediate;
}

// The fingerprint in the SDP is all the trust there is (RFC 8122 section 6.2): no chain, no name, no dates.
static int verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	rtc_dtls *dtls = context;
	if (depth == 0) {
		dtls->matched = 0;
		for (size_t i = 0; i < dtls->options.fingerprintCount; i++)
			dtls->matched |=
				rtc_fingerprint_matches(&dtls->options.fingerprints[i], certificate->raw.p, certificate->raw.len);
		dtls->mismatched = !dtls->matched;
#if MBEDTLS_VERSION_MAJOR < 3
		rtc_ecdsa_quicken(&certificate->pk, rtc_certificate_key(dtls->options.certificate));
#endif
	}
	*flags = 0;
	return 0;
}

// RFC 5764 section 4.2. The most that a profile wants is derived; less is its beginning (RFC 5246 section 5).
static void deriveKeys(rtc_dtls *dtls, const unsigned char *secret, const unsigned char *clientRandom,
					   const unsigned char *serverRandom, mbedtls_tls_prf_types prf)
{
	uint8_t randoms[2 * RANDOM];
	if (atomic_load(&dtls->state) != RTC_DTLS_CONNECTING)
		return; // a context that is restored says them again
	memcpy(randoms, clientRandom, RANDOM);
	memcpy(randoms + RANDOM, serverRandom, RANDOM);
	dtls->exported = !mbedtls_ssl_tls_prf(prf, secret, MASTER_SECRET, "EXTRACTOR-dtls_srtp", randoms, sizeof randoms,
										  dtls->material, sizeof dtls->material);
}

#if MBEDTLS_VERSION_MAJOR >= 3
static void exportKeys(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t size,
					   const unsigned char clientRandom[RANDOM], const unsigned char serverRandom[RANDOM],
					   mbedtls_tls_prf_types prf)
{
	if (type == MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET && size == MASTER_SECRET)
		deriveKeys(context, secret, clientRandom, serverRandom, prf);
}
#else
static int exportKeys(void *context, const unsigned char *secret, const unsigned char *keys, size_t macSize,
					  size_t keySize, size_t ivSize, const unsigned char clientRandom[RANDOM],
					  const unsigned char serverRandom[RANDOM], mbedtls_tls_prf_types prf)
{
	(void)keys, (void)macSize, (void)keySize, (void)ivSize;
	deriveKeys(context, secret, clientRandom, serverRandom, prf);
	return 0;
}
#endif

static void configureVersion(mbedtls_ssl_config *config)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_groups(config, groups);
#else
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_curves(config, groups);
#endif
#if MBEDTLS_VERSION_MAJOR < 4
	mbedtls_ssl_conf_rng(config, rtc_mbedtls_random, NULL);
#endif
}

static int configure(rtc_dtls *dtls)
{
	mbedtls_ssl_config *config = &dtls->config;
	int endpoint = dtls->options.isClient ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
	int error =
		mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (error)
		return error;
	configureVersion(config);
	mbedtls_ssl_conf_ciphersuites(config, suites);
	// Both sides show a certificate. OPTIONAL asks for it without wanting a chain; verify() and the end of the
	// handshake decide.
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_OPTIONAL);
	mbedtls_ssl_conf_verify(config, verify, dtls);
#if defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY)
	// Not before the keys: the window would follow the sequence number of any record in the clear, and a forged one
	// that is far ahead would make the peer's look old. Messages have numbers of their own, by which doubles are told.
	mbedtls_ssl_conf_dtls_anti_replay(config, MBEDTLS_SSL_ANTI_REPLAY_DISABLED);
#endif
#if defined(MBEDTLS_SSL_DTLS_HELLO_VERIFY) && defined(MBEDTLS_SSL_SRV_C)
	// ICE has proved the address already: a cookie would cost a round trip.
	mbedtls_ssl_conf_dtls_cookies(config, NULL, NULL, NULL);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_CLI_C)
	mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if MBEDTLS_VERSION_MAJOR < 3
	mbedtls_ssl_conf_export_keys_ext_cb(config, exportKeys, dtls);
#endif
	if (!dtls->options.withoutSrtp)
		error = mbedtls_ssl_conf_dtls_srtp_protection_profiles(config, profiles);
	if (!error)
		error = mbedtls_ssl_conf_own_cert(config, rtc_certificate_chain(dtls->options.certificate),
										  rtc_certificate_key(dtls->options.certificate));
	return error;
}

int rtc_dtls_session_open(rtc_dtls *dtls)
{
	mbedtls_ssl_init(&dtls->ssl);
	int error = mbedtls_ssl_setup(&dtls->ssl, &dtls->config);
	if (error)
		return error;
	mbedtls_ssl_set_bio(&dtls->ssl, dtls, sendDatagram, receiveDatagram, NULL);
	mbedtls_ssl_set_timer_cb(&dtls->ssl, dtls, setTimer, getTimer);
	mbedtls_ssl_set_mtu(&dtls->ssl, RTC_MTU);
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_set_export_keys_cb(&dtls->ssl, exportKeys, dtls);
#endif
	// No name is expected, and since 3.6.3 a client must say so.
	return mbedtls_ssl_set_hostname(&dtls->ssl, NULL);
}

int rtc_dtls_session_init(rtc_dtls *dtls)
{
	mbedtls_ssl_config_init(&dtls->config);
	mbedtls_ssl_init(&dtls->ssl);
	int error = rtc_mbedtls_init();
	if (!error)
		error = configure(dtls);
	if (!error && !dtls->options.isClient) {
		dtls->hello = rtc_calloc(1, sizeof *dtls->hello);
		if (!dtls->hello)
			error = MBEDTLS_ERR_SSL_ALLOC_FAILED;
	}
	return error ? error : rtc_dtls_session_open(dtls);
}

void rtc_dtls_session_set_round_trip(rtc_dtls *dtls, uint32_t roundTrip)
{
	uint32_t interval = roundTrip < RETRANSMIT_MAXIMUM / 2 ? 2 * roundTrip : RETRANSMIT_MAXIMUM;
	if (interval < RETRANSMIT_INITIAL)
		interval = RETRANSMIT_INITIAL;
	// No end to the doubling but ours: setTimer() caps the interval, the deadline ends the handshake.
	mbedtls_ssl_conf_handshake_timeout(&dtls->config, interval, UINT32_MAX);
}

void rtc_dtls_session_free(rtc_dtls *dtls)
{
	mbedtls_ssl_free(&dtls->ssl);
	mbedtls_ssl_config_free(&dtls->config);
	rtc_free(dtls->hello);
	rtc_wipe(dtls->material, sizeof dtls->material);
}

// While it waits for the Finished message, Mbed TLS takes a record that is not authentic for the peer's failure, sends
// an alert and returns an error. Anybody may have sent that record, even long before, as it keeps one for the keys to
// come: it is dropped like any other, with what the library would do (ssl_get_next_record).
static int dropForged(rtc_dtls *dtls)
{
	dtls->alertSize = 0;
	dtls->ssl.MBEDTLS_PRIVATE(in_left) = 0;
	dtls->ssl.MBEDTLS_PRIVATE(next_record_offset) = 0;
	return MBEDTLS_ERR_SSL_WANT_READ;
}

int rtc_dtls_session_step(rtc_dtls *dtls)
{
	int before = dtls->ssl.MBEDTLS_PRIVATE(state);
	dtls->alertSize = 0;
	dtls->stepping = 1;
	int error = mbedtls_ssl_handshake_step(&dtls->ssl);
	dtls->stepping = 0;
	if (error == MBEDTLS_ERR_SSL_INVALID_MAC)
		return dropForged(dtls);
	if (dtls->alertSize)
		(void)rtc_path_send(dtls->options.path, dtls->alert, dtls->alertSize);
	if (dtls->ssl.MBEDTLS_PRIVATE(state) != before)
		dtls->doubt = 0; // the peer goes on: the alert was not its own
#if defined(MBEDTLS_SSL_DTLS_ANTI_REPLAY)
	if (rtc_dtls_session_is_over(dtls))
		mbedtls_ssl_conf_dtls_anti_replay(&dtls->config, MBEDTLS_SSL_ANTI_REPLAY_ENABLED);
#endif
	return error;
}

int rtc_dtls_session_is_over(rtc_dtls *dtls)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_ssl_is_handshake_over(&dtls->ssl);
#else
	return dtls->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

uint16_t rtc_dtls_session_profile(rtc_dtls *dtls)
{
	mbedtls_dtls_srtp_info info;
	mbedtls_ssl_get_dtls_srtp_negotiation_result(&dtls->ssl, &info);
	return info.MBEDTLS_PRIVATE(chosen_dtls_srtp_profile); // the library has no accessor
}
