// SPDX-License-Identifier: Apache-2.0
// The limit of the C stack. The engine asks for it whenever it compiles a regular expression, and its own answer makes
// glibc read /proc/self/maps: a millisecond in a process with many libraries. It is the same for the life of a thread.
#include "sim.h"

char *__real_fxCStackLimit(void);

char *__wrap_fxCStackLimit(void)
{
	static _Thread_local char *limit;
	if (!limit)
		limit = __real_fxCStackLimit();
	return limit;
}
