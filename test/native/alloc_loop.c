// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "alloc_loop.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "failing_alloc.h"

#define WARM_UP 3 // runs, after which libraries have what they keep

static unsigned failures;

static void fail(const char *name, unsigned n, const char *what, const char *detail)
{
	fprintf(stderr, "%s: allocation %u fails: %s%s\n", name, n, what, detail);
	failures++;
}

// Returns how many allocations there are.
static unsigned warmUp(const alloc_scenario *scenario)
{
	unsigned allocations = 0;
	for (int i = 0; i < WARM_UP; i++) {
		failing_alloc_start(FAILING_ALLOC_REST, 1);
		if (scenario->run() != ALLOC_DONE)
			fail(scenario->name, 0, "it does not even work with memory", "");
		allocations = failing_alloc_stop();
	}
	return allocations;
}

#if !FAILING_ALLOC_ALL
size_t __sanitizer_get_current_allocated_bytes(void);

static void runOnce(const alloc_scenario *scenario, unsigned n, unsigned many, unsigned *refused)
{
	size_t before = __sanitizer_get_current_allocated_bytes();
	failing_alloc_start(n, many);
	alloc_result result = scenario->run();
	failing_alloc_stop();
	if (result == ALLOC_WRONG || result == ALLOC_UNNAMED)
		fail(scenario->name, n, "wrong", many > 1 ? ", and all after it" : "");
	*refused += result == ALLOC_REFUSED;
	if (__sanitizer_get_current_allocated_bytes() > before)
		fail(scenario->name, n, "something is left", "");
}

static void check(const alloc_scenario *scenario)
{
	unsigned refused = 0, allocations = warmUp(scenario);
	for (unsigned n = 1; n <= allocations; n++) {
		runOnce(scenario, n, 1, &refused);
		runOnce(scenario, n, FAILING_ALLOC_REST, &refused);
	}
	if (scenario->run() != ALLOC_DONE)
		fail(scenario->name, 0, "it does not work any more", "");
	printf("%s: %u allocations, %u runs, %u gave up\n", scenario->name, allocations, 2 * allocations, refused);
}
#else
#define RUNS 150 // by default
enum { LEFT = 10, CRASHED = 20 }; // exit statuses: added to when it was the program's own doing

static char self[256]; // the program's file

static int isOwn(const char *file)
{
	return !strcmp(file, self);
}

static void say(const char *what, const char *file)
{
	char line[256];
	int size = snprintf(line, sizeof line, "%s %s\n", what, file);
	if (write(STDOUT_FILENO, line, (size_t)size) < 0)
		_exit(CRASHED + 1);
}

static const char *fileOf(void *address)
{
	Dl_info where = {0};
	if (!dladdr(address, &where) || !where.dli_fname)
		return "";
	const char *slash = strrchr(where.dli_fname, '/');
	return slash ? slash + 1 : where.dli_fname;
}

// The functions of failing_alloc.c that stand in place of the C library's: they do what they are told as well.
static int isAllocator(void *address)
{
	static const char *const names[] = {"malloc", "calloc", "realloc", "free", "memalign", "posix_memalign"};
	Dl_info where = {0};
	if (!dladdr(address, &where) || !where.dli_sname)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(where.dli_sname, names[i]))
			return 1;
	return 0;
}

// Names who was at work: the C library only does what it is told.
static void crashed(int number, siginfo_t *information, void *context)
{
	void *frames[16];
	const ucontext_t *user = context;
	(void)number, (void)information;
	failing_alloc_stop();
#if defined(__x86_64__)
	void *place = (void *)user->uc_mcontext.gregs[REG_RIP];
	if (!place) // a call of nothing: who called is on the stack
		place = *(void **)user->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	void *place = (void *)(user->uc_mcontext.pc ? user->uc_mcontext.pc : user->uc_mcontext.regs[30]);
#else
	void *place = NULL;
#endif
	int isLibc = !strncmp(fileOf(place), "libc.so", 7);
	int count = isLibc ? backtrace(frames, 16) : 0, i = 0;
	while (i < count && frames[i] != place)
		i++;
	while (i < count && (!strncmp(fileOf(frames[i]), "libc.so", 7) || isAllocator(frames[i])))
		i++;
	const char *file = i < count ? fileOf(frames[i]) : fileOf(place);
	say("crash in", file);
	_exit(CRASHED + isOwn(file));
}

static int child(const alloc_scenario *scenario, unsigned n)
{
	struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO};
	const char *owner;
	alarm(60);
	if (!freopen("/dev/null", "w", stderr)) // where libraries say that they end the program
		abort();
	for (int i = 0; i < 3; i++)
		sigaction((int[]){SIGSEGV, SIGBUS, SIGABRT}[i], &action, NULL);
	failing_alloc_track();
	failing_alloc_start(n, 1);
	alloc_result result = scenario->run();
	failing_alloc_stop();
	if (failing_alloc_left(&owner)) {
		say("left by", owner);
		return LEFT + isOwn(owner);
	}
	if (result == ALLOC_UNNAMED && isOwn(failing_alloc_victim()))
		result = ALLOC_WRONG;
	if (result == ALLOC_WRONG)
		say("wrong; failed for", failing_alloc_victim());
	return (int)result;
}

static int runOnce(const alloc_scenario *scenario, unsigned n, char *text, size_t size)
{
	int ends[2], status;
	if (pipe(ends))
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		_exit(child(scenario, n));
	}
	close(ends[1]);
	ssize_t count = read(ends[0], text, size - 1);
	text[count > 0 ? count : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	close(ends[0]);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status)) {
		snprintf(text, size, "signal %d", WTERMSIG(status));
		return -1;
	}
	return WEXITSTATUS(status);
}

static void check(const alloc_scenario *scenario)
{
	unsigned refused = 0, unnamed = 0, foreign = 0, runs = 0, allocations = warmUp(scenario);
	const char *wanted = getenv("ALLOC_RUNS");
	unsigned most = wanted ? (unsigned)atoi(wanted) : RUNS;
	unsigned stride = most && allocations > most ? allocations / most : 1;
	char text[256], seen[8][256] = {{0}};
	for (unsigned n = 1; n <= allocations; n += stride, runs++) {
		int status = runOnce(scenario, n, text, sizeof text);
		refused += status == ALLOC_REFUSED;
		unnamed += status == ALLOC_UNNAMED;
		if (status == LEFT || status == CRASHED) {
			int known = 0;
			foreign++;
			for (int i = 0; i < 8 && !known; i++) {
				known = !strcmp(seen[i], text);
				if (!known && !seen[i][0]) {
					strcpy(seen[i], text);
					known = 1;
				}
			}
		} else if (status != ALLOC_DONE && status != ALLOC_REFUSED && status != ALLOC_UNNAMED)
			fail(scenario->name, n, status < 0 ? "it was ended by " : "", text);
	}
	printf("%s: %u allocations, %u runs, %u gave up, %u without saying why, %u met a fault of a library\n",
		   scenario->name, allocations, runs, refused, unnamed, foreign);
	for (int i = 0; i < 8 && seen[i][0]; i++)
		printf("    %s\n", seen[i]);
}
#endif

int alloc_loop(const alloc_scenario *scenarios, size_t count)
{
#if FAILING_ALLOC_ALL
	void *frame;
	(void)backtrace(&frame, 1); // loads what it needs, while there is memory
	snprintf(self, sizeof self, "%s", fileOf((void *)alloc_loop));
	setvbuf(stdout, NULL, _IONBF, 0);
#endif
	for (size_t i = 0; i < count; i++)
		check(&scenarios[i]);
	if (!failures)
		printf("[  PASSED  ] %zu test(s).\n", count); // as cmocka says it
	else
		printf("[  FAILED  ] %u test(s).\n", failures);
	return failures != 0;
}
