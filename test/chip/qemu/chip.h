// SPDX-License-Identifier: Apache-2.0
// What the programs for the emulated chip have in common: one thread, a clock that stands still unless it is moved, and
// instruments. A result is a line "result <name> <number>".
#ifndef CHIP_H
#define CHIP_H

#include <stddef.h>
#include <stdint.h>

// Instructions retired since reset, by the processor's own counter.
uint64_t chip_instructions(void);

// Bytes of stack that `run` takes, by what it leaves of a pattern.
size_t chip_stack(void (*run)(void *argument), void *argument);

// Bytes of heap in use, without the allocator's own: what a chip has in its internal RAM, and what comes by rtc_calloc
// (Mbed TLS's, too), which lies in PSRAM.
typedef struct {
	size_t internal, external;
} chip_heap;
extern chip_heap chipHeap, chipHeapPeak; // the most since the peak was last set
int chip_heap_is(chip_heap before);      // whether as much is in use as then
void chip_heap_result(const char *name, chip_heap now, chip_heap before);

extern uint64_t chipNow; // rtc_now()

void chip_result(const char *name, uint64_t value);
void chip_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define CHECK(condition) ((condition) ? (void)0 : chip_fail(__FILE__, __LINE__, #condition))

#endif
