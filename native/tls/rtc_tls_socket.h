// SPDX-License-Identifier: Apache-2.0
// A TLS connection for who does not poll: bytes wait here in both directions until the other side takes them. One
// thread serves all connections of the process; it begins with the first, and ends with the last.
#ifndef RTC_TLS_SOCKET_H
#define RTC_TLS_SOCKET_H

#include "rtc_stream.h"

#define RTC_TLS_SOCKETS 8              // connections at once
#define RTC_TLS_SOCKET_SIZE (4 * 1024) // bytes that wait, each way
#define RTC_TLS_SOCKET_PATIENCE 30000  // milliseconds until it must be connected

typedef struct rtc_tls_socket rtc_tls_socket;

typedef struct {
	int isOpen;                     // the handshake is over
	size_t readable, writable;      // bytes
	uint32_t come, left;            // change whenever bytes have come; have left, or can for the first time
	int isEnded;                    // nothing comes any more but what is readable
	char reason[RTC_STREAM_REASON]; // why it ended; empty: the server has said good-bye
} rtc_tls_socket_state;

// Takes the layer, whatever becomes of it. `onNews` comes from threads, after each change; it may not close the socket.
// NULL: *error is an errno value, EMFILE when there are RTC_TLS_SOCKETS.
rtc_tls_socket *rtc_tls_socket_open(const rtc_address *server, rtc_stream_layer *layer, void (*onNews)(void *context),
									void *context, int *error);
void rtc_tls_socket_look(rtc_tls_socket *socket, rtc_tls_socket_state *state);
// Returns how many bytes there were, at most `size`.
size_t rtc_tls_socket_read(rtc_tls_socket *socket, void *data, size_t size);
// All or nothing. 0, ENOBUFS, ENOTCONN before it is open and after it has failed.
int rtc_tls_socket_write(rtc_tls_socket *socket, const void *data, size_t size);
// onNews does not run, nor will, when it returns. What was written leaves as far as the network takes it at once.
void rtc_tls_socket_close(rtc_tls_socket *socket);

#endif
