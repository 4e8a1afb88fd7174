// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "rtc_port.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#elif defined(__APPLE__)
#include <malloc/malloc.h>
#endif

// The desktop's libraries and sanitizers use more stack than a chip's; unused pages cost nothing.
#define STACK_MINIMUM (512 * 1024)
#define NTP_UNIX_EPOCH 2208988800u // 1970 in seconds since 1900

int rtc_thread_start(pthread_t *thread, const rtc_thread_options *options, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);
	if (error)
		return error;
	size_t stack = options->stack > STACK_MINIMUM ? options->stack : STACK_MINIMUM;
	error = pthread_attr_setstacksize(&attributes, stack);
	if (!error) {
		// Signals are the main loop's, but for those of the thread's own faults: a sanitizer wants to tell of them.
		static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
		sigset_t all, before;
		sigfillset(&all);
		for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
			sigdelset(&all, own[i]);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		error = pthread_create(thread, &attributes, run, argument);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
#if defined(__linux__)
	if (!error && options->name) {
		char name[16] = "";
		strncpy(name, options->name, sizeof name - 1);
		pthread_setname_np(*thread, name); // for debuggers only
	}
#endif
	return error;
}

int rtc_wake_open(rtc_wake *wake)
{
#if defined(__linux__)
	wake->readable = wake->writable = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return wake->readable < 0 ? errno : 0;
#else
	int ends[2];
	if (pipe(ends))
		return errno;
	for (int i = 0; i < 2; i++) {
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
	}
	wake->readable = ends[0];
	wake->writable = ends[1];
	return 0;
#endif
}

void rtc_wake_signal(rtc_wake *wake)
{
	uint64_t one = 1;
	ssize_t written;
	do
		written = write(wake->writable, &one, sizeof one);
	while (written < 0 && errno == EINTR); // EAGAIN: it is readable already
}

void rtc_wake_clear(rtc_wake *wake)
{
	uint64_t counted;
	ssize_t count;
	do
		count = read(wake->readable, &counted, sizeof counted);
	while ((count < 0 && errno == EINTR) || (count > 0 && wake->readable != wake->writable));
}

void rtc_wake_close(rtc_wake *wake)
{
	close(wake->readable);
	if (wake->writable != wake->readable)
		close(wake->writable);
}

uint64_t rtc_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t rtc_ntp_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t seconds = (uint64_t)now.tv_sec + NTP_UNIX_EPOCH;
	return (seconds << 32) | (((uint64_t)now.tv_nsec << 32) / 1000000000);
}

int rtc_random(void *buffer, size_t size)
{
#if defined(__linux__)
	uint8_t *bytes = buffer;
	while (size) {
		ssize_t count = getrandom(bytes, size, 0);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return -1;
		bytes += count;
		size -= (size_t)count;
	}
#else
	arc4random_buf(buffer, size);
#endif
	return 0;
}

void *rtc_calloc(size_t count, size_t size)
{
	return calloc(count, size);
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

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ // gcc's name for it
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

size_t rtc_heap_used(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return __sanitizer_get_current_allocated_bytes(); // mallinfo2() knows nothing of its heap
#elif defined(__GLIBC__)
	struct mallinfo2 information = mallinfo2();
	return information.uordblks + information.hblkhd;
#elif defined(__APPLE__)
	malloc_statistics_t statistics;
	malloc_zone_statistics(NULL, &statistics);
	return statistics.size_in_use;
#else
	return 0;
#endif
}
