// SPDX-License-Identifier: Apache-2.0
// The header extensions that packets bear, in the one-byte form (RFC 8285 section 4.2).
#ifndef RTC_RTP_EXTENSION_H
#define RTC_RTP_EXTENSION_H

#include "rtc_rtp.h"

// As negotiated: 1 … 14; 0: not this one.
typedef struct {
	uint8_t mid;               // urn:ietf:params:rtp-hdrext:sdes:mid (RFC 8843 section 15)
	uint8_t transportSequence; // draft-holmer-rmcat-transport-wide-cc-extensions-01
	uint8_t sendTime;          // abs-send-time
	uint8_t playoutDelay;      // playout-delay
	uint8_t captureTime;       // abs-capture-time
} rtc_rtp_extension_ids;

#define RTC_RTP_EXTENSION_ID 14                                 // the largest
int rtc_rtp_extensions_check(const rtc_rtp_extension_ids *ids); // whether all of them are such

// What one packet says. Elements without an id are left out.
typedef struct {
	const char *mid; // NULL: not in this one; at most RTC_RTP_MID characters
	uint16_t transportSequence;
	uint64_t now;            // microseconds: the time of sending
	uint8_t hasPlayoutDelay; // 0 and 0: a live picture, shown at once
	uint64_t captureTime;    // when it was captured, as an NTP timestamp; 0: not in this one
} rtc_rtp_extension_values;

// With all of them: the form's header, and elements of 1 + RTC_RTP_MID, 3, 4, 4 and 9 bytes, filled up to words.
#define RTC_RTP_EXTENSIONS_MAXIMUM 40
// Writes them, and returns how many bytes: 0 when there are none, else a multiple of 4.
size_t rtc_rtp_write_extensions(uint8_t *buffer, const rtc_rtp_extension_ids *ids,
								const rtc_rtp_extension_values *values);

#endif
