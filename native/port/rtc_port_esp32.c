// SPDX-License-Identifier: Apache-2.0
// ESP-IDF 5.4 and later. A thread's stack in PSRAM needs CONFIG_FREERTOS_TASK_CREATE_ALLOW_EXT_MEM.
#include "rtc_port.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_pthread.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_vfs_eventfd.h"
#include "sdkconfig.h"

#define NTP_UNIX_EPOCH 2208988800u // 1970 in seconds since 1900

static int stacksInPsram(void)
{
#if CONFIG_FREERTOS_TASK_CREATE_ALLOW_EXT_MEM || CONFIG_SPIRAM_ALLOW_STACK_EXTERNAL_MEMORY
	return heap_caps_get_total_size(MALLOC_CAP_SPIRAM) > 0;
#else
	return 0;
#endif
}

int rtc_thread_start(pthread_t *thread, const rtc_thread_options *options, void *(*run)(void *), void *argument)
{
	// The configuration belongs to the calling thread and serves its next pthread_create: put back what was there.
	esp_pthread_cfg_t before, configuration = esp_pthread_get_default_config();
	int had = esp_pthread_get_cfg(&before) == ESP_OK;
	if (!had)
		before = configuration;
	configuration.stack_size = options->stack > PTHREAD_STACK_MIN ? options->stack : PTHREAD_STACK_MIN;
	configuration.prio = (size_t)options->priority;
	configuration.thread_name = options->name;
	configuration.inherit_cfg = false;
	if (stacksInPsram())
		configuration.stack_alloc_caps = MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT;
	if (esp_pthread_set_cfg(&configuration) != ESP_OK)
		return EINVAL;
	int error = pthread_create(thread, NULL, run, argument);
	esp_pthread_set_cfg(&before);
	return error;
}

#define WAKES 5 // event descriptors of the whole program, where nobody else has made room for them

int rtc_wake_open(rtc_wake *wake)
{
	esp_vfs_eventfd_config_t configuration = {.max_fds = WAKES};
	esp_err_t result = esp_vfs_eventfd_register(&configuration);
	if (result != ESP_OK && result != ESP_ERR_INVALID_STATE) // the latter: registered before
		return ENOMEM;
	wake->readable = wake->writable = eventfd(0, 0);
	return wake->readable < 0 ? errno : 0;
}

void rtc_wake_signal(rtc_wake *wake)
{
	uint64_t one = 1;
	if (write(wake->writable, &one, sizeof one) != sizeof one)
		ESP_LOGE("rtc", "eventfd");
}

void rtc_wake_clear(rtc_wake *wake)
{
	uint64_t counted;
	if (read(wake->readable, &counted, sizeof counted) != sizeof counted)
		ESP_LOGE("rtc", "eventfd");
}

void rtc_wake_close(rtc_wake *wake)
{
	close(wake->readable);
}

uint64_t rtc_now(void)
{
	return (uint64_t)esp_timer_get_time();
}

uint64_t rtc_ntp_now(void)
{
	struct timeval now;
	gettimeofday(&now, NULL);
	uint64_t seconds = (uint64_t)now.tv_sec + NTP_UNIX_EPOCH;
	return (seconds << 32) | (((uint64_t)now.tv_usec << 32) / 1000000);
}

int rtc_random(void *buffer, size_t size)
{
	// True random numbers while Wi-Fi is on, and WebRTC does not begin before it is.
	esp_fill_random(buffer, size);
	return 0;
}

void *rtc_calloc(size_t count, size_t size)
{
	return heap_caps_calloc_prefer(count, size, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT,
								   MALLOC_CAP_DEFAULT | MALLOC_CAP_8BIT);
}

void rtc_free(void *memory)
{
	heap_caps_free(memory);
}

void rtc_wipe(void *memory, size_t size)
{
	memset(memory, 0, size);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

size_t rtc_heap_used(void)
{
	return heap_caps_get_total_size(MALLOC_CAP_8BIT) - heap_caps_get_free_size(MALLOC_CAP_8BIT);
}
