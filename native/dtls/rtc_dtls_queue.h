// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: datagrams on their way from the network thread to the DTLS thread, in a ring of bytes that
// comes with the first of them and stays until it is trimmed.
#ifndef RTC_DTLS_QUEUE_H
#define RTC_DTLS_QUEUE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define RTC_DTLS_QUEUE 8192 // bytes; a server's whole flight with an RSA chain is about 4 KB

typedef struct {
	pthread_mutex_t lock;
	uint32_t first, used; // of `ring`, in bytes
	int starved;          // the newest datagram found no memory
	uint8_t *ring;        // each datagram behind its size in two bytes; NULL while there is none
} rtc_dtls_queue;

int rtc_dtls_queue_init(rtc_dtls_queue *queue); // 0, or an errno value
void rtc_dtls_queue_destroy(rtc_dtls_queue *queue);
// Drops the datagram when there is no room: the peer sends its flight again. Returns whether it was taken.
int rtc_dtls_queue_push(rtc_dtls_queue *queue, const uint8_t *data, size_t size);
// Takes the oldest. Returns its size, cut to `size`; 0 when there is none.
size_t rtc_dtls_queue_pop(rtc_dtls_queue *queue, uint8_t *buffer, size_t size);
int rtc_dtls_queue_starved(rtc_dtls_queue *queue);
int rtc_dtls_queue_empty(rtc_dtls_queue *queue);
// Gives the memory back, if it is empty.
void rtc_dtls_queue_trim(rtc_dtls_queue *queue);

#endif
