// SPDX-License-Identifier: Apache-2.0
// Runs a scenario again and again, each time without another one of its allocations.
#ifndef ALLOC_LOOP_H
#define ALLOC_LOOP_H

#include <stddef.h>

typedef enum {
	ALLOC_DONE,    // it went on all the same
	ALLOC_REFUSED, // it gave up, with an error that names memory
	ALLOC_UNNAMED, // it gave up with a library's error that does not say why: that library must have lacked memory
	ALLOC_WRONG,   // it gave up without saying why, or did something it may not
} alloc_result;

typedef struct {
	const char *name;
	alloc_result (*run)(void); // leaves nothing behind, whatever becomes of it
} alloc_scenario;

// With FAILING_ALLOC: the n-th allocation fails for each n; then all from the n-th on. Nothing is wrong, and nothing
// left. With FAILING_ALLOC_ALL: libraries lack memory as well, each time in a process of its own, and at most
// ALLOC_RUNS times a scenario (the environment's; 0: each n). Where a library crashes or leaks, that is printed and no
// failure. Prints what it did. Returns the exit status of a test.
int alloc_loop(const alloc_scenario *scenarios, size_t count);

#endif
