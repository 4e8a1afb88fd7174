// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: one thread for the handshakes of all peers. It starts with the first task and ends with the
// last, and sleeps on a condition until a task is woken or its time has come.
#ifndef RTC_DTLS_WORKER_H
#define RTC_DTLS_WORKER_H

#include <stdint.h>

typedef struct rtc_dtls_task rtc_dtls_task;
struct rtc_dtls_task {
	// On the worker's thread, with no lock held. Returns when to be run again by rtc_now(), UINT64_MAX for never.
	uint64_t (*run)(rtc_dtls_task *task);
	rtc_dtls_task *next; // the worker's from here on
	uint64_t time;
	int ready, running;
};

int rtc_dtls_worker_add(rtc_dtls_task *task); // 0, or an errno value
// From any thread, also while the task runs: it then runs once more.
void rtc_dtls_worker_wake(rtc_dtls_task *task);
// The task is not running, nor will, when it returns. Not from a task.
void rtc_dtls_worker_remove(rtc_dtls_task *task);

#endif
