// SPDX-License-Identifier: Apache-2.0
// RTP of one outgoing track to one peer: packets from frames, sender reports, feedback. A sink.
#ifndef RTC_RTP_SENDER_H
#define RTC_RTP_SENDER_H

#include "rtc_frame.h"
#include "rtc_port.h"
#include "rtc_rtcp.h"
#include "rtc_rtp.h"
#include "rtc_srtp.h"

#define RTC_RTP_PACKET_MINIMUM 200                          // least maximumPacketSize
#define RTC_RTP_PACKET_MAXIMUM (RTC_MTU - RTC_SRTP_TRAILER) // most, and what 0 means

typedef struct {
	rtc_format format; // RTC_FORMAT_H264, OPUS, PCMU or PCMA
	uint8_t payloadType;
	uint8_t packetizationMode;      // H.264: 0 or 1 (RFC 6184 section 6.2)
	uint32_t ssrc;                  // not 0
	uint32_t clockRate;             // 90000, 48000, 8000
	uint16_t maximumPacketSize;     // bytes of the RTP packet, before protection
	char cname[RTC_RTCP_CNAME + 1]; // RFC 7022
	uint8_t midId;                  // header extension id of sdes:mid (RFC 8843 section 15), 0: none
	char mid[RTC_RTP_MID + 1];
} rtc_rtp_sender_options;

// As W3C's outbound-rtp and remote-inbound-rtp count them.
typedef struct {
	uint64_t packetsSent;
	uint64_t bytesSent; // of payload
	uint64_t headerBytesSent;
	uint64_t framesSent, keyFramesSent;
	uint64_t framesDropped;                 // before the keys or the first key frame, or not sendable
	uint32_t pliCount, firCount, nackCount; // received
	uint32_t reportsReceived;               // report blocks about this SSRC
	int32_t packetsLost;                    // from the newest; cumulative, and duplicates can make it negative
	double fractionLost;                    // 0 … 1
	double jitter;                          // seconds
	double roundTripTime;                   // seconds; 0 before the first
	double totalRoundTripTime;
	uint32_t roundTripTimeMeasurements;
	uint64_t receiverBitrate; // bit/s: the newest REMB, 0 before the first
	uint32_t byes;            // received
	uint32_t malformedRtcp;   // compound packets
	uint32_t unknownRtcp;     // well-formed packets in them that have no meaning here
} rtc_rtp_sender_statistics;

typedef struct rtc_rtp_sender rtc_rtp_sender;

// Retains `srtp`. NULL with *error EINVAL, ENOMEM, ENOSPC (the session has its RTC_SRTP_HANDLERS) or EIO (no
// randomness).
rtc_rtp_sender *rtc_rtp_sender_new(const rtc_rtp_sender_options *options, rtc_srtp *srtp, int *error);
rtc_sink *rtc_rtp_sender_sink(rtc_rtp_sender *sender);
void rtc_rtp_sender_get_statistics(rtc_rtp_sender *sender, rtc_rtp_sender_statistics *statistics); // any thread
// Sends another format, payload type, clock rate or MID from the next frame on; the SSRC, its sequence numbers and the
// CNAME go on. 0 or EINVAL.
int rtc_rtp_sender_change(rtc_rtp_sender *sender, const rtc_rtp_sender_options *options);
// Disconnects it, sends BYE, and gives the reference back.
void rtc_rtp_sender_close(rtc_rtp_sender *sender);

#endif
