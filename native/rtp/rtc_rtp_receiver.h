// SPDX-License-Identifier: Apache-2.0
// RTP of one incoming track of one peer: packets of the session in, frames of encoded media out. A source.
#ifndef RTC_RTP_RECEIVER_H
#define RTC_RTP_RECEIVER_H

#include "rtc_rtp_pictures.h"
#include "rtc_rtp_reception.h"
#include "rtc_rtp_session.h"

#define RTC_RTP_RECEIVER_FORMATS 8
#define RTC_RTP_RECEIVER_SOURCES 4

typedef struct {
	uint8_t isVideo;
	uint8_t formatCount, sourceCount;
	struct {
		uint8_t payloadType;
		const rtc_codec *codec;
		uint8_t hasRtx;
		uint8_t rtxPayloadType; // of its retransmissions (RFC 4588), where it has any
	} formats[RTC_RTP_RECEIVER_FORMATS];
	uint32_t sources[RTC_RTP_RECEIVER_SOURCES]; // SSRCs that the remote has announced
	uint32_t ssrc;                              // under which this side reports; not 0
	char cname[RTC_RTCP_CNAME + 1];
	uint8_t midId;               // header extension id of sdes:mid, 0: none
	uint8_t feedback;            // of pictures: RTC_RTP_PICTURES_NACK, _PLI and _FIR
	uint8_t isReducedSize;       // feedback may go without a report before it (RFC 5506)
	uint8_t transportSequenceId; // of transport-wide sequence numbers, whose arrival is told of; 0: it is not
	uint8_t isRated;             // the sender is told what the way carries (REMB), and
	uint8_t sendTimeId;          // header extension id of abs-send-time, by which that is known better; 0: none
	char mid[RTC_RTP_MID + 1];
} rtc_rtp_receiver_options;

// As W3C's inbound-rtp and remote-outbound-rtp count them.
typedef struct {
	uint32_t ssrc; // of the remote, 0: nothing came yet
	uint8_t payloadType;
	uint64_t packetsReceived;
	uint64_t bytesReceived; // of payload
	uint64_t headerBytesReceived;
	uint64_t packetsDiscarded; // of another SSRC, of an unknown payload type, or for want of memory
	int32_t packetsLost;
	double jitter;               // seconds
	uint64_t received;           // rtc_now() of the newest packet, 0: none came
	uint32_t reportsReceived;    // of the sender
	rtc_rtcp_sender_info remote; // from the newest
	uint32_t reportsSent;
	uint64_t retransmittedPacketsReceived, retransmittedBytesReceived; // by RTX; the totals have them, too
	uint8_t isVideo;
	rtc_rtp_pictures_statistics pictures; // of video
} rtc_rtp_receiver_statistics;

typedef struct rtc_rtp_receiver rtc_rtp_receiver;

// Bytes of packets of pictures that wait, for each receiver that is made from now on; its frames take one and a half
// times as much on a chip, three times elsewhere. 0, or EINVAL for what is not from RTC_ASSEMBLY_BYTES_MINIMUM to
// RTC_ASSEMBLY_BYTES_MAXIMUM.
int rtc_rtp_receiver_configure(uint32_t bytes);

// Retains `session`. `changed` is told, on the network thread, when packets begin to come, and when the sender has said
// BYE; it may be NULL. NULL with *error EINVAL, ENOMEM, EEXIST (a section has one) or ENOSPC.
rtc_rtp_receiver *rtc_rtp_receiver_new(const rtc_rtp_receiver_options *options, rtc_rtp_session *session,
									   void (*changed)(void *context), void *context, int *error);
rtc_source *rtc_rtp_receiver_source(rtc_rtp_receiver *receiver);
// Takes other formats from now on. 0, EINVAL, or as above.
int rtc_rtp_receiver_change(rtc_rtp_receiver *receiver, const rtc_rtp_receiver_options *options);
int rtc_rtp_receiver_is_active(rtc_rtp_receiver *receiver); // packets come; any thread
void rtc_rtp_receiver_get_statistics(rtc_rtp_receiver *receiver, rtc_rtp_receiver_statistics *statistics);
// Disconnects its sinks, says BYE for itself, and gives the reference back. `changed` is not running, nor will be.
void rtc_rtp_receiver_close(rtc_rtp_receiver *receiver);

#endif
