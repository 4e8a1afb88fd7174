// SPDX-License-Identifier: Apache-2.0
// The simulator's own parts, one file each. There is one machine in the process, on the main thread.
#ifndef SIM_H
#define SIM_H

#include "sim_engine.h"

#include <glib.h>

enum {
	SIM_EXIT_SETUP = 3,  // what would have failed to build for a device
	SIM_EXIT_CRASH = 70, // a device would have restarted (fxAbort)
};

// sim_image.c: what a device has in flash. The build writes it as lines of tab-separated fields.
typedef struct {
	char *specifier;
	char *path;
	txScript *script; // once linked: byte code, which stays where a device has it, outside the machine's heaps
} sim_module;

typedef struct {
	char *name;
	char *path;
	void *bytes; // mapped at first use
	size_t size;
} sim_data;

typedef struct {
	int chunkInitial, chunkIncremental; // bytes
	int heapInitial, heapIncremental;   // slots
	int stack;                          // slots
	int keysInitial, keysIncremental, keysName, keysSymbol;
	int parserBuffer, parserTable;
	char *main;
	int capped; // 0: --no-caps
} sim_creation;

typedef struct {
	sim_module *modules;
	size_t moduleCount;
	char **preloads;
	size_t preloadCount;
	sim_data *resources;
	size_t resourceCount;
	sim_creation creation;
	int abortHook;
	size_t codeSize; // bytes of byte code, where statistics are asked for
} sim_image;

int sim_image_read(sim_image *image, const char *path);
void sim_image_free(sim_image *image);
const sim_module *sim_image_module(const sim_image *image, const char *specifier);
const sim_data *sim_image_resource(sim_image *image, const char *name);

// The process: sim_main.c
typedef struct {
	txMachine *machine;
	sim_image image;
	GMainLoop *loop;
	int status; // exit status
	int exiting;
	int statistics; // print them at the end
} sim_state;
extern sim_state sim;

// sim_loader.c
// Compiles every module, as the SDK's linker does for a device: names and code take nothing from the capped heaps.
int sim_link(txMachine *the);
void sim_unlink(void);
// Imports a module and returns 1, or 0 with mxException set. Runs promise jobs until the import has settled.
int sim_import(txMachine *the, const char *specifier);
// Imports the main module; its default export, when it is a function, is the program.
void sim_run_main(txMachine *the, const char *specifier);

// sim_native.c: the tables that the build generates, and the globals `native` and `Native`.
typedef struct {
	const char *name;
	xsCallback callback;
} sim_native_function;
typedef struct {
	const char *name;
	xsDestructor destructor;
} sim_native_class;
extern const sim_native_function simNativeFunctions[];
extern const int simNativeFunctionCount;
extern const sim_native_class simNativeClasses[];
extern const int simNativeClassCount;
extern const char *const simNames[];
extern const int simNameCount;
extern xsIdentifier *const simIdentifiers[];
void sim_native_install(txMachine *the);
// After preloading: from now on natives may be called.
void sim_native_open(txMachine *the);
void sim_native_free(void);
void sim_define_global(txMachine *the, const char *name, txCallback callback, txInteger length);

// sim_preload.c: runs the preloaded modules, then freezes what a device has in flash.
int sim_preload(txMachine *the);
extern const char *sim_preloading; // the specifier, or NULL

// sim_heap.c
void sim_heap_cap(txMachine *the, const sim_creation *creation);
typedef struct {
	// Beyond what a device has in flash. In use, until the next collection with garbage; the most that was alive after
	// one; what there is, 0 without limit; collections because there was none left.
	int slots, slotPeak, slotLimit, slotsFull;
	int chunks, chunkPeak, chunkLimit, chunksFull; // bytes
	int collections;
} sim_heap_statistics;
void sim_heap_statistics_get(txMachine *the, sim_heap_statistics *statistics);

// sim_jobs.c: promise jobs, and jobs posted by other threads.
void sim_jobs_start(txMachine *the);
void sim_jobs_finish(txMachine *the); // the last collection, and the rejections that nobody handled
void sim_jobs_stop(void);
void sim_jobs_drain(txMachine *the); // runs promise jobs until there are none
extern uint32_t sim_entries;         // entries into JavaScript
extern uint32_t sim_promise_turns;
extern uint32_t sim_regular_expressions; // that were compiled: a literal is, each time it is evaluated

// sim_timer.c
void sim_timer_stop(void);
int sim_timer_count(void);

// sim_abort.c
void sim_report_exception(txMachine *the, const char *kind);
void sim_report_frames(txMachine *the);

// sim_exit.c
void sim_exit_install(txMachine *the);
void sim_exit_start(void);
void sim_exit_stop(void);
void sim_exit(int status);

// sim_lines.c
void sim_lines_listen(txMachine *the); // simulator.onLine
void sim_lines_stop(void);

// sim_statistics.c
void sim_statistics_print(txMachine *the);
void sim_statistics_print_image(txMachine *the); // once preloaded

#endif
