// SPDX-License-Identifier: Apache-2.0
#include "sim.h"

#include "sim_counters.h"

#include <malloc.h>
#include <sys/resource.h>

typedef struct {
	sim_heap_statistics heap;
	size_t memory; // C heap in use, bytes
	long resident; // at most, KB
} sim_sample;

uint32_t sim_regular_expressions;

// The engine compiles a regular expression when a literal is evaluated; the link wraps it to count.
txBoolean __real_fxCompileRegExp(void *the, txString pattern, txString modifier, txInteger **code, txInteger **data,
								 txString messageBuffer, txInteger messageSize);

txBoolean __wrap_fxCompileRegExp(void *the, txString pattern, txString modifier, txInteger **code, txInteger **data,
								 txString messageBuffer, txInteger messageSize)
{
	sim_regular_expressions++;
	return __real_fxCompileRegExp(the, pattern, modifier, code, data, messageBuffer, messageSize);
}

static sim_sample take_sample(txMachine *the)
{
	sim_sample sample;
	struct rusage usage;
	struct mallinfo2 memory = mallinfo2();
	sim_heap_statistics_get(the, &sample.heap);
	getrusage(RUSAGE_SELF, &usage);
	sample.memory = memory.uordblks + memory.hblkhd;
	sample.resident = usage.ru_maxrss;
	return sample;
}

enum { kSlotsPeak = 7, kChunksPeak };

static const char *const names[] = {
	"Timers",
	"XS Slot Heap Used",  // bytes, as in the SDK
	"XS Chunk Heap Used", // bytes
	"XS Garbage Collection Count",
	"XS Keys Used",
	"Turns",                          // entries into JavaScript
	"XS Slots Used",                  // slots
	[kSlotsPeak] = "XS Slots Peak",   // the most alive after a collection
	[kChunksPeak] = "XS Chunks Peak", // the most bytes alive after a collection
	"C Heap Used",                    // bytes
	"Promise Turns",
	"XS Slots Full",       // collections because no slot was left
	"XS Chunks Full",      // collections because no room was left
	"Regular Expressions", // compiled
};
enum { kNames = sizeof(names) / sizeof(*names) };

int sim_counter_find(const char *name)
{
	for (int i = 0; i < kNames; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *sim_counter_name(int index)
{
	return index >= 0 && index < kNames ? names[index] : NULL;
}

int sim_counter_get(xsMachine *the, int index, double *value)
{
	if (index == kSlotsPeak || index == kChunksPeak)
		fxCollectGarbage(the); // what is alive now counts as well
	sim_sample sample = take_sample(the);
	const double values[kNames] = {
		sim_timer_count(),
		(double)sample.heap.slots * sizeof(txSlot),
		sample.heap.chunks,
		sample.heap.collections,
		(double)(the->keyIndex - the->keyOffset),
		sim_entries,
		sample.heap.slots,
		sample.heap.slotPeak,
		sample.heap.chunkPeak,
		(double)sample.memory,
		sim_promise_turns,
		sample.heap.slotsFull,
		sample.heap.chunksFull,
		sim_regular_expressions,
	};
	if (index < 0 || index >= kNames)
		return 0;
	*value = values[index];
	return 1;
}

static void print_line(const char *name, int used, int peak, int limit, int full)
{
	fprintf(stderr, "# %s: %d, peak %d", name, used, peak);
	if (limit)
		fprintf(stderr, " of %d", limit);
	fprintf(stderr, ", full %d times\n", full);
}

void sim_statistics_print(txMachine *the)
{
	sim_sample sample = take_sample(the);
	const sim_heap_statistics *heap = &sample.heap;
	print_line("slots", heap->slots, heap->slotPeak, heap->slotLimit, heap->slotsFull);
	print_line("chunk bytes", heap->chunks, heap->chunkPeak, heap->chunkLimit, heap->chunksFull);
	fprintf(stderr, "# garbage collections: %d\n", heap->collections);
	fprintf(stderr, "# entries into JavaScript: %u, of these promise turns: %u\n", sim_entries, sim_promise_turns);
	fprintf(stderr, "# regular expressions compiled: %u\n", sim_regular_expressions);
	fprintf(stderr, "# C heap: %zu bytes, resident at most: %ld KB\n", sample.memory, sample.resident);
}

// What a device has in its flash: slots take 16 bytes there. Its linker strips built-ins that nobody uses.
void sim_statistics_print_image(txMachine *the)
{
	fprintf(stderr, "# image: %d slots, %d bytes of chunks, %zu bytes of byte code\n", (int)the->currentHeapCount,
			(int)the->currentChunksSize, sim.image.codeSize);
}
