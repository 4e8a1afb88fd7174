// SPDX-License-Identifier: Apache-2.0
#include "rtc_resolver.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_candidate_address.h"
#include "rtc_port.h"
#include "rtc_sockets.h"

#define THREAD_STACK 4096 // lwIP asks its own thread, and waits
#define THREAD_PRIORITY 4

struct rtc_resolver {
	pthread_mutex_t lock;
	int refs; // its owner's and its thread's
	void (*onDone)(void *context);
	void *context;
	size_t count;
	rtc_address addresses[RTC_RESOLVER_ADDRESSES];
	char name[RTC_RESOLVER_NAME];
};

static void release(rtc_resolver *resolver)
{
	pthread_mutex_lock(&resolver->lock);
	int refs = --resolver->refs;
	pthread_mutex_unlock(&resolver->lock);
	if (refs)
		return;
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

static size_t collect(const struct addrinfo *list, rtc_address addresses[RTC_RESOLVER_ADDRESSES])
{
	size_t count = 0;
	for (; list && count < RTC_RESOLVER_ADDRESSES; list = list->ai_next) {
		rtc_sockaddr name;
		if (!list->ai_addr || list->ai_addrlen > sizeof name)
			continue;
		memset(&name, 0, sizeof name);
		memcpy(&name, list->ai_addr, list->ai_addrlen);
		if (name.any.sa_family != AF_INET && name.any.sa_family != AF_INET6)
			continue;
		rtc_address_from_socket(&addresses[count], &name);
		addresses[count].port = 0;
		count += (size_t)rtc_address_is_candidate(&addresses[count]);
	}
	return count;
}

static void *run(void *argument)
{
	rtc_resolver *resolver = argument;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM}, *list = NULL;
	rtc_address addresses[RTC_RESOLVER_ADDRESSES];
	size_t count = getaddrinfo(resolver->name, NULL, &hints, &list) == 0 ? collect(list, addresses) : 0;
	if (list)
		freeaddrinfo(list);
	pthread_mutex_lock(&resolver->lock);
	memcpy(resolver->addresses, addresses, count * sizeof *addresses);
	resolver->count = count;
	if (resolver->onDone)
		resolver->onDone(resolver->context);
	pthread_mutex_unlock(&resolver->lock);
	release(resolver);
	return NULL;
}

rtc_resolver *rtc_resolver_start(const char *name, void (*onDone)(void *context), void *context, int *error)
{
	static const rtc_thread_options options = {"rtc resolver", THREAD_STACK, THREAD_PRIORITY};
	pthread_t thread;
	rtc_resolver *resolver = calloc(1, sizeof *resolver);
	*error = !resolver ? ENOMEM : strlen(name) >= sizeof resolver->name || !*name ? EINVAL : 0;
	if (*error) {
		free(resolver);
		return NULL;
	}
	pthread_mutex_init(&resolver->lock, NULL);
	resolver->refs = 2;
	resolver->onDone = onDone;
	resolver->context = context;
	strcpy(resolver->name, name);
	*error = rtc_thread_start(&thread, &options, run, resolver);
	if (*error) {
		resolver->refs = 1;
		release(resolver);
		return NULL;
	}
	pthread_detach(thread);
	return resolver;
}

size_t rtc_resolver_result(rtc_resolver *resolver, rtc_address *addresses, size_t maximum)
{
	pthread_mutex_lock(&resolver->lock);
	size_t count = resolver->count < maximum ? resolver->count : maximum;
	memcpy(addresses, resolver->addresses, count * sizeof *addresses);
	pthread_mutex_unlock(&resolver->lock);
	return count;
}

void rtc_resolver_close(rtc_resolver *resolver)
{
	pthread_mutex_lock(&resolver->lock);
	resolver->onDone = NULL;
	pthread_mutex_unlock(&resolver->lock);
	release(resolver);
}
