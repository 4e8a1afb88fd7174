// SPDX-License-Identifier: Apache-2.0
// Flat module specifiers, as on a device: a module is found by its specifier only; a relative import is resolved
// against the specifier of the importer; a trailing .js or .mjs is dropped.
#include "sim.h"

static void drop_extension(char *name)
{
	char *slash = strrchr(name, '/');
	char *dot = strrchr(slash ? slash : name, '.');
	if (dot && (!strcmp(dot, ".js") || !strcmp(dot, ".mjs")))
		*dot = 0;
}

// Appends the relative `name` to the folder of `referrer`. Returns 0 when it leaves the tree or does not fit.
static int resolve_relative(const char *referrer, const char *name, char *path, size_t size)
{
	if (strlen(referrer) >= size)
		return 0;
	strcpy(path, referrer);
	char *end = strrchr(path, '/');
	*(end ? end : path) = 0;
	for (;;) {
		if (!strncmp(name, "./", 2)) {
			name += 2;
		} else if (!strncmp(name, "../", 3)) {
			if (!*path)
				return 0;
			end = strrchr(path, '/');
			*(end ? end : path) = 0;
			name += 3;
		} else {
			break;
		}
	}
	size_t length = strlen(path);
	if (length + 1 + strlen(name) >= size)
		return 0;
	if (length)
		path[length++] = '/';
	strcpy(path + length, name);
	return 1;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot)
{
	char name[C_PATH_MAX];
	char path[C_PATH_MAX];
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	drop_extension(name);
	if (name[0] == '.') {
		if (moduleID == XS_NO_ID || !resolve_relative(fxGetKeyName(the, moduleID), name, path, sizeof(path)))
			return XS_NO_ID;
	} else {
		strcpy(path, name);
	}
	return sim_image_module(&sim.image, path) ? fxNewNameC(the, path) : XS_NO_ID;
}

// Functions and string literals refer to the code in place instead of copying it to the chunk heap, which is what
// the SDK's linker arranges for the flash of a device.
static void refer_in_place(txByte *code, txSize size)
{
	txByte *p = code, *end = code + size;
	while (p < end) {
		txU1 op = *(txU1 *)p;
		switch (op) {
		case XS_CODE_CODE_1:
			*p = (txByte)XS_CODE_CODE_ARCHIVE_1;
			break;
		case XS_CODE_CODE_2:
			*p = (txByte)XS_CODE_CODE_ARCHIVE_2;
			break;
		case XS_CODE_CODE_4:
			*p = (txByte)XS_CODE_CODE_ARCHIVE_4;
			break;
		case XS_CODE_STRING_1:
			*p = (txByte)XS_CODE_STRING_ARCHIVE_1;
			break;
		case XS_CODE_STRING_2:
			*p = (txByte)XS_CODE_STRING_ARCHIVE_2;
			break;
		case XS_CODE_STRING_4:
			*p = (txByte)XS_CODE_STRING_ARCHIVE_4;
			break;
		default:
			break;
		}
		txS1 step = gxCodeSizes[op];
		if (step > 0) {
			p += step;
		} else if (step == 0) {
			p += 1 + sizeof(txID);
		} else if (step == -1) {
			p += 2 + *(txU1 *)(p + 1);
		} else if (step == -2) {
			txU2 skip;
			memcpy(&skip, p + 1, sizeof(skip));
			p += 3 + skip;
		} else {
			txU4 skip;
			memcpy(&skip, p + 1, sizeof(skip));
			p += 5 + skip;
		}
	}
}

// Gives the script's symbols their ids in this machine.
static void remap(txMachine *the, txScript *script)
{
	txByte *p = script->symbolsBuffer;
	txID count;
	mxDecodeID(p, count);
	txID *ids = malloc((size_t)count * sizeof(txID));
	if (!ids)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	ids[0] = XS_NO_ID;
	for (txID i = 1; i < count; i++) {
		ids[i] = fxNewNameC(the, (txString)p);
		p += strlen((char *)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	free(ids);
	free(script->symbolsBuffer);
	script->symbolsBuffer = NULL;
}

static txScript *parse(txMachine *the, const char *path, txUnsigned flags)
{
	txParser parser;
	txParserJump jump;
	txScript *script = NULL;
	txString map = NULL;
	char mapPath[C_PATH_MAX];
	FILE *file = NULL;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		file = fopen(path, "r");
		if (!file) {
			fprintf(stderr, "simulator: %s: %s\n", path, strerror(errno));
			exit(SIM_EXIT_SETUP);
		}
		parser.path = fxNewParserSymbol(&parser, (txString)path);
		fxParserTree(&parser, file, (txGetter)fgetc, flags, &map);
		fclose(file);
		file = NULL;
		snprintf(mapPath, sizeof(mapPath), "%s.map", path);
		if (map && parser.errorCount == 0 && (file = fopen(mapPath, "r"))) {
			fxParserSourceMap(&parser, file, (txGetter)fgetc, flags, &map);
			fclose(file);
			file = NULL;
			if (map)
				parser.path = fxNewParserSymbol(&parser, map);
		}
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	if (file)
		fclose(file);
	fxTerminateParser(&parser);
	return script;
}

// Bytes of byte code in a build for release.
static size_t released_size(txMachine *the, const char *path)
{
	txScript *script = parse(the, path, 0);
	size_t size = script ? (size_t)script->codeSize : 0;
	if (script)
		fxDeleteScript(script);
	return size;
}

int sim_link(txMachine *the)
{
	for (size_t i = 0; i < sim.image.moduleCount; i++) {
		sim_module *module = &sim.image.modules[i];
		fxNewNameC(the, module->specifier);
		module->script = parse(the, module->path, mxDebugFlag); // which keeps file and line in the byte code
		if (!module->script) {
			fprintf(stderr, "### module \"%s\": %s: not JavaScript that XS understands\n", module->specifier,
					module->path);
			return 0;
		}
		remap(the, module->script);
		if (sim.statistics)
			sim.image.codeSize += released_size(the, module->path);
		refer_in_place(module->script->codeBuffer, module->script->codeSize);
	}
	return 1;
}

void sim_unlink(void)
{
	for (size_t i = 0; i < sim.image.moduleCount; i++) {
		if (sim.image.modules[i].script)
			fxDeleteScript(sim.image.modules[i].script);
		sim.image.modules[i].script = NULL;
	}
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID)
{
	const sim_module *entry = sim_image_module(&sim.image, fxGetKeyName(the, moduleID));
	if (entry)
		fxResolveModule(the, module, moduleID, entry->script, C_NULL, C_NULL);
}

static int settled;
static int awaited;      // the main module's top-level await goes on in the main loop
static txSlot namespace; // of the module that was imported last

// Calls the main module's default export, when it is a function.
static void run_program(txMachine *the)
{
	mxPushSlot(&namespace);
	mxGetID(mxID(_default));
	txSlot *program = the->stack;
	if (fxIsCallable(the, program)) {
		mxPushUndefined();
		mxPushSlot(program);
		mxCall();
		mxRunCount(0);
		mxPop();
	}
	mxPop();
}

static void import_fulfilled(txMachine *the)
{
	settled = 1;
	namespace = *mxArgv(0);
	if (awaited)
		run_program(the);
}

static void import_rejected(txMachine *the)
{
	settled = -1;
	mxException = *mxArgv(0);
	if (awaited)
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
}

int sim_import(txMachine *the, const char *specifier)
{
	settled = 0;
	fxBeginHost(the);
	mxTry(the)
	{
		txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
		mxPushStringC((txString)specifier);
		simRunImport(the, realm);
		mxDub();
		fxGetID(the, mxID(_then));
		mxCall();
		fxNewHostFunction(the, import_fulfilled, 1, XS_NO_ID, XS_NO_ID);
		fxNewHostFunction(the, import_rejected, 1, XS_NO_ID, XS_NO_ID);
		mxRunCount(2);
	}
	mxCatch(the)
	{
		settled = -1;
	}
	fxEndHost(the);
	sim_jobs_drain(the);
	return settled > 0;
}

void sim_run_main(txMachine *the, const char *specifier)
{
	if (sim_import(the, specifier)) {
		xsBeginHost(the);
		run_program(the);
		xsEndHost(the);
	} else if (settled == 0) {
		awaited = 1;
	} else {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
}
