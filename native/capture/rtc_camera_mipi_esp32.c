// SPDX-License-Identifier: Apache-2.0
// A MIPI CSI camera of the ESP32-P4 by Espressif's esp_video, whose interface is V4L2's. Never built with ESP-IDF.
//
// The image signal processor gives 4:2:0 in the layout that the hardware encoder takes, too: odd lines (counted from
// one) are u y y u y y …, even lines v y y v y y …; frames are I420 all the same, as every sink expects.
#include "mc.defines.h"

#ifdef MODDEF_CAMERA_MIPI

#include "rtc_capture_esp32.h"
#include "rtc_i2c_esp32.h"
#include "rtc_port.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "esp_video_device.h"
#include "esp_video_init.h"
#include "esp_video_ioctl.h"
#include "linux/videodev2.h"

#ifndef MODDEF_CAMERA_POWERDOWN
#define MODDEF_CAMERA_POWERDOWN -1
#endif
#ifndef MODDEF_CAMERA_RESET
#define MODDEF_CAMERA_RESET -1
#endif

#define FRAMES 4             // in the queue of an encoder: 2, being encoded: 1, being filled: 1
#define DRIVER_BUFFERS 3     // the driver keeps one for itself, one fills, one is converted
#define SENSOR_LONGEST 8192u // pixels of a side, more than any sensor has
#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define BUS_HZ 400000
#define PATIENCE 3 // fruitless waits of a second
#define DEVICES (ESP_VIDEO_INIT_FLAGS_MIPI_CSI | ESP_VIDEO_INIT_FLAGS_ISP)

typedef struct {
	rtc_capture_device device; // first
	int file;                  // -1 while it does not run
	uint32_t sensorWidth, sensorHeight;
	uint8_t *buffers[DRIVER_BUFFERS];
	uint16_t width, height;
	uint32_t framerate;
	uint64_t due;
	rtc_frame_pool *pool;
	uint8_t misses, bus, video;
} mipi_camera;

static atomic_flag inUse = ATOMIC_FLAG_INIT;

static uint32_t picture_size(const mipi_camera *camera)
{
	return camera->sensorWidth * camera->sensorHeight / 2 * 3;
}

// The size is the sensor's, which the options of its driver choose; the processor converts and does not scale.
static const char *set_format(mipi_camera *camera)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	if (ioctl(camera->file, VIDIOC_G_FMT, &format))
		return "it does not tell its size";
	camera->sensorWidth = format.fmt.pix.width & ~1u;
	camera->sensorHeight = format.fmt.pix.height & ~1u;
	if (camera->sensorWidth != format.fmt.pix.width || camera->sensorHeight != format.fmt.pix.height ||
		camera->sensorWidth > SENSOR_LONGEST || camera->sensorHeight > SENSOR_LONGEST)
		return "its size is odd, or too large";
	if (camera->sensorWidth < camera->width || camera->sensorHeight < camera->height)
		return "it has fewer pixels than were asked for";
	format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUV420;
	return ioctl(camera->file, VIDIOC_S_FMT, &format) ? "it cannot give YUV 4:2:0" : NULL;
}

static const char *map_buffers(mipi_camera *camera)
{
	struct v4l2_requestbuffers request = {
		.count = DRIVER_BUFFERS,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	if (ioctl(camera->file, VIDIOC_REQBUFS, &request) || request.count < DRIVER_BUFFERS)
		return "no memory for its buffers";
	for (uint32_t index = 0; index < DRIVER_BUFFERS; index++) {
		struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
		if (ioctl(camera->file, VIDIOC_QUERYBUF, &buffer) || buffer.length < picture_size(camera))
			return "its buffers are smaller than a picture";
		camera->buffers[index] =
			mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera->file, (off_t)buffer.m.offset);
		if (camera->buffers[index] == (void *)-1) // POSIX's MAP_FAILED; the driver's own answer is NULL
			camera->buffers[index] = NULL;
		if (!camera->buffers[index] || ioctl(camera->file, VIDIOC_QBUF, &buffer))
			return "its buffers cannot be mapped";
	}
	return NULL;
}

static const char *stream(mipi_camera *camera)
{
	struct timeval second = {.tv_sec = 1};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (ioctl(camera->file, VIDIOC_S_DQBUF_TIMEOUT, &second))
		return "it would wait for ever";
	return ioctl(camera->file, VIDIOC_STREAMON, &type) ? "it cannot be started" : NULL;
}

static void stop(rtc_capture_device *device)
{
	mipi_camera *camera = (mipi_camera *)device;
	if (camera->file < 0)
		return;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	ioctl(camera->file, VIDIOC_STREAMOFF, &type);
	close(camera->file); // its buffers go with it
	memset(camera->buffers, 0, sizeof camera->buffers);
	camera->file = -1;
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	(void)capture;
	mipi_camera *camera = (mipi_camera *)device;
	camera->due = 0;
	camera->misses = 0;
	camera->file = open(ESP_VIDEO_MIPI_CSI_DEVICE_NAME, O_RDONLY);
	if (camera->file < 0)
		return rtc_capture_fail(error, "media/device-missing", "camera: no sensor answers");
	const char *reason = set_format(camera);
	if (!reason)
		reason = map_buffers(camera);
	if (!reason)
		reason = stream(camera);
	if (!reason)
		return RTC_CAPTURE_OK;
	stop(device);
	return rtc_capture_fail(error, "media/device-failed", "camera: %s", reason);
}

static void convert(const mipi_camera *camera, const uint8_t *from, rtc_frame *to)
{
	uint32_t left = (camera->sensorWidth - to->width) / 2 & ~1u;
	uint32_t top = (camera->sensorHeight - to->height) / 2 & ~1u;
	uint32_t stride = camera->sensorWidth / 2 * 3;
	for (uint32_t line = 0; line < to->height; line++) {
		const uint8_t *in = from + (top + line) * stride + left / 2 * 3;
		int plane = line & 1 ? 2 : 1;
		uint8_t *luma = to->planes[0] + line * to->strides[0];
		uint8_t *chroma = to->planes[plane] + line / 2 * to->strides[plane];
		for (uint32_t x = 0; x < to->width; x += 2, in += 3) {
			*chroma++ = in[0];
			*luma++ = in[1];
			*luma++ = in[2];
		}
	}
}

static rtc_frame *make_frame(mipi_camera *camera, const struct v4l2_buffer *buffer)
{
	if (!(buffer->flags & V4L2_BUF_FLAG_DONE) || buffer->bytesused < picture_size(camera))
		return NULL;
	rtc_frame *frame = rtc_frame_pool_get(camera->pool);
	if (!frame)
		return NULL;
	rtc_capture_picture(frame, camera->width, camera->height);
	convert(camera, camera->buffers[buffer->index], frame);
	return frame;
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	mipi_camera *camera = (mipi_camera *)device;
	struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	if (ioctl(camera->file, VIDIOC_DQBUF, &buffer)) {
		if (++camera->misses < PATIENCE)
			return RTC_CAPTURE_OK;
		return rtc_capture_fail(error, "media/device-failed", "camera: it delivers nothing any more");
	}
	camera->misses = 0;
	if (buffer.index >= DRIVER_BUFFERS)
		return rtc_capture_fail(error, "media/device-failed", "camera: it gives a buffer that is not ours");
	uint64_t now = rtc_now();
	if (now >= camera->due) {
		uint64_t period = 1000000 / camera->framerate;
		camera->due = camera->due + period > now ? camera->due + period : now + period / 2;
		*frame = make_frame(camera, &buffer);
		if (*frame)
			(*frame)->time = now;
		else
			rtc_capture_dropped(capture);
	}
	if (!ioctl(camera->file, VIDIOC_QBUF, &buffer))
		return RTC_CAPTURE_OK;
	rtc_frame_release(*frame);
	*frame = NULL;
	return rtc_capture_fail(error, "media/device-failed", "camera: it does not take its buffer back");
}

static void destroy(rtc_capture_device *device)
{
	mipi_camera *camera = (mipi_camera *)device;
	stop(device);
	if (camera->video)
		esp_video_deinit_with_flags(DEVICES);
	if (camera->bus)
		rtc_i2c_give();
	rtc_frame_pool_close(camera->pool);
	free(camera);
	atomic_flag_clear(&inUse);
}

// Bus, sensor and processor; they are taken until destroy().
static rtc_capture_result take(mipi_camera *camera, rtc_capture_error *error)
{
	esp_video_init_csi_config_t sensor = {
		.sccb_config = {.init_sccb = false, .freq = BUS_HZ},
		.reset_pin = MODDEF_CAMERA_RESET,
		.pwdn_pin = MODDEF_CAMERA_POWERDOWN,
	};
	esp_video_init_config_t configuration = {.csi = &sensor};
	esp_err_t result = rtc_i2c_take(&sensor.sccb_config.i2c_handle);
	camera->bus = result == ESP_OK;
	if (result == ESP_OK)
		result = esp_video_init_with_flags(&configuration, DEVICES);
	camera->video = camera->bus && result == ESP_OK;
	if (result == ESP_OK)
		return RTC_CAPTURE_OK;
	const char *code = result == ESP_ERR_NOT_FOUND ? "media/device-missing" : "media/device-failed";
	return rtc_capture_fail(error, code, "camera: %s", esp_err_to_name(result));
}

rtc_capture_device *rtc_camera_esp32_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	if (options->quality) {
		rtc_capture_fail(error, "media/unsupported", "camera: JPEG is for chips without an encoder for H.264");
		return NULL;
	}
	if (atomic_flag_test_and_set(&inUse)) {
		rtc_capture_fail(error, "media/device-failed", "camera: it is in use");
		return NULL;
	}
	mipi_camera *camera = calloc(1, sizeof *camera);
	if (!camera) {
		atomic_flag_clear(&inUse);
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	camera->device = (rtc_capture_device){.start = start, .next = next, .stop = stop, .destroy = destroy};
	camera->file = -1;
	camera->width = options->width ? options->width : DEFAULT_WIDTH;
	camera->height = options->height ? options->height : DEFAULT_HEIGHT;
	camera->framerate = options->framerate;
	camera->pool = rtc_frame_pool_new(FRAMES, rtc_capture_picture_size(camera->width, camera->height));
	if (!camera->pool)
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
	else if (take(camera, error) == RTC_CAPTURE_OK && start(&camera->device, NULL, error) == RTC_CAPTURE_OK) {
		stop(&camera->device); // it is there; it runs only while somebody looks
		return &camera->device;
	}
	destroy(&camera->device);
	return NULL;
}

#endif
