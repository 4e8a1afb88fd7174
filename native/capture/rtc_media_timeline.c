// SPDX-License-Identifier: Apache-2.0
#include "rtc_media_timeline.h"
#include "rtc_port.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct rtc_media_timeline {
	rtc_media_timeline *next;
	char *path;
	unsigned refs, playing;
	uint64_t begin, duration;
};

static rtc_media_timeline *timelines;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards the list and all that is in it

static rtc_media_timeline *find(const char *path)
{
	rtc_media_timeline *timeline = timelines;
	while (timeline && strcmp(timeline->path, path))
		timeline = timeline->next;
	return timeline;
}

static rtc_media_timeline *add(const char *path, uint64_t duration)
{
	rtc_media_timeline *timeline = calloc(1, sizeof *timeline);
	if (!timeline)
		return NULL;
	timeline->path = strdup(path);
	if (!timeline->path) {
		free(timeline);
		return NULL;
	}
	timeline->duration = duration;
	timeline->next = timelines;
	timelines = timeline;
	return timeline;
}

rtc_media_timeline *rtc_media_timeline_get(const char *path, uint64_t duration)
{
	char *resolved = realpath(path, NULL); // of a URL there is none
	pthread_mutex_lock(&lock);
	rtc_media_timeline *timeline = find(resolved ? resolved : path);
	if (!timeline)
		timeline = add(resolved ? resolved : path, duration);
	if (timeline)
		timeline->refs++;
	pthread_mutex_unlock(&lock);
	free(resolved);
	return timeline;
}

void rtc_media_timeline_release(rtc_media_timeline *timeline)
{
	if (!timeline)
		return;
	pthread_mutex_lock(&lock);
	int last = --timeline->refs == 0;
	if (last) {
		rtc_media_timeline **link = &timelines;
		while (*link != timeline)
			link = &(*link)->next;
		*link = timeline->next;
	}
	pthread_mutex_unlock(&lock);
	if (last) {
		free(timeline->path);
		free(timeline);
	}
}

uint64_t rtc_media_timeline_play(rtc_media_timeline *timeline)
{
	pthread_mutex_lock(&lock);
	if (timeline->playing++ == 0)
		timeline->begin = rtc_now();
	uint64_t begin = timeline->begin;
	pthread_mutex_unlock(&lock);
	return begin;
}

void rtc_media_timeline_pause(rtc_media_timeline *timeline)
{
	pthread_mutex_lock(&lock);
	timeline->playing--;
	pthread_mutex_unlock(&lock);
}

uint64_t rtc_media_timeline_duration(rtc_media_timeline *timeline)
{
	pthread_mutex_lock(&lock);
	uint64_t duration = timeline->duration;
	pthread_mutex_unlock(&lock);
	return duration;
}

uint64_t rtc_media_timeline_learn(rtc_media_timeline *timeline, uint64_t duration)
{
	pthread_mutex_lock(&lock);
	if (!timeline->duration)
		timeline->duration = duration;
	duration = timeline->duration;
	pthread_mutex_unlock(&lock);
	return duration;
}
