// SPDX-License-Identifier: Apache-2.0
// Two ends of an association in virtual time, on one thread, without randomness: stands in for native/port, the path
// and the worker. What happens to a datagram on the way is the user's to say.
#ifndef DTLS_WORLD_H
#define DTLS_WORLD_H

#include "rtc_dtls_session.h"

#define WORLD_DATAGRAM 1500
#define WORLD_IN_FLIGHT 64

extern uint64_t worldNow;   // rtc_now()
extern uint64_t worldDelay; // microseconds that a datagram is on its way besides the 100 of its arrival

// Forgets what is under way and who listens. `send` is called with each datagram that an end sends, and may let it fly;
// NULL: it arrives.
void world_reset(void (*send)(int from, const uint8_t *data, size_t size));
rtc_path *world_path(int side); // 0 or 1
// Puts a datagram among those under way, at `place`, or behind them; dropped when there are too many.
void world_fly(int to, const uint8_t *data, size_t size, size_t place);
#define WORLD_LAST WORLD_IN_FLIGHT
// Lets time pass until `end`, or nothing more happens before. An end may be NULL.
void world_run(rtc_dtls *const ends[2], uint64_t end);
// Options of a side that expects the other's certificate; `wrong` changes the fingerprint.
rtc_dtls_options world_options(int side, rtc_srtp *srtp, rtc_certificate *const certificates[2], uint32_t timeout,
							   int wrong);

#endif
