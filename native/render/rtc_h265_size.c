// SPDX-License-Identifier: Apache-2.0
// H.265 section 7.3.2.2.1, up to the size.
#include "rtc_h265_size.h"

#define TYPE_SPS 33
#define PROFILE_BITS 88
#define LEVEL_BITS 8
#define FORMAT_444 3

typedef struct {
	const uint8_t *next, *end;
	unsigned zeros; // bytes in a row before `next`
	unsigned left;  // bits of `byte`
	uint8_t byte;
	uint8_t isShort;
} reader;

static unsigned takeBit(reader *from)
{
	if (!from->left) {
		if (from->zeros >= 2 && from->next < from->end && *from->next == 3) { // it keeps a start code out
			from->next++;
			from->zeros = 0;
		}
		if (from->next == from->end) {
			from->isShort = 1;
			return 1;
		}
		from->byte = *from->next++;
		from->zeros = from->byte ? 0 : from->zeros + 1;
		from->left = 8;
	}
	return from->byte >> --from->left & 1;
}

static uint32_t take(reader *from, unsigned bits)
{
	uint32_t value = 0;
	while (bits--)
		value = value << 1 | takeBit(from);
	return value;
}

// Exp-Golomb (section 9.2). What does not fit in 32 bits is as good as cut off.
static uint64_t takeNumber(reader *from)
{
	unsigned zeros = 0;
	while (!takeBit(from))
		zeros++;
	if (zeros < 32)
		return (1ull << zeros) - 1 + take(from, zeros);
	from->isShort = 1;
	return 0;
}

// Section 7.3.3.
static void skipProfiles(reader *from, unsigned layers)
{
	uint32_t has = 0;
	take(from, PROFILE_BITS);
	take(from, LEVEL_BITS);
	if (layers)
		has = take(from, 16);
	for (unsigned i = 0; i < layers; i++, has <<= 2) {
		take(from, has & 0x8000 ? PROFILE_BITS : 0);
		take(from, has & 0x4000 ? LEVEL_BITS : 0);
	}
}

static uint64_t pixelsOf(const uint8_t *nal, const uint8_t *end)
{
	reader it = {.next = nal + 2, .end = end};
	take(&it, 4);
	unsigned layers = take(&it, 3);
	take(&it, 1);
	skipProfiles(&it, layers);
	takeNumber(&it);
	if (takeNumber(&it) == FORMAT_444)
		take(&it, 1);
	uint64_t width = takeNumber(&it), height = takeNumber(&it);
	return it.isShort || (height && width > UINT32_MAX / height) ? UINT64_MAX : width * height;
}

uint64_t rtc_h265_claimed_pixels(const uint8_t *unit, size_t size)
{
	uint64_t most = 0;
	for (size_t i = 0; i + 5 <= size; i++) {
		if (unit[i] || unit[i + 1] || unit[i + 2] != 1 || (unit[i + 3] >> 1 & 0x3f) != TYPE_SPS)
			continue;
		uint64_t pixels = pixelsOf(unit + i + 3, unit + size);
		most = pixels > most ? pixels : most;
	}
	return most;
}
