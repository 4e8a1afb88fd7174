// SPDX-License-Identifier: Apache-2.0
// A test card: a coded frame counter, colour bars, a grey scale, a clock, and a ball that crosses the card each second.
// What does not move is drawn once into each frame of the pool.
#include "rtc_capture.h"
#include "rtc_port.h"
#include "rtc_test_card_draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define SMALLEST_WIDTH 160 // of which a cell of the code has 4 pixels
#define SMALLEST_HEIGHT 90
#define FRAMES 4     // in the queue of an encoder: 2, being encoded: 1, being drawn: 1
#define BEEP 100000u // microseconds at the begin of a second in which the lamp is lit, as the test tone beeps
#define TENTHS 10
#define RAMP_FROM 16 // luma
#define RAMP_TO 220
#define GRAIN 16 // luma

// A pooled frame is zeroed when it is new; this, behind its picture, tells that the still parts are there.
#define DRAWN 0x44524157u

static const rtc_color bars[] = {
	{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {35, 212, 114},
};
#define BARS ((int)(sizeof bars / sizeof bars[0]))
static const rtc_color panel = {34, 132, 125}, rail = {70, 132, 125}, ball = {152, 49, 188};
static const rtc_color lampOff = {52, 118, 150}, lampOn = {225, 90, 150};
static const uint8_t inkBright = 225, inkDim = 140;

typedef struct {
	rtc_capture_device device; // first
	rtc_frame_pool *pool;
	uint16_t width, height;
	uint32_t framerate;
	uint32_t counter, noise;
	uint64_t begin; // rtc_now() of slot 0
	uint64_t slot;
	// Where things lie, in pixels.
	int cell, barsEnd, rampEnd;
	int clockX, clockY, clockScale, lampX, lampRadius;
	int railLeft, railRight, railY, ballRadius;
	int textY, textScale, counterX;
	char title[48];
} test_card;

static int even(int value)
{
	return value & ~1;
}

static void lay_out(test_card *card)
{
	const int width = card->width, height = card->height;
	int top = even(RTC_CODE_ROWS * width / RTC_CODE_COLUMNS + 1);
	int rest = height - top, unit = height / 90 ? height / 90 : 1;
	card->cell = width / RTC_CODE_COLUMNS;
	card->barsEnd = even(top + rest / 2);
	card->rampEnd = even(card->barsEnd + rest / 12);
	card->clockScale = width / 106 < height / 60 ? width / 106 : height / 60;
	card->clockScale = card->clockScale ? card->clockScale : 1;
	card->lampRadius = card->clockScale * RTC_GLYPH_ROWS / 2;
	int clockWidth = rtc_text_width(card->clockScale, "00:00:00.000");
	int gap = 4 * card->clockScale;
	card->clockX = even((width - clockWidth - gap - 2 * card->lampRadius) / 2);
	card->clockY = even(card->rampEnd + 4 * unit);
	card->lampX = even(card->clockX + clockWidth + gap + card->lampRadius);
	card->ballRadius = even(2 * unit + 1);
	card->railLeft = even(width / 12);
	card->railRight = even(width - width / 12);
	card->railY = even(card->clockY + RTC_GLYPH_ROWS * card->clockScale + 5 * unit);
	card->textScale = card->clockScale / 4 ? card->clockScale / 4 : 1;
	card->textY = even(card->railY + 6 * unit);
	snprintf(card->title, sizeof card->title, "XS-WEBRTC  %ux%u  %u FPS", card->width, card->height,
			 (unsigned)card->framerate);
	card->counterX = card->railRight - rtc_text_width(card->textScale, "FRAME 00000000");
}

static void draw_still(const test_card *card, rtc_frame *picture)
{
	const int width = card->width, height = card->height;
	rtc_draw_rectangle(picture, 0, 0, width, height, panel);
	int top = even(RTC_CODE_ROWS * width / RTC_CODE_COLUMNS + 1);
	rtc_draw_rectangle(picture, 0, 0, width, top, (rtc_color){16, 128, 128});
	for (int i = 0; i < BARS; i++) {
		int left = even(i * width / BARS), right = i + 1 == BARS ? width : even((i + 1) * width / BARS);
		rtc_draw_rectangle(picture, left, top, right - left, card->barsEnd - top, bars[i]);
	}
	rtc_draw_rectangle(picture, 0, card->barsEnd, width, card->rampEnd - card->barsEnd, (rtc_color){128, 128, 128});
	rtc_draw_text(picture, card->railLeft, card->textY, card->textScale, inkDim, card->title);
}

// A grey scale with grain, as a camera's picture has it: without, the card would be too easy for any bitrate to matter.
static void draw_ramp(test_card *card, rtc_frame *picture)
{
	uint32_t noise = card->noise;
	for (int y = card->barsEnd; y < card->rampEnd; y++) {
		uint8_t *row = picture->planes[0] + (size_t)y * picture->strides[0];
		for (int x = 0; x < card->width; x++) {
			noise = noise * 1664525 + 1013904223; // a linear congruential generator's upper bits will do
			row[x] = (uint8_t)(RAMP_FROM + x * (RAMP_TO - RAMP_FROM) / card->width + (noise >> 24) % GRAIN);
		}
	}
	card->noise = noise;
}

static void draw_clock(const test_card *card, rtc_frame *picture, uint64_t wallClock)
{
	time_t seconds = (time_t)(wallClock / 1000000);
	struct tm local;
	localtime_r(&seconds, &local);
	char text[16];
	snprintf(text, sizeof text, "%02u:%02u:%02u.%03u", (unsigned)local.tm_hour % 100, (unsigned)local.tm_min % 100,
			 (unsigned)local.tm_sec % 100, (unsigned)(wallClock / 1000 % 1000));
	rtc_draw_luma(picture, card->clockX, card->clockY, rtc_text_width(card->clockScale, text),
				  RTC_GLYPH_ROWS * card->clockScale, panel.y);
	rtc_draw_text(picture, card->clockX, card->clockY, card->clockScale, inkBright, text);
	rtc_draw_disc(picture, card->lampX, card->clockY + card->lampRadius, card->lampRadius,
				  wallClock % 1000000 < BEEP ? lampOn : lampOff);
}

static void draw_ball(const test_card *card, rtc_frame *picture, uint64_t wallClock)
{
	int radius = card->ballRadius, left = card->railLeft, length = card->railRight - left;
	int margin = radius + 2;
	rtc_draw_rectangle(picture, left - margin, card->railY - margin, length + 2 * margin, 2 * margin, panel);
	rtc_draw_rectangle(picture, left, card->railY - 2, length, 4, rail);
	for (int i = 0; i <= TENTHS; i++)
		rtc_draw_rectangle(picture, even(left + i * length / TENTHS) - 2, card->railY - radius, 4, 2 * radius, rail);
	int position = (int)((uint64_t)length * (wallClock % 1000000) / 1000000);
	rtc_draw_disc(picture, left + position, card->railY, radius, ball);
}

static void draw_counter(const test_card *card, rtc_frame *picture)
{
	char text[24];
	snprintf(text, sizeof text, "FRAME %08u", (unsigned)(card->counter % 100000000));
	rtc_draw_luma(picture, card->counterX, card->textY, rtc_text_width(card->textScale, text),
				  RTC_GLYPH_ROWS * card->textScale, panel.y);
	rtc_draw_text(picture, card->counterX, card->textY, card->textScale, inkDim, text);
}

static void draw(test_card *card, rtc_frame *picture)
{
	uint32_t *drawn = (uint32_t *)(picture->data + picture->size);
	if (*drawn != DRAWN) {
		draw_still(card, picture);
		*drawn = DRAWN;
	}
	uint64_t wallClock = rtc_capture_wall_clock(picture->time);
	rtc_draw_code(picture, card->counter, (uint32_t)(wallClock / 1000));
	draw_ramp(card, picture);
	draw_clock(card, picture, wallClock);
	draw_ball(card, picture, wallClock);
	draw_counter(card, picture);
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	(void)capture;
	(void)error;
	test_card *card = (test_card *)device;
	card->begin = rtc_now();
	card->slot = 0;
	return RTC_CAPTURE_OK;
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	(void)error;
	test_card *card = (test_card *)device;
	uint64_t due = card->begin + card->slot * 1000000 / card->framerate;
	uint64_t current = (rtc_now() - card->begin) * card->framerate / 1000000;
	if (card->slot + 1 < current) { // the machine was busy: go on with now, as a camera would
		rtc_capture_dropped(capture);
		card->slot++;
		return RTC_CAPTURE_OK;
	}
	if (!rtc_capture_wait(capture, due))
		return RTC_CAPTURE_OK;
	card->slot++;
	rtc_frame *picture = rtc_frame_pool_get(card->pool);
	if (!picture) {
		rtc_capture_dropped(capture);
		return RTC_CAPTURE_OK;
	}
	rtc_capture_picture(picture, card->width, card->height);
	picture->time = due;
	draw(card, picture);
	card->counter++;
	*frame = picture;
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	test_card *card = (test_card *)device;
	rtc_frame_pool_close(card->pool);
	free(card);
}

rtc_capture_device *rtc_test_card_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	uint16_t width = even(options->width ? options->width : DEFAULT_WIDTH);
	uint16_t height = even(options->height ? options->height : DEFAULT_HEIGHT);
	if (width < SMALLEST_WIDTH || height < SMALLEST_HEIGHT) {
		rtc_capture_fail(error, "media/unsupported", "a test card has %d x %d pixels at least", SMALLEST_WIDTH,
						 SMALLEST_HEIGHT);
		return NULL;
	}
	test_card *card = calloc(1, sizeof *card);
	if (card)
		card->pool = rtc_frame_pool_new(FRAMES, rtc_capture_picture_size(width, height) + sizeof(uint32_t));
	if (!card || !card->pool) {
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		free(card);
		return NULL;
	}
	card->device = (rtc_capture_device){.start = start, .next = next, .destroy = destroy};
	card->width = width;
	card->height = height;
	card->framerate = options->framerate;
	lay_out(card);
	return &card->device;
}
