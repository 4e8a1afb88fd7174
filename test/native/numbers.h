// SPDX-License-Identifier: Apache-2.0
// Numbers by chance that are the same each time (xorshift32): a test gives `state` its seed, which is not 0.
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stdint.h>

static uint32_t state;

static uint32_t below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % bound;
}

#endif
