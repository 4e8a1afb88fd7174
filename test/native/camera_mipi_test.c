// SPDX-License-Identifier: Apache-2.0
// The MIPI camera of the ESP32-P4 over a driver that is played: its pictures, and every call of it failing once.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "driver/i2c_master.h"
#include "esp_video_init.h"
#include "esp_video_ioctl.h"
#include "rtc_capture_esp32.h"
#include "rtc_port.h"

#define FILE_NUMBER 1000
#define WIDTH 16
#define HEIGHT 8

static struct {
	unsigned calls, failing; // the call that fails, from 1; 0: none
	int bus, video, open, streaming, queued;
	uint32_t width, height, bytes, index, dropped;
	uint8_t *buffers[3];
} world;

static int fails(void)
{
	return ++world.calls == world.failing;
}

esp_err_t i2c_master_get_bus_handle(i2c_port_num_t port, i2c_master_bus_handle_t *bus)
{
	(void)port;
	*bus = world.bus ? (void *)&world : NULL;
	return world.bus ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *configuration, i2c_master_bus_handle_t *bus)
{
	assert_int_equal(configuration->sda_io_num, 7);
	if (fails())
		return ESP_FAIL;
	*bus = (void *)&world;
	world.bus++;
	return ESP_OK;
}

esp_err_t i2c_del_master_bus(i2c_master_bus_handle_t bus)
{
	assert_ptr_equal(bus, &world);
	world.bus--;
	return ESP_OK;
}

esp_err_t esp_video_init_with_flags(const esp_video_init_config_t *configuration, uint32_t flags)
{
	assert_ptr_equal(configuration->csi->sccb_config.i2c_handle, &world);
	assert_true(flags & ESP_VIDEO_INIT_FLAGS_MIPI_CSI);
	if (fails())
		return ESP_ERR_NOT_FOUND;
	world.video++;
	return ESP_OK;
}

esp_err_t esp_video_deinit_with_flags(uint32_t flags)
{
	(void)flags;
	world.video--;
	return ESP_OK;
}

const char *esp_err_to_name(esp_err_t error)
{
	return error == ESP_FAIL ? "ESP_FAIL" : "another";
}

int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	assert_string_equal(path, "/dev/video0");
	if (fails())
		return -1;
	world.open++;
	return FILE_NUMBER;
}

int __wrap_close(int file)
{
	assert_int_equal(file, FILE_NUMBER);
	for (int index = 0; index < 3; index++) {
		free(world.buffers[index]);
		world.buffers[index] = NULL;
	}
	world.open--;
	world.queued = world.streaming = 0;
	return 0;
}

// Y is 2x + 3y, U and V are their place with a bit more.
static void paint(uint8_t *to)
{
	for (uint32_t y = 0; y < world.height; y++)
		for (uint32_t x = 0; x < world.width; x += 2) {
			*to++ = (uint8_t)(y & 1 ? 100 + x + y / 2 : x + y / 2);
			*to++ = (uint8_t)(2 * x + 3 * y);
			*to++ = (uint8_t)(2 * (x + 1) + 3 * y);
		}
}

static int give(struct v4l2_buffer *buffer)
{
	assert_true(world.streaming && world.queued > 0);
	buffer->index = world.index;
	buffer->bytesused = world.bytes;
	buffer->flags = world.bytes ? V4L2_BUF_FLAG_DONE : 0;
	if (world.index < 3 && world.bytes)
		paint(world.buffers[world.index]);
	world.queued--;
	return 0;
}

int __wrap_ioctl(int file, unsigned long request, void *data)
{
	assert_int_equal(file, FILE_NUMBER);
	if (request == VIDIOC_STREAMOFF)
		return 0;
	if (fails())
		return -1;
	struct v4l2_format *format = data;
	if (request == VIDIOC_G_FMT) {
		format->fmt.pix.width = world.width;
		format->fmt.pix.height = world.height;
	} else if (request == VIDIOC_S_FMT)
		assert_int_equal(format->fmt.pix.pixelformat, V4L2_PIX_FMT_YUV420);
	else if (request == VIDIOC_QUERYBUF)
		((struct v4l2_buffer *)data)->length = world.width * world.height / 2 * 3;
	else if (request == VIDIOC_STREAMON)
		world.streaming = 1;
	else if (request == VIDIOC_QBUF)
		world.queued++;
	return request == VIDIOC_DQBUF ? give(data) : 0;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
	(void)address, (void)protection, (void)flags, (void)file, (void)offset;
	if (fails())
		return NULL;
	for (int index = 0; index < 3; index++)
		if (!world.buffers[index])
			return world.buffers[index] = malloc(length);
	return NULL;
}

void __wrap_rtc_capture_dropped(rtc_capture *capture)
{
	(void)capture;
	world.dropped++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	world.width = 32;
	world.height = 16;
	world.bytes = 32 * 16 / 2 * 3;
	return 0;
}

static void nothing_left(void)
{
	assert_int_equal(world.bus, 0);
	assert_int_equal(world.video, 0);
	assert_int_equal(world.open, 0);
}

static const rtc_capture_options wanted = {.width = WIDTH, .height = HEIGHT, .framerate = 1000000};

static void cuts_the_middle_out(void **state)
{
	(void)state;
	rtc_capture_error error;
	rtc_capture_device *device = rtc_camera_esp32_open(&wanted, &error);
	assert_non_null(device);
	assert_null(rtc_camera_esp32_open(&wanted, &error));
	assert_int_equal(device->start(device, NULL, &error), RTC_CAPTURE_OK);
	rtc_frame *frame = NULL;
	assert_int_equal(device->next(device, NULL, &frame, &error), RTC_CAPTURE_OK);
	assert_non_null(frame);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t column = x + 8, row = y + 4;
			assert_int_equal(frame->planes[0][y * frame->strides[0] + x], (uint8_t)(2 * column + 3 * row));
			uint32_t u = (column & ~1u) + row / 2;
			assert_int_equal(frame->planes[1][y / 2 * frame->strides[1] + x / 2], u);
			assert_int_equal(frame->planes[2][y / 2 * frame->strides[2] + x / 2], 100 + u);
		}
	rtc_frame_release(frame);
	assert_int_equal(world.queued, 3);
	device->stop(device);
	device->destroy(device);
	nothing_left();
}

static void gives_all_back_when_a_call_fails(void **state)
{
	rtc_capture_device *device = NULL;
	unsigned call = 0;
	do {
		set_up(state);
		world.failing = ++call;
		rtc_capture_error error = {0};
		device = rtc_camera_esp32_open(&wanted, &error);
		assert_true(device || error.code);
		if (!device)
			nothing_left();
	} while (!device && call < 100);
	assert_int_equal(call,
					 18); // after bus, video, open, two formats, buffers and three calls for each, patience, start
	device->destroy(device);
	nothing_left();
}

static void refuses_what_the_driver_should_not_give(void **state)
{
	(void)state;
	rtc_capture_error error;
	rtc_capture_device *device = rtc_camera_esp32_open(&wanted, &error);
	assert_int_equal(device->start(device, NULL, &error), RTC_CAPTURE_OK);
	rtc_frame *frame = NULL;
	for (world.bytes = 32 * 16; world.bytes; world.bytes = world.bytes > 64 ? 64 : 0) {
		assert_int_equal(device->next(device, NULL, &frame, &error), RTC_CAPTURE_OK);
		assert_null(frame);
	}
	assert_int_equal(world.dropped, 2);
	world.index = 3;
	assert_int_equal(device->next(device, NULL, &frame, &error), RTC_CAPTURE_FAILED);
	device->stop(device);
	for (world.width = 14; world.width < 200000; world.width += world.width == 14 ? 19 : 100000)
		assert_int_equal(device->start(device, NULL, &error), RTC_CAPTURE_FAILED); // too small, odd, too large
	device->destroy(device);
	nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cuts_the_middle_out, set_up),
		cmocka_unit_test_setup(gives_all_back_when_a_call_fails, set_up),
		cmocka_unit_test_setup(refuses_what_the_driver_should_not_give, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
