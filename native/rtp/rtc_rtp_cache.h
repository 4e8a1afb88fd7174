// SPDX-License-Identifier: Apache-2.0
// The payloads that were sent last, for retransmissions and for pacing: one ring of a fixed size for the whole device,
// shared by all peers. A frame is cut into payloads once for all who take it in the same form; what is a peer's own
// (sequence numbers, times, headers) is not here. The oldest payloads are overwritten.
#ifndef RTC_RTP_CACHE_H
#define RTC_RTP_CACHE_H

#include "rtc_frame.h"

#define RTC_RTP_CACHE_BYTES (256 * 1024) // by default
#define RTC_RTP_CACHE_MINIMUM (16 * 1024)
#define RTC_RTP_CACHE_MAXIMUM (16 * 1024 * 1024)
#define RTC_RTP_CACHE_MILLISECONDS 1000 // by default

typedef struct rtc_rtp_cache rtc_rtp_cache;

// For caches that are made from now on. `bytes` is rounded down to a power of two; 0: nothing is kept, so lost packets
// are not sent again and frames leave in one burst. Returns 0, or EINVAL.
int rtc_rtp_cache_configure(uint32_t bytes, uint32_t milliseconds);
// The device's cache: made with the first reference, given back with the last. NULL with *error 0 when nothing shall be
// kept, else ENOMEM.
rtc_rtp_cache *rtc_rtp_cache_retain(int *error);
void rtc_rtp_cache_release(rtc_rtp_cache *cache); // accepts NULL
uint32_t rtc_rtp_cache_bytes(const rtc_rtp_cache *cache);
uint32_t rtc_rtp_cache_milliseconds(const rtc_rtp_cache *cache);

// The payloads of a frame, one after the other.
typedef struct {
	uint32_t position; // of the first
	uint32_t bytes;    // of payload
	uint16_t count;
} rtc_rtp_cut;

// Cuts a frame of encoded media, unless that was done already. Returns 0; EINVAL or EMSGSIZE as its payload format
// does; ENOBUFS for one that is larger than half of the ring.
int rtc_rtp_cache_cut(rtc_rtp_cache *cache, const rtc_frame *frame, uint8_t mode, uint16_t maximum, rtc_rtp_cut *cut);

// Nothing is cut while a thread holds it: for a run of payloads at a time.
void rtc_rtp_cache_hold(rtc_rtp_cache *cache);
void rtc_rtp_cache_let(rtc_rtp_cache *cache);
// While it is held: copies the payload at `position` to `buffer`, which has room for what was the maximum. Returns its
// size, 0 when it was overwritten meanwhile. *next: the position of the frame's next one; may be NULL.
size_t rtc_rtp_cache_read(rtc_rtp_cache *cache, uint32_t position, uint8_t *buffer, uint32_t *next);

#endif
