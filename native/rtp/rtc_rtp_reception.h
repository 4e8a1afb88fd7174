// SPDX-License-Identifier: Apache-2.0
// What a receiver knows of one stream that comes in: its sequence numbers, loss and jitter, and what its sender has
// reported (RFC 3550 sections 6.4.1, A.1, A.3 and A.8). No locks: its owner has them.
#ifndef RTC_RTP_RECEPTION_H
#define RTC_RTP_RECEPTION_H

#include "rtc_rtcp.h"

#define RTC_RTP_RECEPTION_CLOCKS 5 // sender reports by which the sender's clock is judged

typedef struct {
	uint32_t clockRate;
	uint8_t started;
	uint16_t badSequence;                    // what follows on a jump, if the jump is to be believed
	uint8_t isSuspicious;                    // there was one
	uint32_t first, highest;                 // extended
	uint64_t packets;                        // that count as received, since the first
	uint32_t expectedBefore, receivedBefore; // at the report before
	uint32_t jitter;                         // in sixteenths of a tick
	uint32_t transit;                        // of the newest packet: arrival less its timestamp, in ticks
	uint32_t timestamp;                      // of the newest packet
	uint64_t jumps;                          // packets that were left out because they lie nowhere near the others
	uint32_t lastReport;                     // the middle 32 bits of the newest SR's NTP time; 0: none came
	uint64_t reportedAt;                     // rtc_now() when it came
	rtc_rtcp_sender_info sender;             // from it
	uint32_t reports;                        // that came
	struct {
		uint64_t time; // microseconds since 1900
		uint32_t timestamp;
	} clocks[RTC_RTP_RECEPTION_CLOCKS]; // of the newest reports
	uint8_t clockCount, nextClock;
	int64_t correction; // microseconds that the newest report's time is wrong, by the others
} rtc_rtp_reception;

typedef enum {
	RTC_RTP_RECEPTION_TAKEN,
	RTC_RTP_RECEPTION_JUMPED,    // it lies nowhere near the others: nothing is known of it until another follows on it
	RTC_RTP_RECEPTION_RESTARTED, // it follows on one that did: the sender has begun anew
} rtc_rtp_reception_result;

void rtc_rtp_reception_init(rtc_rtp_reception *reception, uint32_t clockRate);
// Takes a packet that came at `now` (rtc_now()). *extended is its sequence number with the cycles before it: it goes on
// through restarts, and is never less than 2^15.
rtc_rtp_reception_result rtc_rtp_reception_take(rtc_rtp_reception *reception, uint16_t sequence, uint32_t timestamp,
												uint64_t now, uint32_t *extended);
// The sequence number nearest to the newest: of a packet that was sent again.
uint32_t rtc_rtp_reception_extend(const rtc_rtp_reception *reception, uint16_t sequence);
// Notes a sender report that came at `now`. Its pair of times is taken as the newest few say in their median: a busy
// sender may read one of its clocks a tenth of a second after the other.
void rtc_rtp_reception_reported(rtc_rtp_reception *reception, const rtc_rtcp_sender_info *info, uint64_t now);
// When what has a timestamp was taken, by its sender's clock, in microseconds since 1900; 0: no sender report came.
uint64_t rtc_rtp_reception_sent(const rtc_rtp_reception *reception, uint32_t timestamp);
// The report block that is due, which the next will tell what has changed since.
void rtc_rtp_reception_report(rtc_rtp_reception *reception, uint64_t now, rtc_rtcp_report *report);
// Packets that are missing by now; duplicates can make it negative.
int32_t rtc_rtp_reception_lost(const rtc_rtp_reception *reception);

#endif
