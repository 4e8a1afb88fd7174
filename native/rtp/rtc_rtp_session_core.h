// SPDX-License-Identifier: Apache-2.0
// Private to the files of the RTP session: rtc_rtp_session.c (streams), rtc_rtp_departure.c (packets on their way out),
// rtc_rtp_pacer.c (when they leave, and again), rtc_rtp_session_rtcp.c (reports and feedback).
//
// Frames come on their sources' threads, RTCP and the session's task on the network thread, statistics are read on
// JavaScript's: all of them take `lock`. After it may come the cache's, SRTP's and the transport's, which are let go
// between runs of packets, so that a large frame of one peer does not hold up the others. Nothing upstream is called
// with it held.
#ifndef RTC_RTP_SESSION_CORE_H
#define RTC_RTP_SESSION_CORE_H

#include "rtc_bwe.h"
#include "rtc_rtp_cache.h"
#include "rtc_rtp_session.h"
#include "rtc_sync.h"
#include "rtc_twcc_log.h"

// Packets that are protected and sent at a time: with more of them one peer would hold up the others, on a chip, where
// protecting one takes most of a millisecond, sooner.
#if defined(ESP_PLATFORM)
#define RTC_RTP_RUN 4
#else
#define RTC_RTP_RUN 16
#endif

#define RTC_RTP_SENT 512   // packets of which it is known when they left: twice what is on the way at 10 Mbit/s
#define RTC_RTP_QUEUE 16   // frames that wait
#define RTC_RTP_REPAIRS 64 // packets that wait to be sent again

typedef struct {
	uint32_t time; // microseconds, modulo 2^32
	uint16_t size;
	uint8_t cluster;
	uint8_t state;
} rtc_rtp_sent;
enum { RTC_RTP_UNSENT, RTC_RTP_FLYING, RTC_RTP_MISSING, RTC_RTP_ARRIVED };

// What is left of a frame to send.
typedef struct {
	rtc_rtp_stream *stream;
	uint32_t position; // of the next payload
	uint32_t timestamp;
	uint32_t bytes;
	uint16_t left;
	uint8_t begun, key;
	uint64_t captured; // rtc_now() microseconds
} rtc_rtp_queued;

typedef struct {
	rtc_rtp_stream *stream;
	uint16_t sequence;
} rtc_rtp_repair;

struct rtc_rtp_session {
	rtc_task task; // first
	atomic_uint refs;
	rtc_srtp *srtp;
	rtc_rtp_cache *cache; // NULL: nothing is kept, and nothing waits
	pthread_mutex_t lock; // guards what follows
	int closed;
	rtc_rtp_stream *streams;
	uint32_t random;
	uint64_t nextReport;
	rtc_rtp_router router;
	rtc_rtp_inbound *inbounds;
	uint64_t inboundDue;    // when the task has to look at them
	rtc_sync *sync;         // of what comes in; NULL: there was nothing yet
	rtc_twcc_log *arrivals; // NULL: they are not told of
	uint32_t arrivalSsrc;   // whose came last
	uint8_t arrivalId;      // header extension of the transport-wide sequence numbers that come
	rtc_remb *remb;         // NULL: what the way carries is not told
	uint8_t sendId;         // header extension of the times of sending that come
	rtc_rtp_session_statistics statistics;
	// Queues.
	rtc_rtp_queued queue[RTC_RTP_QUEUE];
	uint8_t queued, first;
	uint32_t queuedBytes;
	rtc_rtp_repair repairs[RTC_RTP_REPAIRS];
	uint8_t repairCount, repairFirst;
	int64_t repairDebt;
	// The pacer: bytes that were sent beyond what the rate allows; negative: a burst that may be.
	int64_t debt;
	uint64_t paced;
	uint32_t fixedPacing; // bit/s, for tests and benches; 0: the estimator's
	uint8_t cluster;      // of the probe that is being sent, 0: none
	uint32_t probeRate, probeLeft;
	// The estimator, and what it refers to.
	rtc_bwe bwe;
	uint8_t hasFeedback; // some stream has transport-wide sequence numbers
	uint16_t transportSequence;
	int64_t reference; // the newest of the receiver's reference times, unwrapped, in units of 64 ms
	uint8_t hasReference;
	uint32_t told; // bit/s: what sources were told last
	rtc_rtp_sent sent[RTC_RTP_SENT];
};

// What is asked of sources once the lock is let go. Their sinks are retained meanwhile.
typedef struct {
	rtc_sink *sinks[RTC_RTP_STREAMS];
	uint32_t rates[RTC_RTP_STREAMS]; // bit/s; 0: a key frame
	uint8_t count;
} rtc_rtp_wishes;
void rtc_rtp_wish_key_frame(rtc_rtp_wishes *wishes, rtc_rtp_stream *stream, uint64_t now);
// With the lock held: tells the sources of the estimate, where it has changed.
void rtc_rtp_wish_rates(rtc_rtp_session *session, rtc_rtp_wishes *wishes);
void rtc_rtp_express(rtc_rtp_wishes *wishes); // without the lock

// Packets on their way out.
typedef struct {
	rtc_rtp_session *session;
	rtc_srtp_transmit *transmit; // NULL: between two runs
	uint32_t count;              // of this run
	int reads;                   // the cache is held, until the run is over
	uint32_t lost;               // that could not be protected or sent
} rtc_rtp_departure;

// What is to be said of one packet.
typedef struct {
	rtc_rtp_stream *stream;
	uint8_t payloadType, marker, cluster;
	uint8_t isRepair;
	uint16_t sequence;
	uint32_t ssrc, timestamp;
	uint64_t captured; // 0: not told
	int isKey;
} rtc_rtp_head;

// Where the next packet is written; NULL when there is no way out.
uint8_t *rtc_rtp_room(rtc_rtp_departure *out);
// Writes the header of the next packet at `buffer`. Returns its size.
size_t rtc_rtp_write_head(rtc_rtp_session *session, uint8_t *buffer, const rtc_rtp_head *head, uint64_t now);
// As rtc_rtp_cache_read, which the rest of the run then needs no lock for.
size_t rtc_rtp_read_payload(rtc_rtp_departure *out, uint32_t position, uint8_t *buffer, uint32_t *next);
// Protects and sends it. Returns 0, or an errno value: then it is lost.
int rtc_rtp_commit(rtc_rtp_departure *out, const rtc_rtp_head *head, size_t size, uint64_t now);
int rtc_rtp_commit_rtcp(rtc_rtp_departure *out, size_t size);
void rtc_rtp_depart(rtc_rtp_departure *out);

// Sends reports that are due behind a frame of `sending`.
void rtc_rtp_send_reports(rtc_rtp_departure *out, const rtc_rtp_stream *sending);
size_t rtc_rtp_write_stream_report(rtc_rtp_stream *stream, uint8_t *buffer, uint64_t now);
void rtc_rtp_take_rtcp(void *session, const uint8_t *data, size_t size); // SRTP's handler

// Bit/s of the estimate that one of the streams of pictures may take; 0: not known, or of no interest.
uint32_t rtc_rtp_share(const rtc_rtp_session *session);
// Whether a frame goes at all: 0, EAGAIN or ECANCELED, as rtc_rtp_session_send.
int rtc_rtp_thin(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame);

// Notes when a packet came, to tell its sender.
void rtc_rtp_note_arrival(rtc_rtp_session *session, const rtc_rtp_packet *packet, uint64_t now);
// Sends what receivers have to tell, and takes what time brings them, which without `deliveries` waits for the task.
// Returns when there is more.
uint64_t rtc_rtp_tick_inbound(rtc_rtp_session *session, uint64_t now, rtc_rtp_deliveries *deliveries);

// Puts a frame into the queue, and sends what may leave by now. Returns as rtc_rtp_session_send.
int rtc_rtp_queue_frame(rtc_rtp_session *session, rtc_rtp_stream *stream, const rtc_frame *frame, uint32_t timestamp);
void rtc_rtp_forget_queue(rtc_rtp_session *session, const rtc_rtp_stream *stream);
// A packet that the receiver lacks is to be sent again. Without effect where it is not kept, or was asked for just
// before.
void rtc_rtp_repair_packet(rtc_rtp_session *session, rtc_rtp_stream *stream, uint16_t sequence, uint64_t now);
uint64_t rtc_rtp_pump(rtc_rtp_departure *out, uint64_t now); // returns when it is to be called again

#endif
