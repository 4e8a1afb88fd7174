// SPDX-License-Identifier: Apache-2.0
// Memory that runs out when a test wants it to. Linked with FAILING_ALLOC (see the Makefile) it decides over what the
// objects of the test allocate: the project's code, and not the libraries it stands on. With FAILING_ALLOC_ALL, which
// no sanitizer bears, over theirs, too.
#ifndef FAILING_ALLOC_H
#define FAILING_ALLOC_H

#include <stddef.h>

// Of the allocations of all threads from now on, `count` fail, beginning with the `first` one (1: the very next).
void failing_alloc_start(unsigned first, unsigned count);
#define FAILING_ALLOC_REST 0xffffffffu // as `count`: all that follow
// They succeed again. Returns how many there were since the start.
unsigned failing_alloc_stop(void);
// Whether one has failed since the start.
int failing_alloc_hit(void);

// FAILING_ALLOC_ALL only: who called for the allocation that failed, as the name of its library or program; and the
// blocks that were allocated since failing_alloc_track() and still are, in number and by the first one's caller.
const char *failing_alloc_victim(void);
void failing_alloc_track(void);
size_t failing_alloc_left(const char **owner);

#endif
