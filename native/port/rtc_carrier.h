// SPDX-License-Identifier: Apache-2.0
// Brings messages into a queue that blocks while it is full, on a thread of its own: whoever has news need not wait.
// The machine may be waiting for him, and then it does not empty its queue.
#ifndef RTC_CARRIER_H
#define RTC_CARRIER_H

typedef struct rtc_parcel rtc_parcel;
struct rtc_parcel {
	// On the carrier's thread, which it may block. Returns 0 when the parcel has gone, and is no longer the carrier's;
	// anything else when there was no room: it is called again after a while.
	int (*deliver)(rtc_parcel *parcel);
	rtc_parcel *next; // the carrier's
};

// Starts the thread, which never ends: it might be blocked just when its end is waited for. Can be called again without
// effect. Returns 0 or an errno value.
int rtc_carrier_start(void);
// From any thread; does not block. The parcels are delivered in their order.
void rtc_carrier_send(rtc_parcel *parcel);

#endif
