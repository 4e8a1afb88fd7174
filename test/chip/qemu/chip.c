// SPDX-License-Identifier: Apache-2.0
#include "chip.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"

#define PAINTED (96 * 1024)
#define PATTERN 0xA5

uint64_t chipNow = 1000000;
chip_heap chipHeap, chipHeapPeak;

uint64_t chip_instructions(void)
{
	uint32_t high, low, again;
	do
		__asm__ volatile("csrr %0, minstreth\n\tcsrr %1, minstret\n\tcsrr %2, minstreth"
						 : "=r"(high), "=r"(low), "=r"(again));
	while (high != again);
	return (uint64_t)high << 32 | low;
}

static inline __attribute__((always_inline)) uint8_t *stack_pointer(void)
{
	uint8_t *pointer;
	__asm__ volatile("mv %0, sp" : "=r"(pointer));
	return pointer;
}

__attribute__((noinline)) size_t chip_stack(void (*run)(void *argument), void *argument)
{
	volatile uint8_t *top = stack_pointer(), *bottom = top - PAINTED, *used = bottom;
	for (volatile uint8_t *byte = bottom; byte < top; byte++)
		*byte = PATTERN;
	(*run)(argument);
	while (used < top && *used == PATTERN)
		used++;
	CHECK(used > bottom); // else it was deeper than what was painted
	return (size_t)(top - used);
}

void chip_result(const char *name, uint64_t value)
{
	printf("result %s %lu\n", name, (unsigned long)value);
}

void chip_fail(const char *file, int line, const char *what)
{
	printf("failed %s:%d: %s\n", file, line, what);
	exit(1);
}

int chip_heap_is(chip_heap before)
{
	return chipHeap.internal == before.internal && chipHeap.external == before.external;
}

void chip_heap_result(const char *name, chip_heap now, chip_heap before)
{
	char text[64];
	snprintf(text, sizeof text, "internal-%s", name);
	chip_result(text, now.internal - before.internal);
	snprintf(text, sizeof text, "external-%s", name);
	chip_result(text, now.external - before.external);
}

// The heap, each block behind its size and where it would lie.
#define BEFORE 16 // keeps alignment

void *__real_malloc(size_t size);
void __real_free(void *block);

typedef struct {
	size_t size, isExternal;
} label;

static void account(label it, int sign)
{
	size_t *used = it.isExternal ? &chipHeap.external : &chipHeap.internal;
	size_t *peak = it.isExternal ? &chipHeapPeak.external : &chipHeapPeak.internal;
	*used += sign < 0 ? -it.size : it.size;
	if (*used > *peak)
		*peak = *used;
}

static void *allocate(size_t size, int isExternal)
{
	label it = {size, (size_t)isExternal};
	uint8_t *block = __real_malloc(size + BEFORE);
	if (!block)
		return NULL;
	memcpy(block, &it, sizeof it);
	account(it, 1);
	return block + BEFORE;
}

// ESP-IDF takes more than this from PSRAM (CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL's default).
#define ALWAYS_INTERNAL 16384

void *__wrap_malloc(size_t size)
{
	return allocate(size, size > ALWAYS_INTERNAL);
}

void __wrap_free(void *memory)
{
	label it;
	if (!memory)
		return;
	uint8_t *block = (uint8_t *)memory - BEFORE;
	memcpy(&it, block, sizeof it);
	account(it, -1);
	__real_free(block);
}

void *__wrap_calloc(size_t count, size_t size)
{
	void *memory = size && count > SIZE_MAX / size ? NULL : __wrap_malloc(count * size);
	return memory ? memset(memory, 0, count * size) : NULL;
}

void *__wrap_realloc(void *memory, size_t size)
{
	void *grown = __wrap_malloc(size);
	if (grown && memory) {
		label old;
		memcpy(&old, (uint8_t *)memory - BEFORE, sizeof old);
		memcpy(grown, memory, old.size < size ? old.size : size);
		__wrap_free(memory);
	}
	return grown;
}

// rtc_port.h. The randomness is a counter's, so that each run counts the same: for tests alone.
uint64_t rtc_now(void)
{
	return chipNow;
}

uint64_t rtc_ntp_now(void)
{
	return chipNow << 12;
}

int rtc_random(void *buffer, size_t size)
{
	static uint32_t state = 0x12345678;
	for (uint8_t *byte = buffer; size--; byte++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		*byte = (uint8_t)(state >> 7);
	}
	return 0;
}

void *rtc_calloc(size_t count, size_t size)
{
	void *memory = size && count > SIZE_MAX / size ? NULL : allocate(count * size, 1);
	return memory ? memset(memory, 0, count * size) : NULL;
}

void rtc_free(void *memory)
{
	free(memory);
}

void rtc_wipe(void *memory, size_t size)
{
	memset(memory, 0, size);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

// POSIX threads without threads: a lock that is held is a deadlock. A recursive mutex counts.
#define RECURSIVE 0x80000000u
#define HELD 0x00010000u

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	*mutex = attributes && attributes->type == PTHREAD_MUTEX_RECURSIVE ? RECURSIVE : 0;
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	CHECK((*mutex & ~RECURSIVE) == 0);
	return 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (*mutex == PTHREAD_MUTEX_INITIALIZER)
		*mutex = 0;
	CHECK(*mutex & RECURSIVE || !(*mutex & ~RECURSIVE));
	*mutex += HELD;
	return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	CHECK(*mutex & ~RECURSIVE);
	*mutex -= HELD;
	return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *attributes)
{
	attributes->type = PTHREAD_MUTEX_NORMAL;
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type)
{
	attributes->type = type;
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes)
{
	(void)attributes;
	return 0;
}

int pthread_once(pthread_once_t *once, void (*run)(void))
{
	if (!once->done)
		(*run)();
	once->done = 1;
	return 0;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
	(void)attributes;
	*condition = 0;
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition)
{
	(void)condition;
	return 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	(void)condition;
	(void)mutex;
	CHECK(!"nobody could signal it");
	return EDEADLK;
}

int pthread_cond_signal(pthread_cond_t *condition)
{
	(void)condition;
	return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
	(void)condition;
	return 0;
}

// Counters of 64 bits, which the instruction set cannot add at once; ESP-IDF's do as much, with interrupts off.
uint64_t __atomic_fetch_add_8(volatile void *counter, uint64_t amount, int order)
{
	volatile uint64_t *it = counter;
	uint64_t before = *it;
	(void)order;
	*it = before + amount;
	return before;
}

uint64_t __atomic_load_8(const volatile void *counter, int order)
{
	(void)order;
	return *(const volatile uint64_t *)counter;
}

void __atomic_store_8(volatile void *counter, uint64_t value, int order)
{
	(void)order;
	*(volatile uint64_t *)counter = value;
}
