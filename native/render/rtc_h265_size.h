// SPDX-License-Identifier: Apache-2.0
// What size an access unit of H.265 says its pictures have, before a library takes memory by it.
#ifndef RTC_H265_SIZE_H
#define RTC_H265_SIZE_H

#include <stddef.h>
#include <stdint.h>

// The most luma samples that a sequence parameter set of the unit claims, UINT64_MAX where one is cut off; 0: it has
// none.
uint64_t rtc_h265_claimed_pixels(const uint8_t *unit, size_t size);

#endif
