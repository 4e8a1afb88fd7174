// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_VIDEODEV2_H
#define CHIP_VIDEODEV2_H

#include <stdint.h>
#include <sys/time.h>

enum { V4L2_BUF_TYPE_VIDEO_CAPTURE = 1 };
enum { V4L2_MEMORY_MMAP = 1 };
#define V4L2_BUF_FLAG_DONE 4
#define V4L2_PIX_FMT_YUV420 0x32315559 // YU12

struct v4l2_pix_format {
	uint32_t width, height, pixelformat;
};
struct v4l2_format {
	uint32_t type;
	union {
		struct v4l2_pix_format pix;
		uint8_t raw_data[200];
	} fmt;
};
struct v4l2_requestbuffers {
	uint32_t count, type, memory;
};
struct v4l2_buffer {
	uint32_t index, type, bytesused, flags;
	struct timeval timestamp;
	uint32_t memory;
	union {
		uint32_t offset;
		unsigned long userptr;
	} m;
	uint32_t length;
};

// Numbers of our own: nothing is called here.
enum {
	VIDIOC_G_FMT = 0x5604,
	VIDIOC_S_FMT,
	VIDIOC_REQBUFS = 0x5608,
	VIDIOC_QUERYBUF,
	VIDIOC_QBUF = 0x560f,
	VIDIOC_DQBUF = 0x5611,
	VIDIOC_STREAMON,
	VIDIOC_STREAMOFF,
};

#endif
