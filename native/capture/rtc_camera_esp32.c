// SPDX-License-Identifier: Apache-2.0
// A DVP camera by Espressif's esp32-camera, whose pins the board's manifest defines as Moddable's own camera module has
// them. The driver is a singleton, so there is one camera source at a time.
#include "rtc_camera_jpeg_esp32.h"
#include "rtc_capture_esp32.h"
#include "rtc_port.h"

#include <stdlib.h>
#include "esp_camera.h"
#include "mc.defines.h"

#ifndef MODDEF_CAMERA_POWERDOWN
#define MODDEF_CAMERA_POWERDOWN -1
#endif
#ifndef MODDEF_CAMERA_RESET
#define MODDEF_CAMERA_RESET -1
#endif
#ifndef MODDEF_CAMERA_I2C_PORT
#define MODDEF_CAMERA_I2C_PORT 0
#endif
#ifndef MODDEF_CAMERA_XCLK_FREQ_HZ
#define MODDEF_CAMERA_XCLK_FREQ_HZ 20000000
#endif

#define FRAMES 4        // in the queue of an encoder: 2, being encoded: 1, being filled: 1
#define DRIVER_FRAMES 2 // one fills while the other is converted
#define DEFAULT_WIDTH 320
#define DEFAULT_HEIGHT 240
#define PATIENCE 3 // fruitless waits of the driver, 4 s each

#ifdef MODDEF_CAMERA_D0

typedef struct {
	rtc_capture_device device; // first
	camera_config_t configuration;
	uint16_t width, height;
	uint32_t framerate;
	uint8_t quality; // of JPEG; 0: I420
	uint64_t due;
	rtc_frame_pool *pool;
	uint8_t running, misses;
} dvp_camera;

static atomic_flag inUse = ATOMIC_FLAG_INIT;

// The smallest size of the sensor that is not smaller than what was asked for.
static framesize_t size_for(uint16_t width, uint16_t height)
{
	framesize_t best = FRAMESIZE_QVGA;
	uint32_t pixels = UINT32_MAX;
	for (int size = 0; size < FRAMESIZE_INVALID; size++) {
		uint32_t area = (uint32_t)resolution[size].width * resolution[size].height;
		if (resolution[size].width >= width && resolution[size].height >= height && area < pixels) {
			best = (framesize_t)size;
			pixels = area;
		}
	}
	return best;
}

static rtc_capture_result begin(dvp_camera *camera, rtc_capture_error *error)
{
	esp_err_t result = esp_camera_init(&camera->configuration);
	if (result == ESP_ERR_NOT_SUPPORTED && camera->configuration.pixel_format == PIXFORMAT_JPEG) {
		camera->configuration.pixel_format = PIXFORMAT_YUV422; // a sensor without JPEG: the CPU makes it
		result = esp_camera_init(&camera->configuration);
	}
	if (result == ESP_OK) {
		camera->running = 1;
		return RTC_CAPTURE_OK;
	}
	const char *code = result == ESP_ERR_NOT_FOUND ? "media/device-missing" : "media/device-failed";
	return rtc_capture_fail(error, code, "camera: %s", esp_err_to_name(result));
}

static void stop(rtc_capture_device *device)
{
	dvp_camera *camera = (dvp_camera *)device;
	if (camera->running)
		esp_camera_deinit();
	camera->running = 0;
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	(void)capture;
	dvp_camera *camera = (dvp_camera *)device;
	camera->due = 0;
	camera->misses = 0;
	return begin(camera, error);
}

// Y0 U Y1 V of two lines: the luma of both, the chroma of the upper one.
static void convert(const camera_fb_t *from, rtc_frame *to)
{
	uint32_t left = ((uint32_t)from->width - to->width) / 2 & ~1u;
	uint32_t top = ((uint32_t)from->height - to->height) / 2 & ~1u;
	for (uint32_t line = 0; line < to->height; line++) {
		const uint8_t *in = from->buf + ((top + line) * from->width + left) * 2;
		uint8_t *luma = to->planes[0] + line * to->strides[0];
		uint8_t *u = to->planes[1] + line / 2 * to->strides[1], *v = to->planes[2] + line / 2 * to->strides[2];
		int upper = !(line & 1);
		for (uint32_t x = 0; x < to->width; x += 2, in += 4) {
			*luma++ = in[0];
			*luma++ = in[2];
			if (upper) {
				*u++ = in[1];
				*v++ = in[3];
			}
		}
	}
}

static rtc_frame *make_jpeg(dvp_camera *camera, camera_fb_t *picture)
{
	rtc_frame *frame = rtc_frame_pool_get(camera->pool);
	if (frame && rtc_camera_jpeg_fill(picture, camera->quality, frame))
		return frame;
	rtc_frame_release(frame);
	return NULL;
}

static rtc_frame *make_frame(dvp_camera *camera, camera_fb_t *picture)
{
	if (camera->quality)
		return make_jpeg(camera, picture);
	if (picture->width < camera->width || picture->height < camera->height ||
		picture->len < picture->width * picture->height * 2)
		return NULL;
	rtc_frame *frame = rtc_frame_pool_get(camera->pool);
	if (!frame)
		return NULL;
	rtc_capture_picture(frame, camera->width, camera->height);
	convert(picture, frame);
	return frame;
}

static rtc_capture_result next(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
							   rtc_capture_error *error)
{
	dvp_camera *camera = (dvp_camera *)device;
	camera_fb_t *picture = esp_camera_fb_get();
	if (!picture) {
		if (++camera->misses < PATIENCE)
			return RTC_CAPTURE_OK;
		return rtc_capture_fail(error, "media/device-failed", "camera: it delivers nothing any more");
	}
	camera->misses = 0;
	uint64_t now = rtc_now();
	if (now >= camera->due) {
		uint64_t period = 1000000 / camera->framerate;
		camera->due = camera->due + period > now ? camera->due + period : now + period / 2;
		*frame = make_frame(camera, picture);
		if (*frame)
			(*frame)->time = now;
		else
			rtc_capture_dropped(capture);
	}
	esp_camera_fb_return(picture);
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	dvp_camera *camera = (dvp_camera *)device;
	rtc_frame_pool_close(camera->pool);
	free(camera);
	atomic_flag_clear(&inUse);
}

static void configure(dvp_camera *camera)
{
	camera->configuration = (camera_config_t){
		.pin_pwdn = MODDEF_CAMERA_POWERDOWN,
		.pin_reset = MODDEF_CAMERA_RESET,
		.pin_xclk = MODDEF_CAMERA_XCLK,
		.pin_sccb_sda = MODDEF_CAMERA_SDA,
		.pin_sccb_scl = MODDEF_CAMERA_SCL,
		.pin_d0 = MODDEF_CAMERA_D0,
		.pin_d1 = MODDEF_CAMERA_D1,
		.pin_d2 = MODDEF_CAMERA_D2,
		.pin_d3 = MODDEF_CAMERA_D3,
		.pin_d4 = MODDEF_CAMERA_D4,
		.pin_d5 = MODDEF_CAMERA_D5,
		.pin_d6 = MODDEF_CAMERA_D6,
		.pin_d7 = MODDEF_CAMERA_D7,
		.pin_vsync = MODDEF_CAMERA_VSYNC,
		.pin_href = MODDEF_CAMERA_HREF,
		.pin_pclk = MODDEF_CAMERA_PCLK,
		.xclk_freq_hz = MODDEF_CAMERA_XCLK_FREQ_HZ,
		.ledc_timer = LEDC_TIMER_0,
		.ledc_channel = LEDC_CHANNEL_0,
		.pixel_format = camera->quality ? PIXFORMAT_JPEG : PIXFORMAT_YUV422,
		.frame_size = size_for(camera->width, camera->height),
		.jpeg_quality = rtc_camera_jpeg_scale(camera->quality),
		.fb_count = DRIVER_FRAMES,
		.fb_location = CAMERA_FB_IN_PSRAM,
		.grab_mode = CAMERA_GRAB_LATEST,
		.sccb_i2c_port = MODDEF_CAMERA_I2C_PORT,
	};
}

rtc_capture_device *rtc_camera_esp32_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	if (atomic_flag_test_and_set(&inUse)) {
		rtc_capture_fail(error, "media/device-failed", "camera: it is in use");
		return NULL;
	}
	dvp_camera *camera = calloc(1, sizeof *camera);
	if (!camera) {
		atomic_flag_clear(&inUse);
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	camera->device = (rtc_capture_device){.start = start, .next = next, .stop = stop, .destroy = destroy};
	camera->width = options->width ? options->width : DEFAULT_WIDTH;
	camera->height = options->height ? options->height : DEFAULT_HEIGHT;
	camera->framerate = options->framerate;
	camera->quality = options->quality;
	configure(camera);
	const resolution_info_t *size = &resolution[camera->configuration.frame_size];
	// JPEG has the sensor's size, and is not cut.
	uint32_t capacity = camera->quality ? rtc_camera_jpeg_size(size->width, size->height)
										: rtc_capture_picture_size(camera->width, camera->height);
	camera->pool = rtc_frame_pool_new(FRAMES, capacity);
	if (!camera->pool)
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
	else if (size->width < camera->width || size->height < camera->height)
		rtc_capture_fail(error, "media/unsupported", "camera: it has no size of %u x %u", camera->width,
						 camera->height);
	else if (begin(camera, error) == RTC_CAPTURE_OK) {
		stop(&camera->device); // it is there; it runs only while somebody looks
		return &camera->device;
	}
	destroy(&camera->device);
	return NULL;
}

#elif !defined(MODDEF_CAMERA_MIPI) // rtc_camera_mipi_esp32.c

rtc_capture_device *rtc_camera_esp32_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	(void)options;
	rtc_capture_fail(error, "media/device-missing", "camera: this board's manifest defines none");
	return NULL;
}

#endif
