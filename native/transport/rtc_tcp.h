// SPDX-License-Identifier: Apache-2.0
// Peers by TCP (RFC 6544), where a network lets no UDP through: a port to which they connect (passive), as browsers do;
// and connections of ours to such ports of theirs (active). Each connection is a route, whose `relay` says which of
// both it is; messages have their length before them (RFC 4571).
//
// Anybody can connect. A connection is kept while its address belongs to a path, which takes a check with the peer's
// credentials; one that brings none is closed after some seconds, some kilobytes, or as soon as another wants its
// place.
#ifndef RTC_TCP_H
#define RTC_TCP_H

#include "rtc_stream.h"

#define RTC_TCP_CONNECTIONS 8 // of a transport: 3 KB each, and 16 KB once something was sent
#define RTC_TCP_OUTGOING 4    // of these, that are ours: peers say where to
// `relay` of a route by TCP, by the family's index. They are less than RTC_RELAY_FIRST.
#define RTC_TCP_ROUTE 8
#define RTC_TCP_OUR_ROUTE 10 // by a connection of ours

typedef struct rtc_tcp rtc_tcp;

typedef struct {
	uint64_t accepted;  // connections
	uint64_t refused;   // that were closed without a peer's check, or found no place
	uint64_t malformed; // messages that were too large
	uint64_t begun;     // connections of ours
	uint64_t failed;    // of these, that were not connected, or were no peer's; and those for which there was no place
} rtc_tcp_statistics;

static inline int rtc_tcp_is_route(uint16_t relay)
{
	return relay >= RTC_TCP_ROUTE && relay <= RTC_TCP_OUR_ROUTE + 1;
}

static inline int rtc_tcp_is_ours(uint16_t relay)
{
	return relay == RTC_TCP_OUR_ROUTE || relay == RTC_TCP_OUR_ROUTE + 1;
}

// Listens where the transport does, if the options have it so. Port 0 takes that of UDP where it is free, else any. 0
// or an errno value.
int rtc_tcp_open(rtc_transport *transport, const rtc_address *address, const rtc_transport_options *options);
void rtc_tcp_close(rtc_transport *transport);          // accepts NULL; the network thread has ended
uint16_t rtc_tcp_port(const rtc_transport *transport); // 0: none
void rtc_tcp_get_statistics(const rtc_transport *transport, rtc_tcp_statistics *statistics);

// The stream of a route, NULL for none. With the transport's `lock`; it stays while `transmit.lock` is held, too.
rtc_stream *rtc_tcp_find(rtc_transport *transport, const rtc_address *route);
// One message, from the control plane. Where we connect, it brings the connection about. 0 or an errno value.
int rtc_tcp_send(rtc_transport *transport, const rtc_address *to, const uint8_t *data, size_t size);

// For the network thread: what is to be polled, and what came of it.
#define RTC_TCP_POLLED (2 + RTC_TCP_CONNECTIONS)
struct pollfd;
size_t rtc_tcp_poll(rtc_transport *transport, struct pollfd *polled);
// Returns whether the control plane has something to read.
int rtc_tcp_polled(rtc_transport *transport, const struct pollfd *polled, size_t count);

#endif
