// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: a server's first message, made whole. Browsers send a ClientHello of 1.4 KB (it holds a
// post-quantum key share) as two fragments, which Mbed TLS takes only since 3.6.6 and 4.1.0 (RFC 6347 section 4.2.3).
#ifndef RTC_DTLS_REASSEMBLY_H
#define RTC_DTLS_REASSEMBLY_H

#include <stddef.h>
#include <stdint.h>

#define RTC_DTLS_HELLO_MAXIMUM 4096 // of the message's body, in bytes
#define RTC_DTLS_RECORD_HEADER 13
#define RTC_DTLS_HANDSHAKE_HEADER 12

typedef struct {
	uint16_t messageSequence;
	uint16_t version;
	uint32_t length; // of the body; 0: no fragment yet
	uint32_t missing;
	uint64_t recordSequence; // the highest of the records that brought it
	uint8_t present[RTC_DTLS_HELLO_MAXIMUM / 8];
	uint8_t body[RTC_DTLS_HELLO_MAXIMUM];
} rtc_dtls_reassembly;

void rtc_dtls_reassembly_init(rtc_dtls_reassembly *it);

// Takes a datagram from a client that has not been answered yet. Fragments may come in any order, more than one in a
// datagram, twice, and overlapping; whatever else the datagram holds is dropped. When the ClientHello is whole, it is
// written to `output` as a datagram of one record and one fragment, and its size is returned; 0 otherwise, and when it
// does not fit. `output` may be the datagram's own memory.
size_t rtc_dtls_reassembly_add(rtc_dtls_reassembly *it, const uint8_t *data, size_t size, uint8_t *output,
							   size_t outputSize);

#endif
