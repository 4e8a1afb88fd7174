// SPDX-License-Identifier: Apache-2.0
// A fragment: moof and mdat. Section numbers are those of ISO/IEC 14496-12.
#include "rtc_mp4.h"
#include "rtc_mp4_boxes.h"
#include "rtc_mp4_nal.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdlib.h>

#define BOXES (256 + RTC_MP4_TRACKS * RTC_MP4_SAMPLES * 12) // bytes of a moof, and the head of its mdat
#define SOUND_SHARE 8                                       // of the room an eighth is for sound
#define TRUN_FLAGS 0x701                                    // where its data is; of each sample duration, size, flags
#define IS_KEY 0x02000000u                                  // sample_flags (section 8.8.3.1): it depends on no other
#define IS_NOT_KEY 0x01010000u                              // it does, and nobody begins with it
#define LONGEST_GAP 10000000u                               // microseconds: more is another sender's time
#define USUAL_GAP 33333u
#define TREMBLE 10000 // microseconds that a packet of sound may come before or after its time

static const uint32_t timescales[RTC_MP4_TRACKS] = {90000, 48000};

typedef struct {
	uint32_t size, duration;
	uint8_t isKey;
} sample;

typedef struct {
	uint8_t *data;
	uint32_t capacity, size, count;
	uint64_t begin;  // of its first sample, by its timescale
	uint64_t end;    // of its last, as far as is known; of the fragment before, where it is empty
	uint64_t newest; // microseconds: the begin of its last sample, as it was given
	uint64_t shift;  // microseconds that its times have jumped
	sample samples[RTC_MP4_SAMPLES];
} series;

struct rtc_mp4_fragment {
	series tracks[RTC_MP4_TRACKS];
	uint64_t begin; // microseconds, of the first sample
	uint32_t boxesSize;
	uint32_t read; // bytes, of boxes and data
	uint8_t boxes[BOXES];
	uint8_t data[]; // of pictures, then of sound
};

rtc_mp4_fragment *rtc_mp4_fragment_new(uint32_t capacity)
{
	rtc_mp4_fragment *fragment = rtc_calloc(1, sizeof *fragment + capacity);
	if (!fragment)
		return NULL;
	series *video = &fragment->tracks[RTC_MP4_VIDEO], *audio = &fragment->tracks[RTC_MP4_AUDIO];
	audio->capacity = capacity / SOUND_SHARE;
	video->capacity = capacity - audio->capacity;
	video->data = fragment->data;
	audio->data = fragment->data + video->capacity;
	return fragment;
}

void rtc_mp4_fragment_free(rtc_mp4_fragment *fragment)
{
	rtc_free(fragment);
}

void rtc_mp4_reset(rtc_mp4_fragment *fragment, const rtc_mp4_fragment *before)
{
	for (int i = 0; i < RTC_MP4_TRACKS; i++) {
		series *track = &fragment->tracks[i];
		if (before) {
			track->end = before->tracks[i].end;
			track->newest = before->tracks[i].newest;
			track->shift = before->tracks[i].shift;
		}
		track->size = track->count = 0;
	}
	fragment->boxesSize = fragment->read = 0;
}

int rtc_mp4_is_empty(const rtc_mp4_fragment *fragment)
{
	return !fragment->tracks[RTC_MP4_VIDEO].count && !fragment->tracks[RTC_MP4_AUDIO].count;
}

// As lengths and NAL units; what Annex B has between them goes. 0, or ENOSPC.
static int addPicture(series *track, const rtc_frame *frame, uint32_t *size)
{
	rtc_mp4_nals walk = {frame->data, frame->data + frame->size};
	rtc_mp4_nal nal;
	uint32_t begin = track->size, at = begin;
	while (rtc_mp4_nal_next(&walk, &nal)) {
		if (nal.size + 4 > track->capacity - at)
			return ENOSPC;
		rtc_boxes to = {track->data + at};
		rtc_boxes_32(&to, (uint32_t)nal.size);
		rtc_boxes_bytes(&to, nal.data, nal.size);
		at += (uint32_t)nal.size + 4;
	}
	*size = at - begin;
	return 0;
}

static int addSound(const series *track, const rtc_frame *frame, uint32_t *size)
{
	if (frame->size > track->capacity - track->size)
		return ENOSPC;
	memcpy(track->data + track->size, frame->data, frame->size);
	*size = frame->size;
	return 0;
}

// A sample begins at `time`: its place by the timescale, where the one before ends, too. Time never goes back.
static uint64_t place(rtc_mp4_fragment *fragment, rtc_mp4_track which, uint64_t given)
{
	series *track = &fragment->tracks[which];
	uint64_t time = given + track->shift, scale = timescales[which];
	int isFirst = !track->count && !track->end;
	if (!isFirst && (time < track->newest || time - track->newest > LONGEST_GAP)) {
		track->shift += track->newest + USUAL_GAP - time; // modulo 2^64
		time = given + track->shift;
	}
	track->newest = time;
	uint64_t begin = (time * scale + 500000) / 1000000;
	int64_t late = (int64_t)(begin - track->end);
	if (which == RTC_MP4_AUDIO && !isFirst && late < (int64_t)(TREMBLE * scale / 1000000) &&
		late > -(int64_t)(TREMBLE * scale / 1000000))
		begin = track->end;
	if (!track->count)
		return !isFirst && begin < track->end ? track->end : begin;
	sample *last = &track->samples[track->count - 1];
	uint64_t from = track->end - last->duration;
	if (begin <= from)
		begin = from + 1;
	last->duration = (uint32_t)(begin - from);
	track->end = begin;
	return begin;
}

int rtc_mp4_put(rtc_mp4_fragment *fragment, rtc_mp4_track which, const rtc_frame *frame, uint64_t time)
{
	series *track = &fragment->tracks[which];
	uint32_t size = 0;
	int isEmpty = rtc_mp4_is_empty(fragment), isVideo = which == RTC_MP4_VIDEO;
	int isLong = !isEmpty && time + track->shift - fragment->begin >= RTC_MP4_LONGEST &&
				 time + track->shift - fragment->begin < LONGEST_GAP;
	if (track->count == RTC_MP4_SAMPLES || isLong || (isVideo && frame->key && track->count) ||
		(isVideo ? addPicture(track, frame, &size) : addSound(track, frame, &size))) {
		if (track->count)
			place(fragment, which, time);
		return ENOSPC;
	}
	if (!size)
		return 0;
	uint64_t begin = place(fragment, which, time);
	if (!track->count)
		track->begin = begin;
	if (isEmpty)
		fragment->begin = track->newest;
	uint32_t usual = isVideo          ? timescales[which] / 30
					 : frame->samples ? frame->samples * 48000u / frame->sampleRate
									  : 960;
	track->samples[track->count++] = (sample){.size = size, .duration = usual, .isKey = !isVideo || frame->key};
	track->size += size;
	track->end = begin + usual;
	return 0;
}

// Returns where trun says where the data is.
static uint8_t *writeTrack(rtc_boxes *to, const series *track, uint32_t id)
{
	uint8_t *fragment = rtc_boxes_begin(to, "traf");
	uint8_t *header = rtc_boxes_full(to, "tfhd", 0, 0x20000); // from the begin of moof
	rtc_boxes_32(to, id);
	rtc_boxes_end(to, header);
	uint8_t *time = rtc_boxes_full(to, "tfdt", 1, 0);
	rtc_boxes_64(to, track->begin);
	rtc_boxes_end(to, time);
	uint8_t *run = rtc_boxes_full(to, "trun", 0, TRUN_FLAGS);
	rtc_boxes_32(to, track->count);
	uint8_t *offset = to->at;
	rtc_boxes_32(to, 0);
	for (uint32_t i = 0; i < track->count; i++) {
		const sample *one = &track->samples[i];
		rtc_boxes_32(to, one->duration);
		rtc_boxes_32(to, one->size);
		rtc_boxes_32(to, one->isKey ? IS_KEY : IS_NOT_KEY);
	}
	rtc_boxes_end(to, run);
	rtc_boxes_end(to, fragment);
	return offset;
}

void rtc_mp4_seal(rtc_mp4_fragment *fragment, uint32_t sequence)
{
	rtc_boxes boxes = {fragment->boxes}, *to = &boxes;
	uint8_t *offsets[RTC_MP4_TRACKS] = {NULL};
	uint32_t size = 0;
	uint8_t *moof = rtc_boxes_begin(to, "moof");
	uint8_t *header = rtc_boxes_full(to, "mfhd", 0, 0);
	rtc_boxes_32(to, sequence);
	rtc_boxes_end(to, header);
	for (uint32_t i = 0; i < RTC_MP4_TRACKS; i++) {
		if (fragment->tracks[i].count)
			offsets[i] = writeTrack(to, &fragment->tracks[i], i + 1);
		size += fragment->tracks[i].size;
	}
	rtc_boxes_end(to, moof);
	rtc_boxes_32(to, size + 8);
	rtc_boxes_bytes(to, "mdat", 4);
	fragment->boxesSize = (uint32_t)(to->at - fragment->boxes);
	uint32_t at = fragment->boxesSize;
	for (int i = 0; i < RTC_MP4_TRACKS; i++) {
		rtc_boxes offset = {offsets[i]};
		if (offsets[i])
			rtc_boxes_32(&offset, at);
		at += fragment->tracks[i].size;
	}
}

size_t rtc_mp4_read(rtc_mp4_fragment *fragment, const uint8_t **bytes, size_t most)
{
	const series *video = &fragment->tracks[RTC_MP4_VIDEO], *audio = &fragment->tracks[RTC_MP4_AUDIO];
	const uint8_t *const parts[] = {fragment->boxes, video->data, audio->data};
	const uint32_t sizes[] = {fragment->boxesSize, fragment->boxesSize ? video->size : 0,
							  fragment->boxesSize ? audio->size : 0};
	uint32_t at = fragment->read;
	for (int i = 0; i < 3; i++) {
		if (at < sizes[i]) {
			size_t left = sizes[i] - at, size = left < most ? left : most;
			*bytes = parts[i] + at;
			fragment->read += (uint32_t)size;
			return size;
		}
		at -= sizes[i];
	}
	return 0;
}
