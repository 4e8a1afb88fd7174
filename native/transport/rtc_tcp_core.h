// SPDX-License-Identifier: Apache-2.0
// What the files of peers by TCP share.
#ifndef RTC_TCP_CORE_H
#define RTC_TCP_CORE_H

#include "rtc_relay_core.h"

#define RTC_TCP_SWEEP 1000000u // microseconds between two looks at who has gone
#define RTC_TRANSACTION_SIZE 12

// A message with its length before it, that waits for a connection.
typedef struct {
	uint16_t size;
	uint8_t bytes[];
} rtc_tcp_message;

typedef struct {
	int fd; // by which the thread that polls knows it; -1: the place is free
	rtc_address route;
	rtc_stream *stream;                  // NULL: it is being connected
	rtc_tcp_message *first;              // what waits for that
	uint64_t since;                      // when it was accepted, begun, or connected
	size_t received;                     // bytes, while it was no peer's
	int isKnown;                         // it was a peer's when last looked at
	uint8_t asked[RTC_TRANSACTION_SIZE]; // the transaction of the last request: what TCP has taken is not said twice
	rtc_framer *framer;
} rtc_tcp_connection;

// A connection that the control plane wants to have. `message` NULL: the place is free.
typedef struct {
	rtc_address route;
	rtc_tcp_message *message;
} rtc_tcp_wish;

struct rtc_tcp {
	rtc_sockets listeners;
	rtc_address local; // what connections of ours are bound to; family 0: any
	int connects;      // whether there are such
	rtc_transport *transport;
	rtc_task sweep;
	// Guarded by the transport's `lock`. The network thread alone changes connections.
	rtc_tcp_connection connections[RTC_TCP_CONNECTIONS];
	rtc_tcp_wish wishes[RTC_TCP_OUTGOING];
	uint64_t deafUntil; // the network thread's: a queue that cannot be emptied would keep it awake
	rtc_counter accepted, refused, malformed, begun, failed;
};

// With the lock: whether a request is the last one once more: TCP itself sees to it that it arrives (RFC 8489 section
// 6.2.2). Notes it.
int rtc_tcp_is_repeated(rtc_tcp_connection *it, const uint8_t *data, size_t size);
// A free place, or that of the oldest who has shown nothing yet. From the network thread, as all below.
rtc_tcp_connection *rtc_tcp_room(rtc_tcp *tcp);
// Ends a connection.
void rtc_tcp_drop(rtc_tcp *tcp, rtc_tcp_connection *connection);

// Notes that a connection is wanted, with the transport's `lock` held, from any thread. 0, ENOTCONN where there are
// none of ours, ENOBUFS, ENOMEM.
int rtc_tcp_want(rtc_tcp *tcp, const rtc_address *route, const uint8_t *frame, size_t size);
// Begins those that are wanted.
void rtc_tcp_begin_wanted(rtc_tcp *tcp);
// One that was begun is connected, or will not be.
void rtc_tcp_ready(rtc_tcp *tcp, rtc_tcp_connection *connection);
// How long it may go on without being a peer's, in microseconds.
uint64_t rtc_tcp_patience(const rtc_tcp_connection *connection);

#endif
