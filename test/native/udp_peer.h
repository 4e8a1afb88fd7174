// SPDX-License-Identifier: Apache-2.0
// A plain UDP socket on the loopback interface, for the far end of a transport under test.
#ifndef UDP_PEER_H
#define UDP_PEER_H

#include "rtc_transport.h"

typedef struct {
	int fd;
	rtc_address address; // its own
} udp_peer;

udp_peer udp_peer_open(int family);
void udp_peer_close(udp_peer *peer);
void udp_peer_send(udp_peer *peer, uint16_t port, const void *data, size_t size); // to that port on loopback
// Waits for a datagram. Returns its size, -1 after `milliseconds` without one.
int udp_peer_receive(udp_peer *peer, void *buffer, size_t size, int milliseconds);

// Waits until *counter, read by rtc_transport_get_statistics at `offset`, is at least `value`; fails after 5 s.
void await_counter(rtc_transport *transport, size_t offset, uint64_t value);
#define AWAIT(transport, field, value) await_counter(transport, offsetof(rtc_transport_statistics, field), value)

#endif
