// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: what of a datagram Mbed TLS gets to see. Before the keys nothing is authenticated, and
// whoever can write the peer's address into a datagram can send records; invalid ones are to be discarded, without an
// end to the association (RFC 6347 section 4.1.2.7). Mbed TLS ends it for some of them. A well-formed handshake message
// that says something wrong cannot be told from the peer's own by anybody.
#ifndef RTC_DTLS_FILTER_H
#define RTC_DTLS_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define RTC_DTLS_NO_ALERT -1

// Removes from a datagram what is no whole record, and of the clear-text records (epoch 0) those that no peer sends:
// handshake messages and fragments whose lengths do not agree, a HelloRequest (nothing is negotiated anew), other
// types. Alerts in the clear go, too; *alert becomes the newest one's description if it says that the peer gives up.
// Returns the size of what is left, at the beginning of `data`.
size_t rtc_dtls_filter(uint8_t *data, size_t size, int *alert);

#endif
