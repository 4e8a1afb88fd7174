// SPDX-License-Identifier: Apache-2.0
// Private to native/sctp.
//
// Locks, in the order in which they are taken: the stack's, which is held whenever usrsctp runs (it has locks of its
// own, but races of timers, too), then an association's `lock`, or the locks of DTLS. While usrsctp runs it calls back
// rtc_sctp_output only, which copies.
#ifndef RTC_SCTP_CORE_H
#define RTC_SCTP_CORE_H

#include <pthread.h>
#include <stdatomic.h>
#include "rtc_port.h"
#include "rtc_sctp.h"

struct socket;

// A packet without DTLS's record; what usrsctp calls the MTU has no common header (12 bytes).
#define RTC_SCTP_PACKET (RTC_DTLS_PAYLOAD & ~3)
#define RTC_SCTP_HEADER 12
#define RTC_SCTP_CHUNK_COST 256 // bytes of a window for each chunk, however short
#if defined(__linux__) || defined(__APPLE__)
#define RTC_SCTP_OUTBOX 32
#else
#define RTC_SCTP_OUTBOX 4
#endif

typedef struct rtc_sctp_message rtc_sctp_message;
struct rtc_sctp_message {
	rtc_sctp_message *next;
	uint64_t expires; // UINT64_MAX: never
	uint32_t ppid, size, sent;
	uint8_t data[];
};

// A message that usrsctp was given, and has not sent the end of.
typedef struct {
	uint16_t stream;
	uint8_t isBegun; // a part of it was sent
	uint32_t left;   // bytes that were not
} rtc_sctp_given;
#define RTC_SCTP_GIVEN 32 // such messages at once

typedef struct rtc_sctp_channel rtc_sctp_channel;
struct rtc_sctp_channel {
	rtc_sctp_channel *next; // in the order of their turns
	uint16_t stream;
	uint8_t isAcknowledged;
	uint8_t isRefused;   // it was never opened
	uint8_t isClosing;   // as soon as nothing waits
	uint8_t isResetting; // usrsctp has been asked
	uint8_t isHeldUp;    // in this turn: usrsctp takes nothing for a stream whose last reset has no answer
	uint8_t outIsOver, inIsOver;
	rtc_sctp_channel_options options;
	rtc_sctp_message *first, *last;
	uint32_t released; // bytes to be told of as sent
	uint64_t deadline; // of closing
	rtc_sctp_event *closed;
};
static inline uint64_t rtc_sctp_closing_ends(void)
{
	return rtc_now() + RTC_SCTP_CLOSING * 1000000u;
}

struct rtc_sctp {
	rtc_task task; // first
	rtc_sctp_options options;
	uint16_t remotePort;
	uintptr_t id; // by which usrsctp knows it; 0: none. Guarded by the stack's lock, as is:
	struct socket *socket;
	uint32_t outboxCount;
	uint16_t outboxSizes[RTC_SCTP_OUTBOX];
	uint8_t *outbox; // of RTC_SCTP_PACKET bytes each
	// A message of which the end has not come:
	rtc_sctp_event *partial;
	uint32_t partialCapacity;
	uint8_t isDropping; // what is left of it
	uint8_t isInside;   // the first chunk of it was delivered
	uint32_t insideSize;
	uint32_t unread;              // chunks that usrsctp was given since it had nothing to read
	uint32_t untold;              // bytes that usrsctp has taken since the machine was told
	rtc_sctp_channel *unfinished; // whose message usrsctp has a part of: nothing else can be sent before the rest

	// What it has and has not sent yet, rtc_sctp_unsent.c:
	rtc_sctp_given given[RTC_SCTP_GIVEN];
	uint32_t givenCount, unsent, lastTsn;
	uint8_t hasSent; // lastTsn

	uint8_t hasShutDown, peerHasShutDown;
	uint64_t endsAt; // without an answer to SHUTDOWN; 0: nobody has begun to end it

	atomic_int started, isUp, isDown, isEnding;
	rtc_sctp_event *down; // kept from the start: how it ends is told whatever memory there is
	pthread_mutex_t lock; // guards what follows
	rtc_sctp_channel *channels;
	uint16_t streams; // 0 before it is up
	uint16_t refused; // channels
	uint8_t *notes;   // of each stream, by rtc_sctp_note
	uint32_t queued;  // bytes, with RTC_SCTP_MESSAGE_COST for each
	rtc_sctp_event *firstEvent, *lastEvent;
	uint32_t waiting;   // bytes of events, counted likewise
	uint32_t readSince; // events, since there was one of what was sent
	int wasFull;        // whoever makes room wakes the task
	uint64_t busyUntil;
	atomic_uint_least64_t messagesSent, messagesReceived, bytesSent, bytesReceived, packetsSent, packetsReceived;
	atomic_uint_least64_t messagesExpired, dropped;
};

static inline void rtc_sctp_count(atomic_uint_least64_t *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

// rtc_sctp_stack.c: usrsctp, of which a process has one.
int rtc_sctp_stack_add(rtc_sctp *sctp); // takes an id, and starts it. 0 or an errno value
void rtc_sctp_stack_remove(rtc_sctp *sctp);
void rtc_sctp_stack_lock(void);
void rtc_sctp_stack_unlock(void);
void rtc_sctp_stack_tick(uint64_t now); // its timers; with the lock
#define RTC_SCTP_TICK 10000u            // microseconds
// Where messages are read to, RTC_SCTP_CHUNK bytes; with the lock.
extern uint8_t *rtc_sctp_scratch;

// rtc_sctp_socket.c; with the stack's lock
int rtc_sctp_connect(rtc_sctp *sctp); // 0 or an errno value
void rtc_sctp_output(rtc_sctp *sctp, const void *packet, size_t size);
void rtc_sctp_flush(rtc_sctp *sctp);

struct sctp_status;
int rtc_sctp_read_status(rtc_sctp *sctp, struct sctp_status *status); // 0: there is none yet, or any more

// rtc_sctp_unsent.c; with the stack's lock
int rtc_sctp_wants_more(const rtc_sctp *sctp); // usrsctp has little that it has not sent
// Before usrsctp is given bytes of a message, of which these are the first when it is new.
void rtc_sctp_give(rtc_sctp *sctp, uint16_t stream, uint32_t size, int isNew);
// It has not taken so many; or none at all of the message.
void rtc_sctp_take_back(rtc_sctp *sctp, uint16_t stream, uint32_t size, int isWhole);
void rtc_sctp_watch(rtc_sctp *sctp, const uint8_t *packet, size_t size); // which usrsctp sends

// rtc_sctp_send.c; with the stack's lock
rtc_sctp_channel *rtc_sctp_find(rtc_sctp *sctp, uint16_t stream); // with `lock`
void rtc_sctp_send_queued(rtc_sctp *sctp);
// usrsctp has told of streams that it has reset, or that the peer has.
void rtc_sctp_stream_is_over(rtc_sctp *sctp, uint16_t stream, int isIncoming);
void rtc_sctp_all_are_over(rtc_sctp *sctp); // the peer has reset whatever it has (RFC 6525 section 4.1)
void rtc_sctp_stream_is_used(rtc_sctp *sctp, uint16_t stream); // a message has come
void rtc_sctp_stream_failed(rtc_sctp *sctp, uint16_t stream);  // to be tried again
void rtc_sctp_close_late(rtc_sctp *sctp, uint64_t now);        // streams whose time is over
void rtc_sctp_free_channels(rtc_sctp *sctp);
// What is known of a stream while there is no channel of it. With `lock`.
enum {
	RTC_SCTP_NOTE_ENDED = 1, // the peer has reset it, and whoever reads has not heard of that
	RTC_SCTP_NOTE_RESET = 2, // this side has reset it, and nothing came since: another reset has its answer
	RTC_SCTP_NOTES_OF_A_BYTE = 4,
};
static inline int rtc_sctp_noted(const rtc_sctp *sctp, uint16_t stream, int note)
{
	if (stream >= sctp->options.streams)
		return 0;
	return sctp->notes[stream / RTC_SCTP_NOTES_OF_A_BYTE] >> stream % RTC_SCTP_NOTES_OF_A_BYTE * 2 & note;
}
static inline void rtc_sctp_note(rtc_sctp *sctp, uint16_t stream, int notes, int isSo)
{
	if (stream >= sctp->options.streams)
		return;
	uint8_t *place = &sctp->notes[stream / RTC_SCTP_NOTES_OF_A_BYTE];
	uint8_t bits = (uint8_t)(notes << stream % RTC_SCTP_NOTES_OF_A_BYTE * 2);
	*place = (uint8_t)(isSo ? *place | bits : *place & ~bits);
}

// rtc_sctp_receive.c; with the stack's lock
void rtc_sctp_receive(rtc_sctp *sctp);            // what usrsctp has, as far as there is room
void rtc_sctp_end(rtc_sctp *sctp, int isInOrder); // it is down
void rtc_sctp_free_events(rtc_sctp *sctp);
// Adds an event, which is the list's from now on. NULL: there was no memory for it, and so the association ends.
void rtc_sctp_tell(rtc_sctp *sctp, rtc_sctp_event *event);
rtc_sctp_event *rtc_sctp_event_new(rtc_sctp_event_type type, uint16_t stream, uint32_t size);

#endif
