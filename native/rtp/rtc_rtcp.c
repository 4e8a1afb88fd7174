// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtcp.h"

#include <string.h>
#include "rtc_rtp.h"

// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1) and their FMT values.
enum { SR = 200, RR = 201, SDES = 202, BYE = 203, RTPFB = 205, PSFB = 206 };
enum { RTPFB_NACK = 1, RTPFB_TWCC = 15, PSFB_PLI = 1, PSFB_FIR = 4, PSFB_AFB = 15 };

#define HEADER 4
#define VERSION 0x80
#define PADDING 0x20
#define COUNT 0x1f
#define FEEDBACK 8 // bytes of a feedback body before its entries: two SSRCs
#define REPORT_BLOCK RTC_RTCP_BLOCK_SIZE
#define SENDER_INFO 20
#define SDES_CNAME 1

// The size of the packet at `data` with its header, 0 when it is not one.
static size_t measure(const uint8_t *data, size_t size)
{
	if (size < HEADER || (data[0] & 0xc0) != VERSION)
		return 0;
	size_t length = HEADER + rtc_rtp_get16(data + 2) * 4u;
	if (length > size)
		return 0;
	return length;
}

// The bytes of padding that end a packet, -1 when they make no sense. It belongs on the last packet, in whole words and
// counting itself (RFC 3550 section 6.4.1); what is wrong with it is wrong with this packet alone. libwebrtc fills
// transport-wide feedback up to a word with padding of one to three bytes.
static int paddingOf(const rtc_rtcp_reader *reader, const uint8_t *packet, size_t length)
{
	if (!(packet[0] & PADDING))
		return 0;
	uint8_t padding = packet[length - 1];
	int isFeedback = packet[1] == RTPFB && (packet[0] & COUNT) == RTPFB_TWCC;
	if (packet + length != reader->end || !padding || (padding % 4 && !isFeedback) || padding > length - HEADER)
		return -1;
	return padding;
}

int rtc_rtcp_begin(rtc_rtcp_reader *reader, const uint8_t *data, size_t size)
{
	memset(reader, 0, sizeof *reader);
	if (!size)
		return -1;
	for (size_t offset = 0; offset < size;) {
		size_t length = measure(data + offset, size - offset);
		if (!length)
			return -1;
		offset += length;
	}
	reader->position = data;
	reader->end = data + size;
	return 0;
}

// Says where the entries of the open packet lie. -1 when they do not fit.
static int layOut(rtc_rtcp_reader *reader, rtc_rtcp_kind kind, size_t offset, size_t stride, size_t entries)
{
	reader->kind = kind;
	reader->offset = offset;
	reader->stride = stride;
	reader->entries = (uint32_t)entries;
	return reader->size < offset + stride * entries ? -1 : 0;
}

static int openBye(rtc_rtcp_reader *reader, uint8_t count)
{
	size_t sources = count * 4u;
	if (reader->size > sources && reader->size - sources < 1u + reader->body[sources]) // the reason
		return -1;
	return layOut(reader, RTC_RTCP_BYE, 0, 4, count);
}

// A feedback packet whose entries fill it.
static int openEntries(rtc_rtcp_reader *reader, rtc_rtcp_kind kind, size_t stride)
{
	size_t left = reader->size - FEEDBACK;
	return !left || left % stride ? -1 : layOut(reader, kind, FEEDBACK, stride, left / stride);
}

static int openFeedback(rtc_rtcp_reader *reader, uint8_t type, uint8_t format)
{
	if (reader->size < FEEDBACK)
		return -1;
	if (type == RTPFB && format == RTPFB_NACK)
		return openEntries(reader, RTC_RTCP_NACK, 4);
	if (type == RTPFB && format == RTPFB_TWCC)
		return layOut(reader, RTC_RTCP_TWCC, FEEDBACK, 0, 1);
	if (type == PSFB && format == PSFB_PLI)
		return reader->size != FEEDBACK ? -1 : layOut(reader, RTC_RTCP_PLI, 4, 4, 1);
	if (type == PSFB && format == PSFB_FIR)
		return openEntries(reader, RTC_RTCP_FIR, 8);
	if (type == PSFB && format == PSFB_AFB && reader->size >= 16 && !memcmp(reader->body + FEEDBACK, "REMB", 4))
		return layOut(reader, RTC_RTCP_REMB, 16, 4, reader->body[12]);
	return layOut(reader, RTC_RTCP_UNKNOWN, 0, 0, 1);
}

static int openPacket(rtc_rtcp_reader *reader)
{
	const uint8_t *packet = reader->position;
	size_t length = measure(packet, (size_t)(reader->end - packet));
	uint8_t count = packet[0] & COUNT, type = packet[1];
	reader->position += length;
	reader->body = packet + HEADER;
	reader->entries = reader->index = 0;
	reader->isSender = 0;
	int padding = paddingOf(reader, packet, length);
	if (padding < 0)
		return -1;
	reader->size = length - HEADER - (size_t)padding;
	switch (type) {
	case SR:
		reader->isSender = 1;
		return layOut(reader, RTC_RTCP_REPORT, 4 + SENDER_INFO, REPORT_BLOCK, count);
	case RR:
		return layOut(reader, RTC_RTCP_REPORT, 4, REPORT_BLOCK, count);
	case SDES:
		return 0;
	case BYE:
		return openBye(reader, count);
	case RTPFB:
	case PSFB:
		return openFeedback(reader, type, count);
	default:
		return layOut(reader, RTC_RTCP_UNKNOWN, 0, 0, 1);
	}
}

static void readReport(rtc_rtcp_report *report, const uint8_t *block)
{
	report->fractionLost = block[4];
	uint32_t lost = rtc_rtp_get32(block + 4) & 0xffffff;
	report->packetsLost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
	report->highestSequence = rtc_rtp_get32(block + 8);
	report->jitter = rtc_rtp_get32(block + 12);
	report->lastReport = rtc_rtp_get32(block + 16);
	report->delay = rtc_rtp_get32(block + 20);
}

// A mantissa of 18 bits and an exponent of 6, held at the most that fits.
static uint64_t readBitrate(const uint8_t *bytes)
{
	uint8_t exponent = bytes[0] >> 2;
	uint64_t mantissa = rtc_rtp_get32(bytes - 1) & 0x3ffff;
	return mantissa << exponent >> exponent == mantissa ? mantissa << exponent : UINT64_MAX;
}

static void readItem(const rtc_rtcp_reader *reader, rtc_rtcp_item *item)
{
	const uint8_t *entry = reader->body + reader->offset + reader->stride * reader->index;
	memset(item, 0, sizeof *item);
	item->kind = reader->kind;
	item->first = !reader->index;
	if (reader->size >= 4)
		item->sender = rtc_rtp_get32(reader->body);
	if (item->kind != RTC_RTCP_UNKNOWN)
		item->target =
			rtc_rtp_get32(item->kind == RTC_RTCP_NACK || item->kind == RTC_RTCP_TWCC ? reader->body + 4 : entry);
	switch (item->kind) {
	case RTC_RTCP_REPORT:
		readReport(&item->report, entry);
		break;
	case RTC_RTCP_FIR:
		item->sequence = entry[4];
		break;
	case RTC_RTCP_NACK:
		item->nack.packet = rtc_rtp_get16(entry);
		item->nack.following = rtc_rtp_get16(entry + 2);
		break;
	case RTC_RTCP_TWCC:
		item->twcc.body = entry;
		item->twcc.size = reader->size - FEEDBACK;
		break;
	case RTC_RTCP_REMB:
		item->bitrate = readBitrate(reader->body + 13);
		break;
	default:
		break;
	}
}

static void readSender(rtc_rtcp_reader *reader, rtc_rtcp_item *item)
{
	const uint8_t *body = reader->body;
	memset(item, 0, sizeof *item);
	item->kind = RTC_RTCP_SENDER;
	item->first = 1;
	item->sender = item->target = item->info.ssrc = rtc_rtp_get32(body);
	item->info.ntp = (uint64_t)rtc_rtp_get32(body + 4) << 32 | rtc_rtp_get32(body + 8);
	item->info.timestamp = rtc_rtp_get32(body + 12);
	item->info.packets = rtc_rtp_get32(body + 16);
	item->info.octets = rtc_rtp_get32(body + 20);
	reader->isSender = 0;
}

int rtc_rtcp_next(rtc_rtcp_reader *reader, rtc_rtcp_item *item)
{
	while (reader->index == reader->entries) {
		if (reader->position == reader->end)
			return 0;
		if (openPacket(reader)) {
			reader->position = reader->end;
			reader->entries = reader->index;
			return -1;
		}
		if (reader->isSender) {
			readSender(reader, item);
			return 1;
		}
	}
	readItem(reader, item);
	reader->index++;
	return 1;
}

static void writeHeader(uint8_t *buffer, uint8_t count, uint8_t type, size_t size)
{
	buffer[0] = VERSION | count;
	buffer[1] = type;
	rtc_rtp_put16(buffer + 2, (uint16_t)(size / 4 - 1));
}

size_t rtc_rtcp_write_description(uint8_t *buffer, uint32_t ssrc, const char *cname)
{
	size_t length = strnlen(cname, RTC_RTCP_CNAME);
	size_t size = (HEADER + 4 + 2 + length + 1 + 3) & ~(size_t)3; // a null byte ends the items, and pads
	memset(buffer, 0, size);
	writeHeader(buffer, 1, SDES, size);
	rtc_rtp_put32(buffer + 4, ssrc);
	buffer[8] = SDES_CNAME;
	buffer[9] = (uint8_t)length;
	memcpy(buffer + 10, cname, length);
	return size;
}

size_t rtc_rtcp_write_report(uint8_t *buffer, const rtc_rtcp_sender_info *info, const char *cname)
{
	size_t size = HEADER + 4 + SENDER_INFO;
	writeHeader(buffer, 0, SR, size);
	rtc_rtp_put32(buffer + 4, info->ssrc);
	rtc_rtp_put32(buffer + 8, (uint32_t)(info->ntp >> 32));
	rtc_rtp_put32(buffer + 12, (uint32_t)info->ntp);
	rtc_rtp_put32(buffer + 16, info->timestamp);
	rtc_rtp_put32(buffer + 20, info->packets);
	rtc_rtp_put32(buffer + 24, info->octets);
	return size + rtc_rtcp_write_description(buffer + size, info->ssrc, cname);
}

size_t rtc_rtcp_write_receiver_report(uint8_t *buffer, uint32_t ssrc, uint32_t target, const rtc_rtcp_report *report)
{
	writeHeader(buffer, 1, RR, HEADER + 4 + REPORT_BLOCK);
	rtc_rtp_put32(buffer + 4, ssrc);
	rtc_rtp_put32(buffer + 8, target);
	rtc_rtp_put32(buffer + 12, (uint32_t)report->fractionLost << 24 | ((uint32_t)report->packetsLost & 0xffffff));
	rtc_rtp_put32(buffer + 16, report->highestSequence);
	rtc_rtp_put32(buffer + 20, report->jitter);
	rtc_rtp_put32(buffer + 24, report->lastReport);
	rtc_rtp_put32(buffer + 28, report->delay);
	return HEADER + 4 + REPORT_BLOCK;
}

size_t rtc_rtcp_write_bye(uint8_t *buffer, uint32_t ssrc)
{
	writeHeader(buffer, 1, BYE, RTC_RTCP_BYE_SIZE);
	rtc_rtp_put32(buffer + 4, ssrc);
	return RTC_RTCP_BYE_SIZE;
}

static void writeFeedback(uint8_t *buffer, uint8_t type, uint8_t format, uint32_t ssrc, uint32_t media, size_t size)
{
	writeHeader(buffer, format, type, size);
	rtc_rtp_put32(buffer + 4, ssrc);
	rtc_rtp_put32(buffer + 8, media);
}

size_t rtc_rtcp_write_nack(uint8_t *buffer, uint32_t ssrc, uint32_t media, const rtc_rtcp_nack *entries, size_t count)
{
	size_t size = RTC_RTCP_FEEDBACK_SIZE + count * RTC_RTCP_NACK_SIZE;
	writeFeedback(buffer, RTPFB, RTPFB_NACK, ssrc, media, size);
	for (size_t i = 0; i < count; i++) {
		rtc_rtp_put16(buffer + RTC_RTCP_FEEDBACK_SIZE + i * RTC_RTCP_NACK_SIZE, entries[i].packet);
		rtc_rtp_put16(buffer + RTC_RTCP_FEEDBACK_SIZE + i * RTC_RTCP_NACK_SIZE + 2, entries[i].following);
	}
	return size;
}

size_t rtc_rtcp_write_pli(uint8_t *buffer, uint32_t ssrc, uint32_t media)
{
	writeFeedback(buffer, PSFB, PSFB_PLI, ssrc, media, RTC_RTCP_FEEDBACK_SIZE);
	return RTC_RTCP_FEEDBACK_SIZE;
}

size_t rtc_rtcp_write_fir(uint8_t *buffer, uint32_t ssrc, uint32_t media, uint8_t number)
{
	writeFeedback(buffer, PSFB, PSFB_FIR, ssrc, 0, RTC_RTCP_FIR_SIZE);
	rtc_rtp_put32(buffer + RTC_RTCP_FEEDBACK_SIZE, media);
	rtc_rtp_put32(buffer + RTC_RTCP_FEEDBACK_SIZE + 4, (uint32_t)number << 24);
	return RTC_RTCP_FIR_SIZE;
}

size_t rtc_rtcp_write_remb(uint8_t *buffer, uint32_t ssrc, uint64_t bitsPerSecond, const uint32_t *sources,
						   size_t count)
{
	size_t size = RTC_RTCP_REMB_SIZE + count * 4;
	uint8_t exponent = 0;
	while (bitsPerSecond >> exponent > 0x3ffff)
		exponent++;
	writeFeedback(buffer, PSFB, PSFB_AFB, ssrc, 0, size);
	memcpy(buffer + RTC_RTCP_FEEDBACK_SIZE, "REMB", 4);
	rtc_rtp_put32(buffer + 16, (uint32_t)(bitsPerSecond >> exponent));
	buffer[16] = (uint8_t)count;
	buffer[17] = (uint8_t)(buffer[17] | exponent << 2);
	for (size_t i = 0; i < count; i++)
		rtc_rtp_put32(buffer + RTC_RTCP_REMB_SIZE + 4 * i, sources[i]);
	return size;
}
