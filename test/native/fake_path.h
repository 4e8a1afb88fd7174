// SPDX-License-Identifier: Apache-2.0
// Stands in for native/transport in tests of the segments above it: two rtc_path ends joined in memory by a thread that
// loses, duplicates and reorders datagrams as a seed tells it.
#ifndef FAKE_PATH_H
#define FAKE_PATH_H

#include "rtc_transport.h"

typedef struct fake_link fake_link;

// May change what `from` (0 or 1) sends: 0 lets the datagram pass, 1 swallows it (and may have sent others by
// fake_link_inject).
typedef int (*fake_filter)(void *context, fake_link *link, int from, const uint8_t *data, size_t size);

typedef struct {
	uint32_t seed;
	int loss, duplicate, reorder; // percent of the datagrams; a reordered one comes 1 to 5 ms late
	fake_filter filter;           // or NULL
	void *context;
} fake_link_options;

fake_link *fake_link_new(const fake_link_options *options);
rtc_path *fake_link_path(fake_link *link, int side); // not retained
// Delivers a datagram to a side, as if it had come from the other one, past the filter and without loss.
void fake_link_inject(fake_link *link, int to, const uint8_t *data, size_t size);
void fake_link_free(fake_link *link);

#endif
