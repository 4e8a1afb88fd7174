// SPDX-License-Identifier: Apache-2.0
// What differs between hosts, for the C cores: threads, clocks, randomness, memory.
// rtc_port_posix.c serves Linux and macOS, rtc_port_esp32.c serves ESP-IDF.
#ifndef RTC_PORT_H
#define RTC_PORT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

// The largest UDP payload that any segment sends, in bytes: safe on every path with IPv6's minimum MTU of 1280
// (1280 - 40 IPv6 - 8 UDP = 1232), rounded down as browsers do.
#define RTC_MTU 1200

typedef struct {
	const char *name; // at most 15 characters
	size_t stack;     // bytes; on ESP32 the stack lies in PSRAM where there is any
	int priority;     // FreeRTOS priority; ignored on POSIX
} rtc_thread_options;

// Starts a joinable thread. Returns 0 or an errno value.
int rtc_thread_start(pthread_t *thread, const rtc_thread_options *options, void *(*run)(void *), void *argument);

// What wakes a thread out of poll(): `readable` becomes so with the first signal, and stays so until it is cleared.
// Returns 0 or an errno value.
typedef struct {
	int readable, writable; // descriptors; the same one where the host has eventfd()
} rtc_wake;
int rtc_wake_open(rtc_wake *wake);
void rtc_wake_signal(rtc_wake *wake);
void rtc_wake_clear(rtc_wake *wake); // whoever waits: before it looks for what it was woken for
void rtc_wake_close(rtc_wake *wake);

// Monotonic time in microseconds; its zero is arbitrary.
uint64_t rtc_now(void);

// Wall-clock time as an NTP timestamp (RFC 5905 section 6): seconds since 1900 in the upper 32 bits.
uint64_t rtc_ntp_now(void);

// Fills `buffer` with cryptographically secure random bytes. Returns 0, or -1 when the source failed.
int rtc_random(void *buffer, size_t size);

// Zeroed memory for large buffers (PSRAM first on ESP32). Free with rtc_free.
void *rtc_calloc(size_t count, size_t size);
void rtc_free(void *memory);

// Bytes of the C heap in use; 0 where the host cannot tell.
size_t rtc_heap_used(void);

// Overwrites secrets in a way that the compiler does not remove.
void rtc_wipe(void *memory, size_t size);

#endif
