// SPDX-License-Identifier: Apache-2.0
// The XS machine's own heap.
#ifndef RTC_MACHINE_H
#define RTC_MACHINE_H

// What can be allocated without a collection: slots, and bytes of chunks. -1: the heap grows, and its end is not known.
typedef struct {
	int slots;
	int chunks;
} rtc_machine_room;

rtc_machine_room rtc_machine_measure(const void *machine);
int rtc_machine_chunks(const void *machine); // of these alone: counting slots takes as long as there are some

#endif
