// SPDX-License-Identifier: Apache-2.0
// Which frames of a stream go to a peer whose way carries less than the encoder makes for all: the lower layers, where
// it has layers, or what comes after a key frame, until that is too much. Arithmetic alone.
#ifndef RTC_RTP_THINNING_H
#define RTC_RTP_THINNING_H

#include "rtc_frame.h"

typedef struct {
	uint64_t updated;             // microseconds of the newest frame; 0: none yet
	float seconds;                // that are remembered, and of them:
	float bits[RTC_FRAME_LAYERS]; // of each layer, without key frames
	float owed;                   // bits that were sent beyond the share
	uint8_t most;                 // the layers that are sent: up to this one
	uint8_t isThin;               // something was left out of late
} rtc_rtp_thinning;

typedef enum {
	RTC_RTP_SEND,
	RTC_RTP_SKIP, // nobody misses it
	RTC_RTP_CUT,  // what comes after it refers to it: nothing goes until a key frame
} rtc_rtp_verdict;

void rtc_rtp_thinning_init(rtc_rtp_thinning *thinning);
// Each frame that comes, whether it can be sent or not.
void rtc_rtp_thinning_see(rtc_rtp_thinning *thinning, const rtc_frame *frame, uint32_t share, uint64_t now);
// Of the frame that was seen just now. `share`: bit/s that the way carries of this stream; 0: not known. One for which
// it says RTC_RTP_SEND is sent.
rtc_rtp_verdict rtc_rtp_thinning_judge(rtc_rtp_thinning *thinning, const rtc_frame *frame, uint32_t share);
// Microseconds until a key frame would go.
uint64_t rtc_rtp_thinning_wait(const rtc_rtp_thinning *thinning, uint32_t share);

#endif
