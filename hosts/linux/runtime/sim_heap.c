// SPDX-License-Identifier: Apache-2.0
// The machine's memory. While modules are preloaded it grows freely: what they leave lies in a device's flash. After
// that `creation` holds: so many slots and so many bytes of chunks more, and not one beyond when they are fixed.
#include "sim.h"

#include <sys/mman.h>

#define RESERVE (512u * 1024 * 1024)

static struct {
	txByte *base; // one contiguous block, of which the engine sees as much as it may use
	size_t used;
	int slotFloor, chunkFloor; // in use after preloading
	int slotLimit, chunkLimit;
	int slotPeak, chunkPeak;   // alive after a collection
	int slotsFull, chunksFull; // collections because nothing was left
	int collections;
	txMarkRoot compactingMark; // what a collection that sweeps chunks, too, marks with
	int compacting, organic;   // the newest collection: it swept chunks; the allocator asked for it
} heap;

void *fxAllocateChunks(txMachine *the, txSize size)
{
	(void)the;
	if (!heap.base) {
		heap.base = mmap(NULL, RESERVE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (heap.base == MAP_FAILED) {
			heap.base = NULL;
			return NULL;
		}
	}
	if (size < 0 || (size_t)size > RESERVE - heap.used)
		return NULL;
	txByte *result = heap.base + heap.used;
	heap.used += (size_t)size;
	return result;
}

void fxFreeChunks(txMachine *the, void *chunks)
{
	(void)the;
	if (chunks == heap.base) {
		munmap(heap.base, RESERVE);
		heap.base = NULL;
		heap.used = 0;
	}
}

txSlot *fxAllocateSlots(txMachine *the, txSize count)
{
	(void)the;
	return count > 0 ? malloc((size_t)count * sizeof(txSlot)) : NULL;
}

void fxFreeSlots(txMachine *the, void *slots)
{
	(void)the;
	free(slots);
}

static int count_free_slots(const txMachine *the)
{
	int count = 0;
	for (const txSlot *slot = the->freeHeap; slot; slot = slot->next)
		count++;
	return count;
}

// Takes free slots out of circulation, as properties of an instance that stays.
static void retire_slots(txMachine *the, int count)
{
	static txSlot keep;
	txSlot *instance = fxNewInstance(the);
	keep = *the->stack;
	fxRemember(the, &keep);
	the->stack++;
	txSlot **tail = &instance->next;
	while (count-- > 0) {
		txSlot *slot = fxNewSlot(the);
		slot->flag = XS_INTERNAL_FLAG;
		*tail = slot;
		tail = &slot->next;
	}
}

// The engine does not say what kind a collection is, but it marks with one of two functions of its own. It passes it to
// the hook of a host object, which learns the one that marks chunks from a collection that is known to do that.
static void watch_collection(txMachine *the, void *data, txMarkRoot markRoot)
{
	(void)data;
	if (!heap.compactingMark)
		heap.compactingMark = markRoot;
	heap.compacting = markRoot == heap.compactingMark;
	heap.organic = (the->collectFlag & XS_ORGANIC_FLAG) != 0;
}

static void watch_collections(txMachine *the)
{
	static const txHostHooks hooks = {.marker = watch_collection};
	static txSlot keep;
	fxBeginHost(the);
	fxNewHostObject(the, NULL);
	fxSetHostData(the, the->stack, &heap);
	fxSetHostHooks(the, the->stack, &hooks);
	keep = *the->stack;
	fxRemember(the, &keep);
	fxEndHost(the);
	fxCollectGarbage(the); // sweeps chunks
}

// At a collection's end what is in use is what is alive. Only slots, unless it swept chunks, too.
static void sample_peaks(const txMachine *the)
{
	int slots = the->currentHeapCount - heap.slotFloor;
	int chunks = the->currentChunksSize - heap.chunkFloor;
	heap.collections++;
	if (heap.slotPeak < slots)
		heap.slotPeak = slots;
	if (heap.compacting && heap.chunkPeak < chunks)
		heap.chunkPeak = chunks;
	if (heap.organic && heap.compacting)
		heap.chunksFull++;
	else if (heap.organic)
		heap.slotsFull++;
}

// The engine's allocator reports here (it is compiled with mxReport): at the end of each collection, and when a fixed
// heap is full.
void __wrap_fxReport(txMachine *the, txString format, ...)
{
	if (!strncmp(format, "# Slot collection", 17)) {
		sample_peaks(the);
	} else if (strstr(format, "failed")) {
		va_list arguments;
		va_start(arguments, format);
		fflush(stdout);
		vfprintf(stderr, format, arguments);
		va_end(arguments);
	}
}

static void limit_slots(txMachine *the, const sim_creation *creation)
{
	int unused = count_free_slots(the);
	heap.slotFloor = the->currentHeapCount;
	if (unused > creation->heapInitial) {
		retire_slots(the, unused - creation->heapInitial - 1);
		heap.slotFloor = the->currentHeapCount;
	} else if (unused < creation->heapInitial) {
		int missing = creation->heapInitial - unused;
		fxGrowSlots(the, missing < 2 ? 3 : missing + 1); // one slot heads the new block
	}
	the->minimumHeapCount = creation->heapIncremental;
	heap.slotLimit = creation->heapInitial;
}

static void limit_chunks(txMachine *the, const sim_creation *creation)
{
	txBlock *block = the->firstBlock;
	heap.chunkFloor = the->currentChunksSize;
	heap.chunkLimit = creation->chunkInitial;
	txByte *limit = block->current + creation->chunkInitial;
	the->maximumChunksSize += (txSize)(limit - block->limit);
	block->limit = limit;
	heap.used = (size_t)(limit - heap.base);
	the->minimumChunksSize = creation->chunkIncremental;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t dirty = ((size_t)(block->current - heap.base) + page - 1) & ~(page - 1);
	madvise(heap.base + dirty, RESERVE - dirty, MADV_DONTNEED);
}

static void limit_keys(txMachine *the, const sim_creation *creation)
{
	txID count = (txID)(the->keyIndex + creation->keysInitial);
	txSlot **keys = realloc(the->keyArray, (size_t)(count - the->keyOffset) * sizeof(txSlot *));
	if (!keys)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	the->keyArray = keys;
	the->keyCount = count;
	the->keyDelta = (txID)creation->keysIncremental;
}

void sim_heap_cap(txMachine *the, const sim_creation *creation)
{
	watch_collections(the);
	if (creation->capped) {
		limit_slots(the, creation);
		limit_chunks(the, creation);
		limit_keys(the, creation);
	} else {
		heap.slotFloor = the->currentHeapCount;
		heap.chunkFloor = the->currentChunksSize;
	}
	heap.collections = heap.slotsFull = heap.chunksFull = heap.slotPeak = heap.chunkPeak = 0;
}

void sim_heap_statistics_get(txMachine *the, sim_heap_statistics *statistics)
{
	*statistics = (sim_heap_statistics){
		.slots = the->currentHeapCount - heap.slotFloor,
		.slotPeak = heap.slotPeak,
		.slotLimit = heap.slotLimit,
		.slotsFull = heap.slotsFull,
		.chunks = the->currentChunksSize - heap.chunkFloor,
		.chunkPeak = heap.chunkPeak,
		.chunkLimit = heap.chunkLimit,
		.chunksFull = heap.chunksFull,
		.collections = heap.collections,
	};
}
