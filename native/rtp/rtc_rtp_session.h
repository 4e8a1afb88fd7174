// SPDX-License-Identifier: Apache-2.0
// The RTP session of one peer, between SRTP and the segments: it owns the packets of all outgoing streams, their
// sequence numbers, headers and counters; one schedule of RTCP; and it gives what comes in to whom it is for. Senders
// and receivers are its users and know no socket.
#ifndef RTC_RTP_SESSION_H
#define RTC_RTP_SESSION_H

#include "rtc_frame.h"
#include "rtc_remb.h"
#include "rtc_rtp_extension.h"
#include "rtc_rtp_feedback.h"
#include "rtc_rtp_inbound.h"
#include "rtc_rtp_thinning.h"
#include "rtc_srtp.h"

#define RTC_RTP_PACKET_MINIMUM 200                          // least maximumPacketSize
#define RTC_RTP_PACKET_MAXIMUM (RTC_MTU - RTC_SRTP_TRAILER) // most, and what 0 means
// What is kept free for headers: 12 bytes, all extensions, and the number before a repair's payload. So payloads are of
// one size for all peers, and are cut once.
#define RTC_RTP_OVERHEAD (RTC_RTP_HEADER + RTC_RTP_EXTENSIONS_MAXIMUM + 2)
#define RTC_RTP_STREAMS 8 // outgoing ones of a session

typedef struct rtc_rtp_session rtc_rtp_session;

// Retains `srtp`, of which it is the only user. NULL with *error ENOMEM, ENOSPC when `srtp` has too many handlers, or
// EIO (no randomness).
rtc_rtp_session *rtc_rtp_session_new(rtc_srtp *srtp, int *error);
rtc_rtp_session *rtc_rtp_session_retain(rtc_rtp_session *session);
void rtc_rtp_session_release(rtc_rtp_session *session); // accepts NULL
// Nothing is sent or received any more; no callback runs when it returns. Its owner calls it before it gives its
// reference back. Not from a callback. Idempotent.
void rtc_rtp_session_close(rtc_rtp_session *session);

// Guards the session, its streams, and whatever their owners keep with them. It is held for as long as a run of packets
// takes to be protected, and never while anything upstream is called.
void rtc_rtp_session_lock(rtc_rtp_session *session);
void rtc_rtp_session_unlock(rtc_rtp_session *session);
int rtc_rtp_session_ready(rtc_rtp_session *session); // it has keys
// What plays the streams of its peer together; NULL without memory. It is the session's.
rtc_sync *rtc_rtp_session_sync(rtc_rtp_session *session);
// An inbound of it has something to do by now. Any thread, without the lock.
void rtc_rtp_session_wake(rtc_rtp_session *session);

// How the packets of a stream are made.
typedef struct {
	const rtc_codec *codec;
	uint8_t payloadType;
	uint8_t packetizationMode;      // of formats that have several (RFC 6184 section 6.2)
	uint32_t ssrc;                  // not 0
	uint16_t maximumPacketSize;     // bytes of the RTP packet, before protection
	char cname[RTC_RTCP_CNAME + 1]; // RFC 7022
	rtc_rtp_extension_ids ids;
	char mid[RTC_RTP_MID + 1];
	uint32_t rtxSsrc; // of retransmissions (RFC 4588); 0: they go under the stream's own numbers
	uint8_t rtxPayloadType;
} rtc_rtp_stream_options;

// A packet that may be sent again.
typedef struct {
	uint32_t position; // in the cache
	uint32_t timestamp;
	uint16_t sequence;       // of another packet: this one is not kept
	uint16_t sent, repaired; // milliseconds, modulo 2^16
	uint8_t flags;           // 1: it is one, 2: its marker, 4: it was sent again
} rtc_rtp_kept;

// One outgoing stream: its owner keeps it, the session's lock guards it from rtc_rtp_session_add to
// rtc_rtp_session_remove.
typedef struct rtc_rtp_stream {
	struct rtc_rtp_stream *next;
	rtc_sink *sink; // where requests for key frames go
	rtc_rtp_stream_options options;
	uint32_t offset; // RTP timestamp less the ticks of rtc_now(): what sender reports tell
	uint32_t wanted; // bit/s that its source makes at most; 0: not known
	uint16_t sequence, rtxSequence;
	uint16_t keptSize;          // a power of two
	uint8_t isReported;         // it has had its first report
	uint8_t isBroken;           // a frame of it has left in part
	uint32_t repairs;           // sent
	uint64_t keyFrameRequested; // when; 0: not since the last key frame
	uint64_t keyFrameEarliest;  // none is asked for before
	uint64_t keyFrameSent;      // when the newest began to leave; 0: none yet
	uint64_t nextCaptureTime;
	rtc_rtp_kept *kept; // NULL: nothing is kept
	rtc_rtp_thinning thinning;
	rtc_rtp_feedback feedback;
} rtc_rtp_stream;

// Whether options are within their bounds; maximumPacketSize 0 becomes the most.
int rtc_rtp_stream_check(rtc_rtp_stream_options *options);
// Adds a stream with options that were checked; sequence numbers and timestamps begin anywhere. 0, ENOMEM, ENOSPC, EIO.
int rtc_rtp_session_add(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options);
// With the lock held. Other options for what follows; the SSRC, its sequence numbers and counters go on.
void rtc_rtp_session_change(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_rtp_stream_options *options);
// Sends BYE, and forgets the stream.
void rtc_rtp_session_remove(rtc_rtp_session *session, rtc_rtp_stream *stream);

// With the lock held: what the source of a stream makes at most; 0: not known.
void rtc_rtp_session_want(rtc_rtp_session *session, rtc_rtp_stream *stream, uint32_t bitsPerSecond);

// With the lock held: a frame of a picture came, whether it can be sent or not. It comes before rtc_rtp_session_send.
void rtc_rtp_session_see(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame);

// Sends a frame, with the lock held. `talkspurt`: the marker of sound. Returns 0; ENOTCONN, EINVAL or EMSGSIZE when
// nothing of it was sent, so that it is missing without a trace; EAGAIN likewise, because the way is too narrow;
// ECANCELED for that reason, too, but no later frame refers to it; EIO when some packets of it were lost on this host.
int rtc_rtp_session_send(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp,
						 int talkspurt);

// With the lock held: whether a key frame is to be asked for now, rather than one that was asked for just before.
int rtc_rtp_stream_wants_key_frame(rtc_rtp_stream *stream, uint64_t now);

// What comes for a route is the inbound's from now on, and so is what comes from `sources`, SSRCs that the remote has
// announced (RFC 5576). The route's context is the inbound. 0, EEXIST, ENOSPC.
int rtc_rtp_session_add_inbound(rtc_rtp_session *session, rtc_rtp_inbound *inbound, const rtc_rtp_route *route,
								const uint32_t *sources, uint8_t count);
// Sends a last RTCP packet of `size` bytes, 0 for none, unless a stream goes on under its SSRC. None of its functions
// is running when it returns.
void rtc_rtp_session_remove_inbound(rtc_rtp_session *session, rtc_rtp_inbound *inbound, const uint8_t *last,
									size_t size);

// For an inbound's report, with the lock held: writes what the way carries into RTC_RTP_SESSION_REMB bytes, if it is to
// tell that now. Returns its size, 0: it is not.
size_t rtc_rtp_session_write_remb(rtc_rtp_session *session, const rtc_rtp_inbound *inbound, uint8_t *buffer,
								  uint64_t now);
#define RTC_RTP_SESSION_REMB (RTC_RTCP_REMB_SIZE + 4 * RTC_REMB_SOURCES)

typedef struct {
	uint64_t packetsReceived;  // RTP
	uint64_t unrouted;         // of those, how many were for nobody
	uint64_t receiverBitrate;  // bit/s: the newest REMB, 0 before the first
	uint32_t availableBitrate; // bit/s that the way carries, 0 while that is not known
	uint32_t incomingBitrate;  // bit/s that the way to here carries, 0 while that is not known, or not estimated here
	uint32_t pacing;           // bit/s at which packets may leave
	uint32_t queuedBytes;      // that wait for it
	uint64_t feedbackReceived; // transport-wide feedback packets
	uint64_t overuses, probes; // of the estimator
	double loss;               // of the newest window, 0 … 1
	uint32_t byes;             // received
	uint32_t malformedRtcp;    // compound packets
	uint32_t unknownRtcp;      // well-formed packets in them that have no meaning here
} rtc_rtp_session_statistics;
// For tests and benches: packets leave at this rate, whatever is estimated. 0: no longer.
void rtc_rtp_session_set_pacing(rtc_rtp_session *session, uint32_t bitsPerSecond);
void rtc_rtp_session_get_statistics(rtc_rtp_session *session, rtc_rtp_session_statistics *statistics); // any thread

#endif
