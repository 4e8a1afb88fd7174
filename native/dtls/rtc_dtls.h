// SPDX-License-Identifier: Apache-2.0
// DTLS 1.2 of one peer over Mbed TLS (2.28, 3.6, 4.x), a transport: the handshake on a thread of its own that all peers
// share, the remote certificate held against the fingerprint of the SDP, the SRTP keys handed to libsrtp in C, and data
// for the segment above it (SCTP, RFC 8261) on the transport's thread.
#ifndef RTC_DTLS_H
#define RTC_DTLS_H

#include <stddef.h>
#include <stdint.h>
#include "rtc_srtp.h"
#include "rtc_transport.h"

// A self-signed ECDSA P-256 certificate with its key. Reference counted.
typedef struct rtc_certificate rtc_certificate;
#define RTC_FINGERPRINT_SIZE 32                        // SHA-256
rtc_certificate *rtc_certificate_generate(int *error); // *error is Mbed TLS's, negative
rtc_certificate *rtc_certificate_parse(const uint8_t *certificate, size_t certificateSize, const uint8_t *key,
									   size_t keySize, int *error); // DER
rtc_certificate *rtc_certificate_retain(rtc_certificate *certificate);
void rtc_certificate_release(rtc_certificate *certificate); // accepts NULL
const uint8_t *rtc_certificate_fingerprint(rtc_certificate *certificate);
// DER forms. Returns the size, 0 when it does not fit.
size_t rtc_certificate_write(rtc_certificate *certificate, uint8_t *buffer, size_t size);
size_t rtc_certificate_write_key(rtc_certificate *certificate, uint8_t *buffer, size_t size);

typedef enum {
	RTC_DTLS_NEW,
	RTC_DTLS_CONNECTING,
	RTC_DTLS_CONNECTED,
	RTC_DTLS_CLOSED,
	RTC_DTLS_FAILED
} rtc_dtls_state; // W3C RTCDtlsTransportState
typedef enum {
	RTC_DTLS_OK,
	RTC_DTLS_FINGERPRINT_MISMATCH,
	RTC_DTLS_HANDSHAKE_FAILED, // see rtc_dtls_error
	RTC_DTLS_TIMEOUT,
	RTC_DTLS_NO_SRTP_PROFILE,
	RTC_DTLS_NO_MEMORY,
} rtc_dtls_reason;

#define RTC_DTLS_FINGERPRINTS 4
typedef struct {
	char algorithm[12]; // "sha-256", "sha-384" or "sha-512"; what is weaker is refused
	uint8_t size;       // of the digest
	uint8_t value[64];
} rtc_fingerprint;
// From the two tokens of "a=fingerprint:" (RFC 8122 section 5). 0, ENOTSUP for another algorithm, EINVAL.
int rtc_fingerprint_parse(rtc_fingerprint *fingerprint, const char *algorithm, const char *value);
int rtc_fingerprint_is_valid(const rtc_fingerprint *fingerprint);
int rtc_fingerprint_matches(const rtc_fingerprint *fingerprint, const uint8_t *certificate, size_t size); // DER

typedef struct {
	rtc_path *path;
	rtc_srtp *srtp;  // gets the keys; NULL: there is no media yet, and rtc_dtls_set_srtp may follow
	int withoutSrtp; // there will not be any: use_srtp (RFC 5764) is not offered
	rtc_certificate *certificate;
	int isClient;
	rtc_fingerprint fingerprints[RTC_DTLS_FINGERPRINTS]; // any one of them may match (RFC 8122 section 5)
	size_t fingerprintCount;                             // at least one
	uint32_t timeout;                                    // milliseconds for the whole handshake
	// On the DTLS thread or the transport's, when connected, closed by the peer, or failed. Must not close it.
	void (*onState)(void *context);
	void *context;
} rtc_dtls_options;

typedef struct rtc_dtls rtc_dtls;
rtc_dtls *rtc_dtls_new(const rtc_dtls_options *options, int *error); // errno value, or Mbed TLS's (negative)
// Begins the handshake (a client sends its ClientHello): the path has a selected address. Early datagrams are taken in.
// A lost flight is sent again after twice the path's round trip, in milliseconds; 0: it is not known. 0, or EALREADY.
int rtc_dtls_start(rtc_dtls *dtls, uint32_t roundTrip);
rtc_dtls_state rtc_dtls_get_state(rtc_dtls *dtls);
rtc_dtls_reason rtc_dtls_get_reason(rtc_dtls *dtls);
int rtc_dtls_error(rtc_dtls *dtls);                           // Mbed TLS's (negative), or an errno value; 0 for none
int rtc_dtls_is_memory(int error);                            // whether it says that there was no memory
void rtc_dtls_error_text(int error, char *text, size_t size); // for a person; "" for 0
const char *rtc_dtls_cipher_suite(rtc_dtls *dtls); // its registered name ("TLS_ECDHE_…"), "" unless connected
// Media comes after all: the keys of this association, now or when it is connected. 0; ENOPROTOOPT when it is connected
// without a profile of SRTP, EALREADY when another has the keys, and what rtc_srtp_set_keys says.
int rtc_dtls_set_srtp(rtc_dtls *dtls, rtc_srtp *srtp);

// The segment above. While there is one, what the peer sends is decrypted on the transport's thread as it comes, and
// the association keeps its record buffers; without, application data is discarded, and they are given back where they
// can be (see rtc_dtls_park.h).
typedef struct {
	// The state is another. On the DTLS thread or the transport's; it must not close anything.
	void (*state)(void *context);
	// One record's application data, 1 to RTC_DTLS_PLAIN bytes. On the transport's thread, with no lock held that
	// rtc_dtls_write takes. It may not set handlers.
	void (*data)(void *context, const uint8_t *data, size_t size);
	void *context;
} rtc_dtls_handlers;
#define RTC_DTLS_PLAIN 1536 // bytes; a datagram has less
// NULL removes them: none is running when it returns. Not from a handler. 0, EALREADY, ENOMEM.
int rtc_dtls_set_handlers(rtc_dtls *dtls, const rtc_dtls_handlers *handlers);
// Takes in what came before the association was connected. The segment above calls it on the transport's thread when it
// hears of that: until then datagrams wait for the DTLS thread.
void rtc_dtls_receive(rtc_dtls *dtls);

// Sends a run of records, each a datagram: begin locks the association and its path, end sends what is left. Locks are
// taken in this order: the association's, then the transport's. Any thread.
#define RTC_DTLS_OVERHEAD 37                           // bytes that a record adds, with AES-GCM; ChaCha20 adds less
#define RTC_DTLS_PAYLOAD (RTC_MTU - RTC_DTLS_OVERHEAD) // most bytes of one record
int rtc_dtls_begin(rtc_dtls *dtls);                    // 0, or ENOTCONN, ENOMEM: then nothing is locked
int rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size); // 0, EMSGSIZE, or Mbed TLS's (negative)
uint32_t rtc_dtls_end(rtc_dtls *dtls);                                // as rtc_transmit_end

typedef struct {
	uint64_t recordsSent, recordsReceived, bytesSent, bytesReceived; // application data
} rtc_dtls_statistics;
void rtc_dtls_get_statistics(rtc_dtls *dtls, rtc_dtls_statistics *statistics);

// Sends close_notify when connected, then gives everything back; the handlers are gone before. onState is not called
// again, nor running, when it returns: it waits for the step of the handshake that is under way, a millisecond on a
// host, up to 100 on a chip.
void rtc_dtls_close(rtc_dtls *dtls);
// Whoever holds it besides its owner may still use it when it is closed: it is no longer connected.
rtc_dtls *rtc_dtls_retain(rtc_dtls *dtls);
void rtc_dtls_release(rtc_dtls *dtls);

#endif
