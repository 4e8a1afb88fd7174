// SPDX-License-Identifier: Apache-2.0
// usage: app <image>
// SIM_STATS=1 prints the machine's statistics at the end; SIM_PARENT=1 ends it with its parent.
#include "sim.h"

#include <signal.h>
#include <sys/prctl.h>

sim_state sim;

// Preloading has room; the caps come after it.
static txMachine *create_machine(const sim_creation *creation)
{
	xsCreation room = {
		.initialChunkSize = 1024 * 1024,
		.incrementalChunkSize = 256 * 1024,
		.initialHeapCount = 16 * 1024,
		.incrementalHeapCount = 512,
		.stackCount = mxStackIndexCount + creation->stack,
		.initialKeyCount = 4096,
		.incrementalKeyCount = 1024,
		.nameModulo = 1993,
		.symbolModulo = 127,
		.parserBufferSize = 32 * 1024,
		.parserTableModulo = 1993,
	};
	return xsCreateMachine(&room, "simulator", NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s <image>\n", argv[0]);
		return SIM_EXIT_SETUP;
	}
	srand(g_random_int()); // Math.random: devices that start together do not stay together, here as there
	sim.statistics = getenv("SIM_STATS") != NULL;
	if (getenv("SIM_PARENT"))
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!sim_image_read(&sim.image, argv[1]))
		return SIM_EXIT_SETUP;
	const sim_creation *creation = &sim.image.creation;
	simInitializeSharedCluster();
	txMachine *the = sim.machine = create_machine(creation);
	if (!the)
		return SIM_EXIT_SETUP;
	sim.loop = g_main_loop_new(NULL, FALSE);
	sim_exit_install(the);
	sim_native_install(the);
	if (sim_link(the) && sim_preload(the)) {
		if (sim.statistics)
			sim_statistics_print_image(the);
		sim_native_open(the);
		sim_heap_cap(the, creation);
		sim_entries = sim_promise_turns = 0;
		sim_jobs_start(the);
		sim_exit_start();
		sim_run_main(the, creation->main);
		if (!sim.exiting)
			g_main_loop_run(sim.loop);
		sim.exiting = 1;
		sim_exit_stop();
		sim_jobs_finish(the);
		if (sim.statistics)
			sim_statistics_print(the);
	} else {
		sim.status = SIM_EXIT_SETUP;
	}
	xsDeleteMachine(the); // natives' destructors may still use timers and post
	sim_timer_stop();
	sim_jobs_stop();
	sim_native_free();
	sim_unlink();
	sim_image_free(&sim.image);
	simTerminateSharedCluster();
	g_main_loop_unref(sim.loop);
	return sim.status;
}
