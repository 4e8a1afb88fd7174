// SPDX-License-Identifier: Apache-2.0
// A receiver's part for pictures: what is missing is asked for, frames are put together, and where one is lost for good
// a key frame is asked for. Guarded as its receiver is.
#ifndef RTC_RTP_PICTURES_H
#define RTC_RTP_PICTURES_H

#include "rtc_assembly.h"

#define RTC_RTP_PICTURES_FEEDBACK 160 // room for what rtc_rtp_pictures_write writes

#define RTC_RTP_PICTURES_NACK 1 // the sender hears generic NACKs
#define RTC_RTP_PICTURES_PLI 2
#define RTC_RTP_PICTURES_FIR 4 // by which key frames are asked for where it hears no PLI

typedef struct {
	uint64_t framesReceived, keyFramesReceived; // whole ones, that were given out
	uint64_t framesDropped;                     // damaged, too large, or not decodable for want of one before them
	uint64_t packetsLate;                       // twice, or after their time
	uint64_t repairs;                           // packets that came by a request
	uint32_t nackCount, pliCount, firCount;     // sent
	uint32_t losses;                            // how often a frame was lost for good
	uint32_t roundTrip;                         // microseconds, of requests
} rtc_rtp_pictures_statistics;

typedef struct rtc_rtp_pictures rtc_rtp_pictures;

rtc_rtp_pictures *rtc_rtp_pictures_new(uint32_t bytes, uint8_t feedback); // NULL without memory
void rtc_rtp_pictures_free(rtc_rtp_pictures *pictures);                   // accepts NULL; frames may still be in use
void rtc_rtp_pictures_set_feedback(rtc_rtp_pictures *pictures, uint8_t feedback);
// Somebody wants frames, from a key frame on; or nobody does, and nothing is kept.
void rtc_rtp_pictures_want(rtc_rtp_pictures *pictures, int wanted, uint64_t now);
void rtc_rtp_pictures_request_key(rtc_rtp_pictures *pictures, uint64_t now);
// A packet, `repaired` when it was sent again by RTX.
void rtc_rtp_pictures_take(rtc_rtp_pictures *pictures, const rtc_assembly_packet *packet, int repaired, uint64_t now);
// The next frame, which the caller has a reference to; NULL: there is none yet.
rtc_frame *rtc_rtp_pictures_next(rtc_rtp_pictures *pictures, uint64_t now);
// Writes the RTCP packets that are due. Returns their size, 0: none.
size_t rtc_rtp_pictures_write(rtc_rtp_pictures *pictures, uint8_t *buffer, uint32_t ssrc, uint32_t media, uint64_t now);
// When there is something to write, or to give up; UINT64_MAX: not before a packet comes.
uint64_t rtc_rtp_pictures_due(const rtc_rtp_pictures *pictures);
void rtc_rtp_pictures_get_statistics(const rtc_rtp_pictures *pictures, rtc_rtp_pictures_statistics *statistics);

#endif
