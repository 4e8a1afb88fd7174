// SPDX-License-Identifier: Apache-2.0
// Looks up a host's addresses by the host's own resolver, on a thread of its own that ends with the answer: getaddrinfo
// blocks, for up to half a minute, and cannot be told to stop.
#ifndef RTC_RESOLVER_H
#define RTC_RESOLVER_H

#include "rtc_transport.h"

#define RTC_RESOLVER_NAME 254 // bytes of a host's name (RFC 1035 section 2.3.4), with its end
#define RTC_RESOLVER_ADDRESSES 4

typedef struct rtc_resolver rtc_resolver;

// `onDone` comes from the thread, once, unless it is closed before; it may not close it. NULL: *error is an errno
// value.
rtc_resolver *rtc_resolver_start(const char *name, void (*onDone)(void *context), void *context, int *error);
// After onDone: how many addresses there are (of at most `maximum`; port 0), 0 when the name is not known.
size_t rtc_resolver_result(rtc_resolver *resolver, rtc_address *addresses, size_t maximum);
// onDone is not called afterwards, and does not run. The thread may go on for a while, by itself.
void rtc_resolver_close(rtc_resolver *resolver);

#endif
