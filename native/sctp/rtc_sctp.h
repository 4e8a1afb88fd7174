// SPDX-License-Identifier: Apache-2.0
// SCTP of one peer over DTLS (RFC 8261, RFC 8831), by usrsctp without threads of its own: everything but opening and
// closing happens on the transport's thread. What is sent waits in a queue for each stream, of which each has its turn;
// what comes waits for whoever reads it, and when that is too much, the peer waits (its window closes).
#ifndef RTC_SCTP_H
#define RTC_SCTP_H

#include <stddef.h>
#include <stdint.h>
#include "rtc_dtls.h"
#include "rtc_transport.h"

// Payload protocol identifiers of data channels (RFC 8831 section 8).
enum {
	RTC_SCTP_DCEP = 50,
	RTC_SCTP_STRING = 51,
	RTC_SCTP_BINARY = 53,
	RTC_SCTP_STRING_EMPTY = 56,
	RTC_SCTP_BINARY_EMPTY = 57,
};

#define RTC_SCTP_CHUNK 16384     // bytes: of a message that is delivered in chunks, none is larger
#define RTC_SCTP_STREAMS 65535   // of each direction, at most
#define RTC_SCTP_MESSAGE_COST 64 // bytes that each waiting message counts for beside its own
#define RTC_SCTP_REFUSED 128     // streams of which there is no channel, and that are being closed
#define RTC_SCTP_CLOSING 30      // seconds: then a stream, or the association, is over, whatever the peer does

// Memory: usrsctp keeps `streams` times 104 bytes (68 on a 32-bit chip), and up to twice `window` for what has come and
// is not read, and for what was sent and not acknowledged; here up to `sendQueue` and `receiveQueue` wait, and one
// message that is not whole yet. Messages of a few bytes cost usrsctp a buffer of 2.3 KB each, so that a peer that
// means ill can have it hold nine times `window` (no more than 256 such buffers on a chip). Nothing of it is allocated
// before it is needed, but for the streams.
typedef struct {
	rtc_path *path;
	rtc_dtls *dtls;
	uint16_t port;         // of both sides; usually 5000
	uint16_t streams;      // offered and taken in each direction
	uint32_t window;       // bytes: what the peer may send ahead, and what is sent and not acknowledged
	uint32_t sendQueue;    // bytes that wait to be sent, of all streams
	uint32_t receiveQueue; // bytes that wait to be read; no more is taken from usrsctp then
	uint32_t largest;      // bytes of a message of the peer, as this side has announced it
	// There are events to read. On the transport's thread; it must not call back.
	void (*onEvent)(void *context);
	void *context;
} rtc_sctp_options;

typedef enum {
	RTC_SCTP_EVENT_UP = 1, // `stream`: how many there are in each direction
	// It has ended, and nothing else follows. `stream` is 1 when all that either side has sent was acknowledged before
	// (SHUTDOWN); 0: the peer has aborted it, or cannot be reached, or something was left unsent.
	RTC_SCTP_EVENT_DOWN,
	RTC_SCTP_EVENT_MESSAGE,
	RTC_SCTP_EVENT_RESET,    // the peer sends no more on `stream`, which this side has to close, too, and does not yet
	RTC_SCTP_EVENT_CLOSED,   // both directions of `stream` are over: it may be used anew
	RTC_SCTP_EVENT_SENT,     // `size` bytes of `stream` wait no longer
	RTC_SCTP_EVENT_OVERLONG, // a message on `stream` was longer than announced, and is dropped
} rtc_sctp_event_type;

typedef struct rtc_sctp_event rtc_sctp_event;
struct rtc_sctp_event {
	rtc_sctp_event *next;
	rtc_sctp_event_type type;
	uint16_t stream;
	uint8_t isFirst, isLast; // chunk of a message
	uint32_t ppid;
	uint32_t size;
	uint8_t data[];
};

typedef struct rtc_sctp rtc_sctp;
rtc_sctp *rtc_sctp_new(const rtc_sctp_options *options, int *error); // errno value
// Begins as soon as DTLS is connected. 0, or EALREADY.
int rtc_sctp_start(rtc_sctp *sctp, uint16_t remotePort);
// The association goes on over another DTLS association. 0, or as rtc_dtls_set_handlers.
int rtc_sctp_set_dtls(rtc_sctp *sctp, rtc_dtls *dtls);
// Ends it in order (RFC 9260 section 9.2): nothing more can be sent, and when what waits has been sent and
// acknowledged, both sides hear RTC_SCTP_EVENT_DOWN. A peer that does not play along is waited for RTC_SCTP_CLOSING at
// most. From any thread; can be called again without effect.
void rtc_sctp_shutdown(rtc_sctp *sctp);
// Ends it (ABORT, while DTLS is open) and frees everything. onEvent is not running, nor will be called, when it
// returns.
void rtc_sctp_close(rtc_sctp *sctp);

typedef struct {
	uint8_t unordered;
	uint8_t policy; // what `value` limits
	uint8_t chunks; // messages are delivered as they come, in chunks
	uint32_t value;
} rtc_sctp_channel_options;
enum { RTC_SCTP_RELIABLE, RTC_SCTP_LIFETIME /* milliseconds */, RTC_SCTP_RETRANSMITS };

// From any thread.
// 0, EEXIST, ENOMEM, ERANGE for a stream that there is not.
int rtc_sctp_open(rtc_sctp *sctp, uint16_t stream, const rtc_sctp_channel_options *options);
int rtc_sctp_set_chunks(rtc_sctp *sctp, uint16_t stream, int chunks); // 0, ENOENT
// Unordered data before the peer knows the channel could come before its OPEN (RFC 8832 section 6): everything is
// ordered until then. 0, ENOENT.
int rtc_sctp_acknowledge(rtc_sctp *sctp, uint16_t stream);
// Queues a copy. Control messages (RTC_SCTP_DCEP) are reliable and ordered. 0; ENOENT; EPIPE when it is closing, or the
// association is; ENOBUFS when the queue is full; EMSGSIZE for more than `largest` of the peer; ENOMEM.
int rtc_sctp_send(rtc_sctp *sctp, uint16_t stream, uint32_t ppid, const void *data, uint32_t size);
// No more is sent once the queue is empty; RTC_SCTP_EVENT_CLOSED tells when the peer has done so, too. Of streams that
// were never opened (the peer's, which are refused) RTC_SCTP_REFUSED are closed at once: others are left as they are,
// and counted as dropped. 0, ENOMEM.
int rtc_sctp_close_stream(rtc_sctp *sctp, uint16_t stream);
int rtc_sctp_is_used(rtc_sctp *sctp, uint16_t stream); // it is open, or was, and is not over
uint32_t rtc_sctp_queued(rtc_sctp *sctp);              // bytes of all streams

// The oldest event, which is the caller's: free it by rtc_free. NULL when there is none, or it is a message of more
// than `largest` bytes: one that came since it was peeked for, of which onEvent tells.
rtc_sctp_event *rtc_sctp_read(rtc_sctp *sctp, uint32_t largest);
// The type and size of what rtc_sctp_read would return. 0 when there is none.
int rtc_sctp_peek(rtc_sctp *sctp, rtc_sctp_event_type *type, uint32_t *size);

typedef struct {
	uint64_t messagesSent, messagesReceived, bytesSent, bytesReceived; // of channels, without DCEP
	uint64_t packetsSent, packetsReceived;
	uint64_t messagesExpired; // given up before they were sent
	uint64_t dropped;         // of no use: an unknown protocol identifier, no memory
	uint32_t congestionWindow, receiverWindow, mtu, unacknowledged;
	uint32_t roundTripTime; // milliseconds, smoothed
	uint16_t streams;
} rtc_sctp_statistics;
void rtc_sctp_get_statistics(rtc_sctp *sctp, rtc_sctp_statistics *statistics);

#endif
