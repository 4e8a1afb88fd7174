// SPDX-License-Identifier: Apache-2.0
// `native("name")` and `Native("name")`, which Moddable's compiler understands, as ordinary global functions. Host
// functions are made once at the start, so that a call of a native allocates nothing.
#include "sim.h"

typedef struct {
	const char *name;
	xsCallback callback;
	txSlot *function; // its instance
} sim_native;

static struct {
	sim_native *table; // open addressing, a power of two
	size_t mask;
	txSlot keep; // an object that keeps the functions alive
} functions;

static size_t hash(const char *name)
{
	size_t sum = 5381;
	while (*name)
		sum = sum * 33 + (unsigned char)*name++;
	return sum;
}

static sim_native *find(const char *name)
{
	size_t i = hash(name) & functions.mask;
	while (functions.table[i].name && strcmp(functions.table[i].name, name))
		i = (i + 1) & functions.mask;
	return &functions.table[i];
}

// Stands in for every host function while modules are preloaded: a device runs their bodies on the build machine.
static void refuse(xsMachine *the)
{
	const txSlot *function = mxFunction->value.reference;
	const char *name = "?";
	for (size_t i = 0; i <= functions.mask; i++)
		if (functions.table[i].function == function)
			name = functions.table[i].name;
	mxUnknownError("native \"%s\" called while preloading \"%s\": a preloaded module's body runs on the build machine",
				   name, sim_preloading ? sim_preloading : "?");
}

static void js_native(xsMachine *the)
{
	if (mxArgc < 1)
		mxTypeError("native: no name");
	const char *name = fxToString(the, mxArgv(0));
	const sim_native *native = find(name);
	if (!native->name)
		mxReferenceError("native \"%s\": no such C function in this build", name);
	mxResult->kind = XS_REFERENCE_KIND;
	mxResult->value.reference = native->function;
}

// The constructor of a class that Native() returned: an instance of new.target's prototype with room for host data.
static void construct(xsMachine *the)
{
	if (mxIsUndefined(mxTarget))
		mxTypeError("call: class");
	mxPushSlot(mxTarget);
	mxGetID(mxID(_prototype));
	fxNewHostInstance(the);
	mxPullSlot(mxResult);
}

static void js_Native(xsMachine *the)
{
	if (mxArgc < 1)
		mxTypeError("Native: no name");
	const char *name = fxToString(the, mxArgv(0));
	for (int i = 0; i < simNativeClassCount; i++) {
		if (!strcmp(name, simNativeClasses[i].name)) {
			fxNewHostObject(the, simNativeClasses[i].destructor);
			fxNewHostConstructor(the, construct, 0, XS_NO_ID);
			mxPullSlot(mxResult);
			return;
		}
	}
	mxReferenceError("Native \"%s\": no such C function in this build", name);
}

static void js_trace(xsMachine *the)
{
	txInteger count = mxArgc;
	for (txInteger i = 0; i < count; i++)
		fputs(fxToString(the, mxArgv(i)), stdout);
	fflush(stdout);
}

void sim_define_global(txMachine *the, const char *name, txCallback callback, txInteger length)
{
	fxNewHostFunction(the, callback, length, fxNewNameC(the, (txString)name), XS_NO_ID);
	mxPush(mxGlobal);
	fxDefineID(the, fxNewNameC(the, (txString)name), XS_DONT_ENUM_FLAG,
			   XS_DONT_ENUM_FLAG | XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG);
	mxPop();
}

static void make_functions(txMachine *the)
{
	size_t size = 16;
	while (size < (size_t)simNativeFunctionCount * 2)
		size *= 2;
	functions.table = calloc(size, sizeof(sim_native));
	functions.mask = size - 1;
	if (!functions.table)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	txSlot *property = fxLastProperty(the, fxNewInstance(the));
	for (int i = 0; i < simNativeFunctionCount; i++) {
		sim_native *native = find(simNativeFunctions[i].name);
		native->name = simNativeFunctions[i].name;
		native->callback = simNativeFunctions[i].callback;
		native->function = fxNewHostFunction(the, refuse, 0, fxNewNameC(the, (txString)native->name), XS_NO_ID);
		property = fxNextSlotProperty(the, property, the->stack, XS_NO_ID, XS_INTERNAL_FLAG);
		mxPop();
	}
	functions.keep = *the->stack;
	fxRemember(the, &functions.keep);
	mxPop();
}

void sim_native_install(txMachine *the)
{
	for (int i = 0; i < simNameCount; i++)
		*simIdentifiers[i] = fxID(the, (txString)simNames[i]);
	fxBeginHost(the);
	make_functions(the);
	sim_define_global(the, "native", js_native, 1);
	sim_define_global(the, "Native", js_Native, 1);
	sim_define_global(the, "trace", js_trace, 1);
	fxEndHost(the);
}

void sim_native_open(txMachine *the)
{
	(void)the;
	for (size_t i = 0; i <= functions.mask; i++) {
		const sim_native *native = &functions.table[i];
		if (native->name)
			mxFunctionInstanceCode(native->function)->value.callback.address = native->callback;
	}
}

void sim_native_free(void)
{
	free(functions.table);
	functions.table = NULL;
}
