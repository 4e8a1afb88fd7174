// SPDX-License-Identifier: Apache-2.0
// Text on its way between the machine and the network. XS keeps UTF-8, but for U+0000, which is two bytes (C0 80)
// because its strings end with a zero, and halves of surrogate pairs, which may stand alone in it. On the network
// neither may be.
#ifndef RTC_UTF8_H
#define RTC_UTF8_H

#include <stddef.h>
#include <stdint.h>

// Both return how many bytes they have written, or would write when `output` is NULL. What is no character becomes
// U+FFFD: of what the network brings as the Encoding standard has it (each longest beginning of a character is one).
size_t rtc_utf8_from_xs(const uint8_t *text, size_t size, uint8_t *output);
size_t rtc_utf8_to_xs(const uint8_t *bytes, size_t size, uint8_t *output); // without the final zero

#endif
