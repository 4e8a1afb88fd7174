// SPDX-License-Identifier: Apache-2.0
// Cuts what comes over TCP into its messages. A TURN server's have no framing of their own (RFC 8656 section 12.5):
// STUN has its length in its header, ChannelData its own and is padded to a multiple of 4. A peer's have two bytes of
// length before each (RFC 4571, RFC 6544 section 3).
#ifndef RTC_FRAMER_H
#define RTC_FRAMER_H

#include <stddef.h>
#include <stdint.h>

#define RTC_FRAME_SIZE 1536 // with padding; larger ones are passed over, as a datagram that does not fit is
#define RTC_FRAMER_SIZE (2 * RTC_FRAME_SIZE)

#define RTC_FRAME_PREFIX 2 // bytes of a length

typedef struct {
	int isPrefixed;      // a peer's, not a server's
	size_t start, count; // what is not cut yet
	size_t skip;         // what is left of a message that is passed over
	uint8_t bytes[RTC_FRAMER_SIZE];
} rtc_framer;

typedef enum {
	RTC_FRAME_MORE,    // bytes are wanted
	RTC_FRAME_WHOLE,   // *frame is the next message, without padding or prefix; it may be changed in place
	RTC_FRAME_SKIPPED, // one was too large
	RTC_FRAME_BROKEN,  // of a server, neither STUN nor ChannelData: nothing that follows can be cut
} rtc_frame_result;

// Where the next bytes go, and how many there is room for: never 0 after RTC_FRAME_MORE. Call rtc_framer_took() then.
uint8_t *rtc_framer_room(rtc_framer *framer, size_t *size);
void rtc_framer_took(rtc_framer *framer, size_t size);
// *frame is valid until the next call.
rtc_frame_result rtc_framer_next(rtc_framer *framer, uint8_t **frame, size_t *size);

#endif
