// SPDX-License-Identifier: Apache-2.0
#include "rtc_video_quality.h"

#include <string.h>

// Bits for each pixel, in thousandths: with fewer an encoder of Constrained Baseline makes blocks of what moves.
#define LEAST 25
#define AMPLE 40            // from here on the better step is tried: it has LEAST then, and something to spare
#define SCARCE_TIME 500000  // microseconds that it lasts before there is less, and
#define PLENTY_TIME 5000000 // before there is more: each change of size costs a key frame
#define SMALLEST_WIDTH 160  // pixels; a smaller picture is of no use
#define SMALLEST_HEIGHT 90
#define FEWEST 5 // pictures a second
#define MACROBLOCK 16

// From the best to the least, each with fewer pixels a second.
typedef struct {
	uint8_t scale, divisor;
} step;
static const step balanced[] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {4, 1}, {4, 2}, {4, 4}};
static const step smaller[] = {{1, 1}, {2, 1}, {4, 1}};
static const step fewer[] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}};
static const struct {
	const step *steps;
	uint8_t count;
} ladders[] = {
	[RTC_VIDEO_BALANCED] = {balanced, sizeof balanced / sizeof *balanced},
	[RTC_VIDEO_KEEP_FRAMERATE] = {smaller, sizeof smaller / sizeof *smaller},
	[RTC_VIDEO_KEEP_RESOLUTION] = {fewer, sizeof fewer / sizeof *fewer},
	[RTC_VIDEO_KEEP_BOTH] = {balanced, 1},
};

int rtc_video_level_of(uint8_t idc, rtc_video_level *level)
{
	static const struct {
		uint8_t idc;
		rtc_video_level level;
	} known[] = {
		{10, {99, 1485, 64000}},           {11, {396, 3000, 192000}},        {12, {396, 6000, 384000}},
		{13, {396, 11880, 768000}},        {20, {396, 11880, 2000000}},      {21, {792, 19800, 4000000}},
		{22, {1620, 20250, 4000000}},      {30, {1620, 40500, 10000000}},    {31, {3600, 108000, 14000000}},
		{32, {5120, 216000, 20000000}},    {40, {8192, 245760, 20000000}},   {41, {8192, 245760, 50000000}},
		{42, {8704, 522240, 50000000}},    {50, {22080, 589824, 135000000}}, {51, {36864, 983040, 240000000}},
		{52, {36864, 2073600, 240000000}},
	};
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].idc == idc) {
			*level = known[i].level;
			return 1;
		}
	return 0;
}

static int isUseful(const rtc_video_quality *quality, const step *it)
{
	if (it->scale > 1 && (quality->width / it->scale < SMALLEST_WIDTH || quality->height / it->scale < SMALLEST_HEIGHT))
		return 0;
	return it->divisor == 1 || quality->framerate / it->divisor >= FEWEST;
}

static int isAllowed(const rtc_video_quality *quality, const step *it)
{
	rtc_video_level level;
	if (!quality->level || !rtc_video_level_of(quality->level, &level))
		return 1;
	uint32_t columns = (quality->width / it->scale + MACROBLOCK - 1u) / MACROBLOCK;
	uint32_t rows = (quality->height / it->scale + MACROBLOCK - 1u) / MACROBLOCK;
	uint32_t size = columns * rows, longer = columns > rows ? columns : rows;
	return size <= level.largest && longer * longer <= 8 * level.largest &&
		   size * quality->framerate <= level.rate * it->divisor;
}

// Thousandths of a bit that a pixel has.
static uint64_t densityOf(const rtc_video_quality *quality, const step *it, uint32_t bitsPerSecond)
{
	uint64_t pixels = (uint64_t)(quality->width / it->scale) * (quality->height / it->scale) * quality->framerate;
	return (uint64_t)bitsPerSecond * 1000 * it->divisor / (pixels ? pixels : 1);
}

// The next step below or above `from` that is of use; `from` itself when there is none.
static uint8_t next(const rtc_video_quality *quality, uint8_t from, int direction)
{
	const step *steps = ladders[quality->preference].steps;
	for (int at = from + direction; at >= 0 && at < ladders[quality->preference].count; at += direction)
		if (isUseful(quality, &steps[at]))
			return isAllowed(quality, &steps[at]) || direction > 0 ? (uint8_t)at : from;
	return from;
}

static void settle(rtc_video_quality *quality, uint8_t step)
{
	quality->step = step;
	quality->scale = ladders[quality->preference].steps[step].scale;
	quality->divisor = ladders[quality->preference].steps[step].divisor;
	quality->scarce = quality->plenty = 0;
}

void rtc_video_quality_init(rtc_video_quality *quality, uint16_t width, uint16_t height, uint32_t framerate,
							rtc_video_preference preference, uint8_t level)
{
	memset(quality, 0, sizeof *quality);
	quality->width = width;
	quality->height = height;
	quality->framerate = framerate;
	quality->preference = preference;
	quality->level = level;
	uint8_t step = 0;
	while (!isAllowed(quality, &ladders[preference].steps[step]) && next(quality, step, 1) != step)
		step = next(quality, step, 1);
	settle(quality, step);
}

int rtc_video_quality_judge(rtc_video_quality *quality, uint32_t bitsPerSecond, uint64_t time)
{
	const step *steps = ladders[quality->preference].steps;
	uint8_t step = quality->step, lower = next(quality, step, 1), higher = next(quality, step, -1);
	int isScarce = lower != step && densityOf(quality, &steps[step], bitsPerSecond) < LEAST;
	int isPlenty = higher != step && densityOf(quality, &steps[higher], bitsPerSecond) >= AMPLE;
	// A source whose clock goes back begins anew.
	if (!isScarce || time < quality->scarce)
		quality->scarce = 0;
	else if (!quality->scarce)
		quality->scarce = time;
	if (!isPlenty || time < quality->plenty)
		quality->plenty = 0;
	else if (!quality->plenty)
		quality->plenty = time;
	if (quality->scarce && time - quality->scarce >= SCARCE_TIME) {
		while (next(quality, step, 1) != step && densityOf(quality, &steps[step], bitsPerSecond) < LEAST)
			step = next(quality, step, 1);
	} else if (quality->plenty && time - quality->plenty >= PLENTY_TIME)
		step = higher;
	if (step == quality->step)
		return 0;
	settle(quality, step);
	return 1;
}
