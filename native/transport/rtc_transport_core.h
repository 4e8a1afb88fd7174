// SPDX-License-Identifier: Apache-2.0
// What the files of the transport share.
//
// Locks, in the order in which they are taken: `relayLock` (while a relay's datagrams are handled), a path's `dispatch`
// (while its handlers run), `transmit.lock` (from rtc_path_begin to rtc_transmit_end), then one of `lock` (addresses
// and selections) and `stunLock`, both held for moments only; a stream's last.
#ifndef RTC_TRANSPORT_CORE_H
#define RTC_TRANSPORT_CORE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // recvmmsg, sendmmsg
#endif
#include <pthread.h>
#include <stdatomic.h>
#include "rtc_path_table.h"
#include "rtc_port.h"
#include "rtc_relay.h"
#include "rtc_sockets.h"
#include "rtc_stun_filter.h"
#include "rtc_tcp.h"
#include "rtc_transport.h"

// Linux moves many datagrams in one system call. RTC_PLAIN_SOCKETS asks for what lwIP and the BSDs have, to test it.
#if defined(__linux__) && !defined(RTC_PLAIN_SOCKETS)
#define RTC_BATCHED 1
#define RTC_TRANSMIT_BATCH 32 // 43 KB
#define RTC_RECEIVE_BATCH 4
#define RTC_RECEIVE_ROOM 65536 // of runs of datagrams that one peer has sent at once (UDP_GRO)
#else
#define RTC_BATCHED 0
#define RTC_TRANSMIT_BATCH 2 // without sendmmsg nothing is gained by more
#define RTC_RECEIVE_BATCH 1
#define RTC_RECEIVE_ROOM RTC_RECEIVE_SIZE
#endif
#define RTC_RECEIVE_SIZE 1536 // an Ethernet frame's worth; larger ones are malformed here

typedef atomic_uint_least64_t rtc_counter;

static inline void rtc_count(rtc_counter *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static inline uint64_t rtc_counted(const rtc_counter *counter)
{
	return atomic_load_explicit((rtc_counter *)counter, memory_order_relaxed);
}

// What precedes each datagram for a peer behind a relay, or by TCP.
typedef struct {
	uint8_t bytes[RTC_RELAY_HEADROOM];
	uint8_t size;
	uint8_t isIndication; // else ChannelData
	uint8_t isPadded;     // to a multiple of 4 bytes
} rtc_relay_prefix;

// A buffer for a datagram has room for what a relay takes before it and behind it.
#define RTC_TRANSMIT_STRIDE (RTC_RELAY_HEADROOM + RTC_TRANSMIT_SIZE)
_Static_assert(RTC_TRANSMIT_STRIDE % 8 == 0, "datagrams are aligned");

struct rtc_transmit {
	pthread_mutex_t lock;
	rtc_transport *transport;
	int segmentation; // the kernel cuts runs of datagrams (UDP_SEGMENT); cleared once it refuses
	// From begin to end:
	rtc_path *path;
	int fd;
	rtc_sockaddr to;
	socklen_t toSize;   // 0: the socket is connected
	rtc_relay *relay;   // NULL: none
	rtc_stream *stream; // the relay's, or the peer's own; NULL: UDP
	rtc_relay_prefix prefix;
	uint32_t lost;  // datagrams
	uint32_t waits; // for room in the socket's buffer
	int error;      // an errno value: of the last datagram
	uint32_t count;
	uint16_t sizes[RTC_TRANSMIT_BATCH];
	uint8_t *buffers; // RTC_TRANSMIT_BATCH of RTC_TRANSMIT_STRIDE, and RTC_RELAY_TAIL
};

typedef struct {
	pthread_mutex_t lock; // held for moments; taken last
	pthread_cond_t idle;
	rtc_task *first;
	uint64_t round;
	int waiting; // the thread is where only its descriptor wakes it
} rtc_tasks;

struct rtc_transport {
	atomic_uint refs; // its owner's, and one of each path
	rtc_sockets sockets;
	rtc_wake wake;
	pthread_t thread;
	atomic_int closing;
	atomic_int failure; // the errno value that ended the network thread
	void (*onStun)(void *context);
	void *context;
	uint8_t *received; // RTC_RECEIVE_BATCH of RTC_RECEIVE_ROOM
	pthread_mutex_t lock;
	rtc_path_table table;
	uint32_t order;
	rtc_relay *relays[RTC_RELAYS];
	uint16_t nextRelay;
	pthread_mutex_t relayLock;
	pthread_mutex_t stunLock;
	rtc_stun_filter *filter;
	rtc_transmit transmit;
	rtc_tasks tasks;
	rtc_tcp *tcp; // NULL: peers do not come by TCP
	rtc_counter packetsReceived, bytesReceived, packetsSent, bytesSent;
	rtc_counter sendErrors, badSource, unknownSource, malformed, stunUnknown, stunDropped;
};

typedef struct {
	uint16_t size;
	uint8_t data[];
} rtc_datagram;

struct rtc_path {
	atomic_uint refs;
	rtc_transport *transport;
	// Guarded by the transport's `lock`:
	rtc_path_entry entries[RTC_PATH_ADDRESSES];
	int closed;
	rtc_address selected; // family 0: none
	int yields;           // it may be another's
	// Guarded by `dispatch`, which is recursive: a handler may set handlers.
	pthread_mutex_t dispatch;
	rtc_path_handler dtls;
	void *dtlsContext;
	rtc_path_srtp_handler srtp;
	void *srtpContext;
	int earlyOver; // there was a DTLS handler: nothing is kept for another one
	uint32_t earlyCount;
	rtc_datagram *early[RTC_PATH_EARLY];
	rtc_counter packetsReceived, bytesReceived, packetsSent, bytesSent, earlyDropped;
};

void rtc_transport_release(rtc_transport *transport);

int rtc_tasks_init(rtc_tasks *tasks); // 0 or an errno value
void rtc_tasks_destroy(rtc_tasks *tasks);
void rtc_tasks_add(rtc_tasks *tasks, rtc_task *task);
void rtc_tasks_wake(rtc_transport *transport, rtc_task *task);
void rtc_tasks_remove(rtc_tasks *tasks, rtc_task *task);
void rtc_tasks_run(rtc_tasks *tasks, uint64_t now); // those that are due, each once
// Milliseconds until the next one, for poll(): -1 for none. From here to rtc_tasks_awake() who wakes a task wakes the
// thread.
int rtc_tasks_timeout(rtc_tasks *tasks, uint64_t now);
void rtc_tasks_awake(rtc_tasks *tasks);

// The network thread. It ends with the transport, or with an error that no later attempt would mend.
void *rtc_receive_run(void *transport);
// Whether the host can wait for the transport's descriptors at all: 0 or an errno value.
int rtc_receive_check(const rtc_transport *transport);
// One datagram, which may be changed in place. Returns whether the control plane has something to read.
int rtc_receive_datagram(rtc_transport *transport, const rtc_address *from, uint8_t *data, size_t size);

// Gives a datagram to the path that `from` belongs to. Returns 0 when there is none.
int rtc_path_dispatch(rtc_transport *transport, const rtc_address *from, uint8_t *data, size_t size);
// Notes a request that is about to be sent, so that its answers are let in.
void rtc_transport_expect(rtc_transport *transport, uint16_t owner, const uint8_t *data, size_t size);
int rtc_path_is_known(rtc_transport *transport, const rtc_address *address);

int rtc_transmit_init(rtc_transmit *transmit, rtc_transport *transport); // 0 or an errno value
void rtc_transmit_destroy(rtc_transmit *transmit);

#endif
