// SPDX-License-Identifier: Apache-2.0
// What tracks there are: ftyp and moov. Section numbers are those of ISO/IEC 14496-12.
#include "rtc_mp4.h"
#include "rtc_mp4_boxes.h"
#include "rtc_mp4_nal.h"

#define OPUS_RATE 48000
#define LARGEST_SET 512 // bytes of a parameter set
#define SPS 7           // NAL unit types (H.264, Table 7-1)
#define PPS 8
#define VIDEO_ID 1
#define AUDIO_ID 2

typedef struct {
	rtc_mp4_nal sps, pps;
	uint16_t width, height;
	uint8_t channels;
} tracks;

static int findSets(const rtc_frame *key, tracks *of)
{
	rtc_mp4_nals walk = {key->data, key->data + key->size};
	rtc_mp4_nal nal;
	while (rtc_mp4_nal_next(&walk, &nal)) {
		uint8_t type = nal.data[0] & 0x1f;
		if (type == SPS && !of->sps.size)
			of->sps = nal;
		else if (type == PPS && !of->pps.size)
			of->pps = nal;
	}
	return of->sps.size > 3 && of->sps.size <= LARGEST_SET && of->pps.size && of->pps.size <= LARGEST_SET;
}

static void matrix(rtc_boxes *to)
{
	static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
	for (int i = 0; i < 9; i++)
		rtc_boxes_32(to, unity[i]);
}

static void writeMovieHeader(rtc_boxes *to)
{
	uint8_t *box = rtc_boxes_full(to, "mvhd", 0, 0);
	rtc_boxes_zeros(to, 8);
	rtc_boxes_32(to, 1000);
	rtc_boxes_32(to, 0);       // its length is not known
	rtc_boxes_32(to, 0x10000); // rate
	rtc_boxes_16(to, 0x100);   // volume
	rtc_boxes_zeros(to, 10);
	matrix(to);
	rtc_boxes_zeros(to, 24);
	rtc_boxes_32(to, AUDIO_ID + 1);
	rtc_boxes_end(to, box);
}

static void writeTrackHeader(rtc_boxes *to, uint32_t id, uint16_t width, uint16_t height)
{
	uint8_t *box = rtc_boxes_full(to, "tkhd", 0, 3); // enabled, in the movie
	rtc_boxes_zeros(to, 8);
	rtc_boxes_32(to, id);
	rtc_boxes_zeros(to, 16);
	rtc_boxes_16(to, 0);
	rtc_boxes_16(to, width ? 0 : 0x100); // volume
	rtc_boxes_16(to, 0);
	rtc_boxes_zeros(to, 2);
	matrix(to);
	rtc_boxes_32(to, (uint32_t)width << 16);
	rtc_boxes_32(to, (uint32_t)height << 16);
	rtc_boxes_end(to, box);
}

// mdhd, and hdlr: section 8.4.
static void writeMediaHeaders(rtc_boxes *to, uint32_t timescale, const char *type, const char *name)
{
	uint8_t *box = rtc_boxes_full(to, "mdhd", 0, 0);
	rtc_boxes_zeros(to, 8);
	rtc_boxes_32(to, timescale);
	rtc_boxes_32(to, 0);
	rtc_boxes_16(to, 0x55c4); // no language
	rtc_boxes_16(to, 0);
	rtc_boxes_end(to, box);
	box = rtc_boxes_full(to, "hdlr", 0, 0);
	rtc_boxes_32(to, 0);
	rtc_boxes_bytes(to, type, 4);
	rtc_boxes_zeros(to, 12);
	rtc_boxes_bytes(to, name, strlen(name) + 1);
	rtc_boxes_end(to, box);
}

static void writeDataInformation(rtc_boxes *to)
{
	uint8_t *information = rtc_boxes_begin(to, "dinf"), *references = rtc_boxes_full(to, "dref", 0, 0);
	rtc_boxes_32(to, 1);
	rtc_boxes_end(to, rtc_boxes_full(to, "url ", 0, 1)); // it is in this file
	rtc_boxes_end(to, references);
	rtc_boxes_end(to, information);
}

// An AVCSampleEntry (ISO/IEC 14496-15 section 5.4.2).
static void writePicture(rtc_boxes *to, const tracks *of)
{
	uint8_t *entry = rtc_boxes_begin(to, "avc1");
	rtc_boxes_zeros(to, 6);
	rtc_boxes_16(to, 1);
	rtc_boxes_zeros(to, 16);
	rtc_boxes_16(to, of->width);
	rtc_boxes_16(to, of->height);
	rtc_boxes_32(to, 0x480000); // 72 dpi
	rtc_boxes_32(to, 0x480000);
	rtc_boxes_32(to, 0);
	rtc_boxes_16(to, 1);
	rtc_boxes_zeros(to, 32);
	rtc_boxes_16(to, 24);
	rtc_boxes_16(to, 0xffff);
	uint8_t *configuration = rtc_boxes_begin(to, "avcC");
	rtc_boxes_8(to, 1);
	rtc_boxes_bytes(to, of->sps.data + 1, 3); // profile, constraints, level
	rtc_boxes_8(to, 0xff);                    // lengths of 4 bytes
	rtc_boxes_8(to, 0xe1);
	rtc_boxes_16(to, (uint32_t)of->sps.size);
	rtc_boxes_bytes(to, of->sps.data, of->sps.size);
	rtc_boxes_8(to, 1);
	rtc_boxes_16(to, (uint32_t)of->pps.size);
	rtc_boxes_bytes(to, of->pps.data, of->pps.size);
	rtc_boxes_end(to, configuration);
	rtc_boxes_end(to, entry);
}

// An OpusSampleEntry (Encapsulation of Opus in ISO Base Media File Format, section 4.3).
static void writeSound(rtc_boxes *to, const tracks *of)
{
	uint8_t *entry = rtc_boxes_begin(to, "Opus");
	rtc_boxes_zeros(to, 6);
	rtc_boxes_16(to, 1);
	rtc_boxes_zeros(to, 8);
	rtc_boxes_16(to, of->channels);
	rtc_boxes_16(to, 16);
	rtc_boxes_32(to, 0);
	rtc_boxes_32(to, (uint32_t)OPUS_RATE << 16);
	uint8_t *specific = rtc_boxes_begin(to, "dOps");
	rtc_boxes_8(to, 0);
	rtc_boxes_8(to, of->channels);
	rtc_boxes_16(to, 0); // it begins in the middle: nothing is to be skipped
	rtc_boxes_32(to, OPUS_RATE);
	rtc_boxes_16(to, 0);
	rtc_boxes_8(to, 0);
	rtc_boxes_end(to, specific);
	rtc_boxes_end(to, entry);
}

// stbl: of a file in fragments the tables are empty.
static void writeTables(rtc_boxes *to, const tracks *of, rtc_mp4_track track)
{
	static const char *const empty[] = {"stts", "stsc", "stco"};
	uint8_t *table = rtc_boxes_begin(to, "stbl"), *description = rtc_boxes_full(to, "stsd", 0, 0);
	rtc_boxes_32(to, 1);
	if (track == RTC_MP4_VIDEO)
		writePicture(to, of);
	else
		writeSound(to, of);
	rtc_boxes_end(to, description);
	for (int i = 0; i < 3; i++) {
		uint8_t *box = rtc_boxes_full(to, empty[i], 0, 0);
		rtc_boxes_32(to, 0);
		rtc_boxes_end(to, box);
	}
	uint8_t *sizes = rtc_boxes_full(to, "stsz", 0, 0);
	rtc_boxes_zeros(to, 8);
	rtc_boxes_end(to, sizes);
	rtc_boxes_end(to, table);
}

static void writeTrack(rtc_boxes *to, const tracks *of, rtc_mp4_track track)
{
	int isVideo = track == RTC_MP4_VIDEO;
	uint8_t *box = rtc_boxes_begin(to, "trak");
	writeTrackHeader(to, isVideo ? VIDEO_ID : AUDIO_ID, isVideo ? of->width : 0, isVideo ? of->height : 0);
	uint8_t *media = rtc_boxes_begin(to, "mdia");
	writeMediaHeaders(to, isVideo ? 90000 : OPUS_RATE, isVideo ? "vide" : "soun", isVideo ? "Picture" : "Sound");
	uint8_t *information = rtc_boxes_begin(to, "minf");
	uint8_t *header = rtc_boxes_full(to, isVideo ? "vmhd" : "smhd", 0, isVideo);
	rtc_boxes_zeros(to, isVideo ? 8 : 4);
	rtc_boxes_end(to, header);
	writeDataInformation(to);
	writeTables(to, of, track);
	rtc_boxes_end(to, information);
	rtc_boxes_end(to, media);
	rtc_boxes_end(to, box);
}

static void writeExtends(rtc_boxes *to, uint32_t id)
{
	uint8_t *box = rtc_boxes_full(to, "trex", 0, 0);
	rtc_boxes_32(to, id);
	rtc_boxes_32(to, 1);
	rtc_boxes_zeros(to, 12);
	rtc_boxes_end(to, box);
}

size_t rtc_mp4_head(uint8_t *buffer, const rtc_frame *key, uint16_t width, uint16_t height, uint8_t channels)
{
	rtc_boxes boxes = {buffer}, *to = &boxes;
	tracks of = {.width = width, .height = height, .channels = channels};
	if (!findSets(key, &of))
		return 0;
	uint8_t *type = rtc_boxes_begin(to, "ftyp");
	rtc_boxes_bytes(to, "iso5\0\0\2\0iso5iso6mp41", 20);
	rtc_boxes_end(to, type);
	uint8_t *movie = rtc_boxes_begin(to, "moov");
	writeMovieHeader(to);
	writeTrack(to, &of, RTC_MP4_VIDEO);
	if (channels)
		writeTrack(to, &of, RTC_MP4_AUDIO);
	uint8_t *extends = rtc_boxes_begin(to, "mvex");
	writeExtends(to, VIDEO_ID);
	if (channels)
		writeExtends(to, AUDIO_ID);
	rtc_boxes_end(to, extends);
	rtc_boxes_end(to, movie);
	return (size_t)(to->at - buffer);
}
