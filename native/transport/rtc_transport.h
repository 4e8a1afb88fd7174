// SPDX-License-Identifier: Apache-2.0
// One UDP port per address family for every peer of the process, read in batches on one thread, and the paths that
// lead from it to each peer. Datagrams are told apart by their first byte (RFC 7983 section 7) and by their source.
#ifndef RTC_TRANSPORT_H
#define RTC_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

// A route: where datagrams come from or go to, and what they come or leave by. One host's address behind two relays, or
// a relay and the local socket, is two routes.
typedef struct {
	uint8_t family; // 4 or 6; an IPv4-mapped IPv6 address is stored as IPv4
	uint8_t bytes[16];
	uint16_t port;  // host order
	uint16_t relay; // 0: the local socket of the family; else the number of a relay, behind which the address is
	uint32_t scope; // IPv6 link-local: the interface index
} rtc_address;

#define RTC_ADDRESS_TEXT 64 // room for an address as text, with its scope
// Numeric forms only ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"). Returns 0, or -1 for anything else.
int rtc_address_parse(rtc_address *address, const char *text, uint16_t port);
void rtc_address_format(const rtc_address *address, char text[RTC_ADDRESS_TEXT]); // without the port
int rtc_address_equal(const rtc_address *a, const rtc_address *b);
// Whether one host may have the address, and be sent to: not with port 0, nor when it is unspecified, "this network"
// (RFC 1122 section 3.2.1.3), a group, reserved (RFC 1112 section 4) or the limited broadcast address.
int rtc_address_is_unicast(const rtc_address *address);

typedef struct rtc_transport rtc_transport;

typedef struct {
	const char *address; // the address to bind, NULL for all of both families
	uint16_t port;       // 0: any. Both families get the same port
	int hasTcp;          // peers may connect by TCP, too (see rtc_tcp.h)
	uint16_t tcpPort;    // 0: that of UDP, where it is free
	int connectsTcp;     // and we to them
	// From the network thread: there is STUN to read. It may not close the transport. NULL: none.
	void (*onStun)(void *context);
	void *context;
} rtc_transport_options;

typedef struct {
	uint64_t packetsReceived, bytesReceived, packetsSent, bytesSent;
	uint64_t sendErrors;    // datagrams that could not be sent: a full socket buffer, no route, no such address
	uint64_t badSource;     // from an address that no host can have (see rtc_address_is_unicast)
	uint64_t unknownSource; // media or DTLS from an address that belongs to no path
	uint64_t malformed;     // neither STUN nor DTLS nor SRTP, too short, or too large
	uint64_t stunUnknown;   // STUN for no known ufrag or transaction, indications of strangers
	uint64_t stunDropped;   // STUN queue full or over its rate
} rtc_transport_statistics;

// Returns NULL and sets *error to an errno value: EINVAL for an address that is none, EADDRINUSE when either family's
// port is taken, or that of TCP, EADDRNOTAVAIL, EACCES, …; a host without one of the families is no error.
rtc_transport *rtc_transport_open(const rtc_transport_options *options, int *error);
uint16_t rtc_transport_port(rtc_transport *transport);
int rtc_transport_has_family(rtc_transport *transport, int family); // 4 or 6
void rtc_transport_get_statistics(rtc_transport *transport, rtc_transport_statistics *statistics);
// Stops the thread, closes the sockets. Paths that are left stay valid and send nowhere. Not from the network thread,
// and nothing else but paths may use the transport meanwhile or afterwards.
void rtc_transport_close(rtc_transport *transport);

// The addresses of this host that can be candidates (RFC 8445 section 5.1.1.1): up, and neither unspecified, deprecated
// nor link-local IPv6. Loopback ones only when `loopback`. Returns how many of at most `maximum`. `interfaces` gets
// their names.
typedef struct {
	rtc_address address; // port 0
	char interface[16];
	uint8_t loopback;
} rtc_interface;
size_t rtc_transport_interfaces(rtc_interface *interfaces, size_t maximum, int loopback);

// STUN to and from the control plane. A request is let through only if its USERNAME begins with a known local ufrag
// (RFC 8445 section 7.3), a response only if it answers a transaction that rtc_transport_send_stun sent; at most
// RTC_STUN_QUEUE wait (16 KB in all), and each ufrag may bring RTC_STUN_RATE a second, with as many at once.
#define RTC_STUN_QUEUE 64
#define RTC_STUN_RATE 100
#define RTC_STUN_SIZE 1280
#define RTC_UFRAGS 32 // peers of one transport

// `owner` is the caller's: it comes back with what is for this ufrag, or answers this transaction.
int rtc_transport_add_ufrag(rtc_transport *transport, const char *ufrag, uint16_t owner); // 0, EEXIST, ENOSPC, EINVAL
void rtc_transport_remove_ufrag(rtc_transport *transport, const char *ufrag);
// Where a message came from, and whose it is.
typedef struct {
	rtc_address from;
	uint16_t owner;
} rtc_stun_origin;
// Takes the oldest message. Returns its size, 0 when there is none, -1 when it does not fit (it is dropped).
int rtc_transport_read_stun(rtc_transport *transport, uint8_t *buffer, size_t size, rtc_stun_origin *origin);
// The errno value with which reading ended for good (onStun was called then), or 0.
int rtc_transport_failure(rtc_transport *transport);
// 0, or an errno value, which is counted: EADDRNOTAVAIL for an address that no host can have, EAFNOSUPPORT, …
int rtc_transport_send_stun(rtc_transport *transport, const rtc_address *to, uint16_t owner, const uint8_t *data,
							size_t size);

// A path is one peer's share of the transport: the addresses it sends from, the one that it is sent to, and what
// takes its DTLS and SRTP. Reference counted; all functions from any thread. It keeps the transport's memory, but not
// its sockets.
typedef struct rtc_path rtc_path;
#define RTC_PATH_ADDRESSES 16
#define RTC_PATH_EARLY 8 // DTLS datagrams kept for a handshake that has not begun

rtc_path *rtc_path_new(rtc_transport *transport); // NULL: no memory
rtc_path *rtc_path_retain(rtc_path *path);
void rtc_path_release(rtc_path *path);
// Gives the addresses back and forgets the handlers; no handler is running when it returns. Handlers: see below.
void rtc_path_close(rtc_path *path);

// Whose datagrams an address's are. That a request with the peer's credentials came from there proves little: whoever
// has credentials of his own writes any source he likes. That a check of ours was answered from there proves it.
//
// A path that is full drops its oldest address that is not selected. All return 0, EINVAL for what is no host's
// address, ENOTCONN when the path is closed, ENOSPC, ENOMEM, or EADDRINUSE when it is another path's: nothing changes.

// After a request from there: only if no other path has the address.
int rtc_path_accept(rtc_path *path, const rtc_address *address);
// After an answer from there: also from another path, unless that one has selected it. A selection stays its path's
// until the path selects another address, yields or forgets it, or closes.
int rtc_path_confirm(rtc_path *path, const rtc_address *address);
// Sends go there from now on; it is confirmed, too.
int rtc_path_select(rtc_path *path, const rtc_address *address);
// The peer was not heard of for a while: whoever else confirms the selected address may have it, as when a peer has
// begun anew. Until the next rtc_path_select.
void rtc_path_yield(rtc_path *path);
// The peer's consent has ended (RFC 7675 section 5.1): nothing is sent, and its addresses are free again.
void rtc_path_forget(rtc_path *path);

typedef void (*rtc_path_handler)(void *context, const uint8_t *data, size_t size); // on the network thread
// SRTP and SRTCP may be changed in place, so its handler gets a writable buffer.
typedef void (*rtc_path_srtp_handler)(void *context, uint8_t *data, size_t size);
// Setting a handler first hands over the early datagrams (on the caller's thread); only those before the first handler
// are kept. NULL removes it, and waits until no handler of the path is running: whoever does so holds no lock that a
// handler takes. From within a handler it does not wait, and that handler is the last call.
void rtc_path_set_dtls(rtc_path *path, rtc_path_handler handler, void *context);
void rtc_path_set_srtp(rtc_path *path, rtc_path_srtp_handler handler, void *context);

// Sends one datagram to the selected address. 0, or an errno value (ENOTCONN before a selection).
int rtc_path_send(rtc_path *path, const uint8_t *data, size_t size);

// Sends many: begin locks the transport's transmit buffers and returns them; write each datagram (at most
// RTC_TRANSMIT_SIZE bytes) at rtc_transmit_buffer, and commit its size; full buffers are flushed on the way. Datagrams
// of equal size leave in one system call where the kernel can segment them. A full socket buffer is given some
// milliseconds; what cannot be sent then is counted in the statistics, and end returns how many datagrams it was: their
// receiver does not miss them before the next ones come. What was written but not committed is not sent. Between begin
// and end the thread uses no other path of the transport.
#define RTC_TRANSMIT_SIZE 1296 // RTC_MTU, SRTP's tag, TURN's channel header, rounded up
typedef struct rtc_transmit rtc_transmit;
rtc_transmit *rtc_path_begin(rtc_path *path); // NULL before a selection, or when closed
int rtc_path_has_way(rtc_path *path);         // whether there is a selection, without a wait for who sends
uint8_t *rtc_transmit_buffer(rtc_transmit *transmit);
void rtc_transmit_commit(rtc_transmit *transmit, size_t size);
uint32_t rtc_transmit_end(rtc_transmit *transmit);

// What a segment has to do on the network thread: timers, and what other threads give it. It runs after the datagrams
// that have come together, so that what they ask for is sent together.
typedef struct rtc_task rtc_task;
struct rtc_task {
	// Returns when to be run again by rtc_now(), UINT64_MAX for never. It may not remove a task.
	uint64_t (*run)(rtc_task *task);
	rtc_task *next; // the transport's from here on
	uint64_t time, round;
	int ready, running;
};
void rtc_path_add_task(rtc_path *path, rtc_task *task); // woken only: its time is none yet
// From any thread, also while the task runs: it then runs once more.
void rtc_path_wake_task(rtc_path *path, rtc_task *task);
// The task is not running, nor will, when it returns. Not from a task or a handler.
void rtc_path_remove_task(rtc_path *path, rtc_task *task);

typedef struct {
	uint64_t packetsReceived, bytesReceived, packetsSent, bytesSent;
	uint64_t earlyDropped;
} rtc_path_statistics;
void rtc_path_get_statistics(rtc_path *path, rtc_path_statistics *statistics);

#endif
