// SPDX-License-Identifier: Apache-2.0
// Runs the preloaded modules, then freezes what lies in a device's flash: built-ins, functions, classes and their
// prototypes, closures, and the instances that Moddable's linker cannot alias. Plain objects that the modules left
// unfrozen stay writable, as they do on a device.
#include "sim.h"

const char *sim_preloading;

static void freeze_instance(txSlot *instance)
{
	for (txSlot *property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static int is_function(const txSlot *internal)
{
	return internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND ||
		   internal->kind == XS_CODE_KIND || internal->kind == XS_CODE_X_KIND;
}

static void freeze_function(txSlot *function)
{
	freeze_instance(function);
	if (!(function->flag & XS_CAN_CONSTRUCT_FLAG))
		return;
	for (txSlot *property = function->next->next; property; property = property->next)
		if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND)
			freeze_instance(property->value.reference);
}

static void freeze_slot(txMachine *the, txSlot *instance)
{
	txSlot *internal = instance->next;
	(void)the;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return;
	if (is_function(internal)) {
		freeze_function(instance);
		return;
	}
	switch (internal->kind) {
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_REGEXP_KIND:
		freeze_instance(instance);
		break;
	default:
		break;
	}
}

static void freeze_reference(const txSlot *slot)
{
	if (slot->kind == XS_REFERENCE_KIND)
		freeze_instance(slot->value.reference);
}

// The engine keeps its intrinsic prototypes on the bottom of the stack.
static void freeze_intrinsics(txMachine *the)
{
	freeze_reference(&mxAtomicsObject);
	freeze_reference(&mxJSONObject);
	freeze_reference(&mxMathObject);
	freeze_reference(&mxReflectObject);
	for (int i = mxObjectPrototypeStackIndex; i <= mxThrowTypeErrorFunctionStackIndex; i++)
		freeze_reference(&the->stackTop[-1 - i]);
}

static void freeze_heap(txMachine *the)
{
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND)
				freeze_slot(the, slot);
}

int sim_preload(txMachine *the)
{
	for (size_t i = 0; i < sim.image.preloadCount; i++) {
		sim_preloading = sim.image.preloads[i];
		if (!sim_import(the, sim_preloading)) {
			char kind[256];
			snprintf(kind, sizeof(kind), "preload of \"%s\" failed", sim_preloading);
			sim_report_exception(the, kind);
			return 0;
		}
	}
	sim_preloading = NULL;
	fxCollectGarbage(the);
	if (sim.image.preloadCount) {
		freeze_intrinsics(the);
		freeze_heap(the);
	}
	return 1;
}
