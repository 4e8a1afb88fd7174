// SPDX-License-Identifier: Apache-2.0
#include "rtc_utf8.h"

#include <string.h>

static const uint8_t replacement[] = {0xEF, 0xBF, 0xBD};
static const uint8_t zero[] = {0xC0, 0x80};

static size_t put(uint8_t *output, size_t place, const uint8_t *bytes, size_t size)
{
	if (output)
		memcpy(output + place, bytes, size);
	return place + size;
}

// How many bytes the sequence has that a byte begins; 0: it begins none. The bounds of the second byte leave out what
// is longer than needed, surrogates, and what is above U+10FFFF (RFC 3629 section 4).
static size_t sequence(uint8_t first, uint8_t *lowest, uint8_t *highest)
{
	*lowest = 0x80;
	*highest = 0xBF;
	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF) {
		if (first == 0xE0)
			*lowest = 0xA0;
		if (first == 0xED)
			*highest = 0x9F;
		return 3;
	}
	if (first >= 0xF0 && first <= 0xF4) {
		if (first == 0xF0)
			*lowest = 0x90;
		if (first == 0xF4)
			*highest = 0x8F;
		return 4;
	}
	return 0;
}

// The bytes of the character that begins there, or of what is not one; *good tells which. At least 1.
static size_t character(const uint8_t *bytes, size_t size, int *good)
{
	uint8_t lowest, highest;
	size_t length = sequence(bytes[0], &lowest, &highest);
	size_t count = 1;
	while (count < length && count < size && bytes[count] >= lowest && bytes[count] <= highest) {
		lowest = 0x80;
		highest = 0xBF;
		count++;
	}
	*good = length && count == length;
	return count;
}

size_t rtc_utf8_to_xs(const uint8_t *bytes, size_t size, uint8_t *output)
{
	size_t written = 0, count;
	int good;
	for (size_t place = 0; place < size; place += count) {
		count = character(bytes + place, size - place, &good);
		if (good && !bytes[place])
			written = put(output, written, zero, sizeof zero);
		else if (good)
			written = put(output, written, bytes + place, count);
		else
			written = put(output, written, replacement, sizeof replacement);
	}
	return written;
}

static int isLow(const uint8_t *text, size_t size)
{
	return size >= 3 && text[0] == 0xED && text[1] >= 0xB0 && text[1] <= 0xBF;
}

// Halves that stand together are a character: an engine that keeps them apart (CESU-8) has it so.
static size_t pair(const uint8_t *text, uint8_t character[4])
{
	uint32_t high = (uint32_t)(text[1] & 0x0F) << 6 | (text[2] & 0x3F);
	uint32_t low = (uint32_t)(text[4] & 0x0F) << 6 | (text[5] & 0x3F);
	uint32_t code = 0x10000 + (high << 10) + low;
	character[0] = (uint8_t)(0xF0 | code >> 18);
	character[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
	character[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	character[3] = (uint8_t)(0x80 | (code & 0x3F));
	return 4;
}

size_t rtc_utf8_from_xs(const uint8_t *text, size_t size, uint8_t *output)
{
	size_t written = 0, count;
	uint8_t joined[4];
	int good;
	for (size_t place = 0; place < size; place += count) {
		const uint8_t *here = text + place;
		size_t left = size - place;
		if (left >= 2 && here[0] == zero[0] && here[1] == zero[1]) {
			count = 2;
			written = put(output, written, (const uint8_t *)"", 1);
		} else if (left >= 3 && here[0] == 0xED && here[1] >= 0xA0) { // a half
			int isPair = here[1] <= 0xAF && isLow(here + 3, left - 3);
			count = isPair ? 6 : 3;
			written = isPair ? put(output, written, joined, pair(here, joined))
							 : put(output, written, replacement, sizeof replacement);
		} else {
			count = character(here, left, &good);
			written = good ? put(output, written, here, count) : put(output, written, replacement, sizeof replacement);
		}
	}
	return written;
}
