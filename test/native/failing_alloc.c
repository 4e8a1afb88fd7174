// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "failing_alloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_int armed, hit;
static atomic_uint counted, first, last;

void failing_alloc_start(unsigned begin, unsigned count)
{
	atomic_store(&hit, 0);
	atomic_store(&counted, 0);
	atomic_store(&first, begin);
	atomic_store(&last, count > FAILING_ALLOC_REST - begin ? FAILING_ALLOC_REST : begin + count - 1);
	atomic_store(&armed, 1);
}

unsigned failing_alloc_stop(void)
{
	atomic_store(&armed, 0);
	return atomic_load(&counted);
}

int failing_alloc_hit(void)
{
	return atomic_load(&hit);
}

static int fails(void)
{
	if (!atomic_load(&armed))
		return 0;
	unsigned number = atomic_fetch_add(&counted, 1) + 1;
	if (number < atomic_load(&first) || number > atomic_load(&last))
		return 0;
	atomic_store(&hit, 1);
	errno = ENOMEM;
	return 1;
}

#if !FAILING_ALLOC_ALL
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}
#else
// In place of the C library's, for all of the process.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

#define PLACES 65536 // of blocks that are tracked; a power of two

typedef struct {
	void *block, *caller;
} place;

static place places[PLACES];
static size_t used;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static atomic_int tracking;
static void *_Atomic victim;

static const char *nameOf(void *caller)
{
	Dl_info information;
	if (!caller || !dladdr(caller, &information) || !information.dli_fname)
		return "";
	const char *slash = strrchr(information.dli_fname, '/');
	return slash ? slash + 1 : information.dli_fname;
}

static size_t homeOf(const void *block)
{
	return (size_t)((uintptr_t)block * 0x9e3779b97f4a7c15u >> 40) & (PLACES - 1);
}

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
		;
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&busy, memory_order_release);
}

static void *note(void *block, void *caller)
{
	if (!block || !atomic_load(&tracking))
		return block;
	lock();
	size_t at = homeOf(block);
	while (places[at].block)
		at = (at + 1) & (PLACES - 1);
	if (used < PLACES / 2) {
		places[at] = (place){block, caller};
		used++;
	}
	unlock();
	return block;
}

static void forget(const void *block)
{
	if (!block || !atomic_load(&tracking))
		return;
	lock();
	size_t at = homeOf(block);
	while (places[at].block && places[at].block != block)
		at = (at + 1) & (PLACES - 1);
	if (places[at].block) {
		used--;
		places[at].block = NULL;
		for (size_t next = (at + 1) & (PLACES - 1); places[next].block; next = (next + 1) & (PLACES - 1)) {
			size_t home = homeOf(places[next].block);
			if (((next - home) & (PLACES - 1)) < ((next - at) & (PLACES - 1)))
				continue;
			places[at] = places[next];
			places[next].block = NULL;
			at = next;
		}
	}
	unlock();
}

void failing_alloc_track(void)
{
	atomic_store(&tracking, 1);
}

size_t failing_alloc_left(const char **owner)
{
	atomic_store(&tracking, 0);
	*owner = "";
	for (size_t i = 0; i < PLACES && used; i++)
		if (places[i].block) {
			*owner = nameOf(places[i].caller);
			break;
		}
	return used;
}

const char *failing_alloc_victim(void)
{
	return nameOf(atomic_load(&victim));
}

static int failsFor(void *caller)
{
	if (!fails())
		return 0;
	if (!atomic_load(&victim))
		atomic_store(&victim, caller);
	return 1;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
	return failsFor(CALLER) ? NULL : note(__libc_malloc(size), CALLER);
}

void *calloc(size_t count, size_t size)
{
	return failsFor(CALLER) ? NULL : note(__libc_calloc(count, size), CALLER);
}

void *realloc(void *memory, size_t size)
{
	if (failsFor(CALLER))
		return NULL;
	forget(memory);
	return note(__libc_realloc(memory, size), CALLER);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return failsFor(CALLER) ? NULL : note(__libc_memalign(alignment, size), CALLER);
}

void *memalign(size_t alignment, size_t size)
{
	return failsFor(CALLER) ? NULL : note(__libc_memalign(alignment, size), CALLER);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	if (failsFor(CALLER))
		return ENOMEM;
	*memory = note(__libc_memalign(alignment, size), CALLER);
	return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
	forget(memory);
	__libc_free(memory);
}
#endif
