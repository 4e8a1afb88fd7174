// SPDX-License-Identifier: Apache-2.0
// POSIX threads as ESP-IDF's toolchain has them; picolibc has none.
#ifndef CHIP_PTHREAD_H
#define CHIP_PTHREAD_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

typedef uint32_t pthread_t;
typedef uint32_t pthread_mutex_t; // a handle, made by the first lock where PTHREAD_MUTEX_INITIALIZER stands
typedef uint32_t pthread_cond_t;
typedef struct {
	int stacksize;
} pthread_attr_t;
typedef struct {
	int type;
} pthread_mutexattr_t;
typedef struct {
	clockid_t clock;
} pthread_condattr_t;
typedef struct {
	int initialized, done;
} pthread_once_t;

#define PTHREAD_MUTEX_INITIALIZER 0xFFFFFFFFu
#define PTHREAD_COND_INITIALIZER 0xFFFFFFFFu
#define PTHREAD_ONCE_INIT                                                                                              \
	{                                                                                                                  \
		1, 0                                                                                                           \
	}
#define PTHREAD_MUTEX_NORMAL 0
#define PTHREAD_MUTEX_RECURSIVE 1

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
// No pthread_self(): called by a task that pthread_create() did not make, such as JavaScript's, it ends the program.
int pthread_join(pthread_t thread, void **result);
int pthread_detach(pthread_t thread);
int pthread_once(pthread_once_t *once, void (*run)(void));
int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int pthread_mutex_destroy(pthread_mutex_t *mutex);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);
int pthread_mutexattr_init(pthread_mutexattr_t *attributes);
int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes);
int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type);
int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int pthread_cond_destroy(pthread_cond_t *condition);
int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int pthread_cond_signal(pthread_cond_t *condition);
int pthread_cond_broadcast(pthread_cond_t *condition);
int pthread_condattr_init(pthread_condattr_t *attributes);
int pthread_condattr_destroy(pthread_condattr_t *attributes);
int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock);

#endif
