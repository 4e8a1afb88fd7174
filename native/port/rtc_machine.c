// SPDX-License-Identifier: Apache-2.0
// The engine has no function that tells how much room is left; as modules of the SDK do, this looks into the machine.
#include "xsAll.h"

#include "rtc_machine.h"

static int count_slots(const txMachine *machine)
{
	int count = 0;
	for (const txSlot *slot = machine->freeHeap; slot; slot = slot->next)
		count++;
	return count;
}

int rtc_machine_chunks(const void *it)
{
	const txMachine *machine = it;
	int size = 0;
	if (machine->minimumChunksSize)
		return -1;
	for (const txBlock *block = machine->firstBlock; block; block = block->nextBlock)
		size += (int)(block->limit - block->current);
	return size;
}

rtc_machine_room rtc_machine_measure(const void *it)
{
	const txMachine *machine = it;
	return (rtc_machine_room){
		.slots = machine->minimumHeapCount ? -1 : count_slots(machine),
		.chunks = rtc_machine_chunks(machine),
	};
}
