// SPDX-License-Identifier: Apache-2.0
// RTP of one outgoing track to one peer: packets from frames, sender reports, feedback. A sink.
#ifndef RTC_RTP_SENDER_H
#define RTC_RTP_SENDER_H

#include "rtc_frame.h"
#include "rtc_srtp.h"

typedef struct {
	rtc_format format;   // RTC_FORMAT_H264, OPUS, PCMU or PCMA
	uint8_t payloadType;
	uint8_t packetizationMode; // H.264: 0 or 1 (RFC 6184 section 6.2)
	uint32_t ssrc;             // not 0
	uint32_t clockRate;        // 90000, 48000, 8000
	uint16_t maximumPacketSize; // of the RTP packet, before protection; 0: RTC_MTU less the trailer
	char cname[32];            // RFC 7022
	uint8_t midId;             // header extension id of sdes:mid (RFC 8843 section 15), 0: none
	char mid[16];
} rtc_rtp_sender_options;

typedef struct {
	uint64_t packetsSent, bytesSent, headerBytesSent; // as W3C outbound-rtp counts them
	uint64_t framesSent, keyFramesSent, framesDropped; // dropped: before the first key frame, or not sendable
	uint32_t pliCount, firCount, nackCount;            // received
	uint32_t reportsReceived;                          // report blocks about this SSRC
	uint32_t packetsLost;                              // from the newest (cumulative)
	double fractionLost;                               // 0 … 1
	double jitter;                                     // seconds
	double roundTripTime, totalRoundTripTime;          // seconds; 0 before the first
	uint32_t roundTripTimeMeasurements;
	uint32_t malformedRtcp;
	uint32_t byes;
} rtc_rtp_sender_statistics;

typedef struct rtc_rtp_sender rtc_rtp_sender;
rtc_rtp_sender *rtc_rtp_sender_new(const rtc_rtp_sender_options *options, rtc_srtp *srtp, int *error);
rtc_sink *rtc_rtp_sender_sink(rtc_rtp_sender *sender);
void rtc_rtp_sender_get_statistics(rtc_rtp_sender *sender, rtc_rtp_sender_statistics *statistics);
// Disconnects it, sends BYE, and gives the reference back.
void rtc_rtp_sender_close(rtc_rtp_sender *sender);

#endif
