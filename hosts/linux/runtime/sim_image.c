// SPDX-License-Identifier: Apache-2.0
#include "sim.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void *grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0) // full at powers of two only
		return array;
	void *result = realloc(array, (count ? count * 2 : 1) * size);
	if (!result) {
		fprintf(stderr, "simulator: not enough memory\n");
		exit(SIM_EXIT_SETUP);
	}
	return result;
}

static void add_module(sim_image *image, const char *specifier, const char *path)
{
	image->modules = grow(image->modules, image->moduleCount, sizeof(sim_module));
	image->modules[image->moduleCount++] = (sim_module){strdup(specifier), strdup(path), NULL};
}

static void add_preload(sim_image *image, const char *specifier)
{
	image->preloads = grow(image->preloads, image->preloadCount, sizeof(char *));
	image->preloads[image->preloadCount++] = strdup(specifier);
}

static void add_resource(sim_image *image, const char *name, const char *path)
{
	image->resources = grow(image->resources, image->resourceCount, sizeof(sim_data));
	image->resources[image->resourceCount++] = (sim_data){strdup(name), strdup(path), NULL, 0};
}

static int set_creation(sim_image *image, const char *key, const char *value)
{
	sim_creation *creation = &image->creation;
	if (!strcmp(key, "main")) {
		free(creation->main);
		creation->main = strdup(value);
		return 1;
	}
	const struct {
		const char *name;
		int *value;
	} fields[] = {
		{"chunk.initial", &creation->chunkInitial},
		{"chunk.incremental", &creation->chunkIncremental},
		{"heap.initial", &creation->heapInitial},
		{"heap.incremental", &creation->heapIncremental},
		{"stack", &creation->stack},
		{"keys.initial", &creation->keysInitial},
		{"keys.incremental", &creation->keysIncremental},
		{"keys.name", &creation->keysName},
		{"keys.symbol", &creation->keysSymbol},
		{"parser.buffer", &creation->parserBuffer},
		{"parser.table", &creation->parserTable},
		{"capped", &creation->capped},
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!strcmp(fields[i].name, key)) {
			*fields[i].value = atoi(value);
			return 1;
		}
	}
	return 0;
}

static int add_line(sim_image *image, char *line)
{
	char *kind = strsep(&line, "\t");
	char *first = strsep(&line, "\t");
	char *second = strsep(&line, "\t");
	if (!first)
		return 0;
	if (!strcmp(kind, "preload")) {
		add_preload(image, first);
		return 1;
	}
	if (!strcmp(kind, "abortHook")) {
		image->abortHook = atoi(first);
		return 1;
	}
	if (!second)
		return 0;
	if (!strcmp(kind, "module"))
		add_module(image, first, second);
	else if (!strcmp(kind, "data"))
		add_resource(image, first, second);
	else if (!strcmp(kind, "creation"))
		return set_creation(image, first, second);
	else
		return 0;
	return 1;
}

int sim_image_read(sim_image *image, const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "simulator: %s: %s\n", path, strerror(errno));
		return 0;
	}
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int number = 0, result = 1;
	while (result && (length = getline(&line, &size, file)) > 0) {
		number++;
		if (line[length - 1] == '\n')
			line[length - 1] = 0;
		result = add_line(image, line);
	}
	if (!result)
		fprintf(stderr, "simulator: %s:%d: not understood\n", path, number);
	free(line);
	fclose(file);
	return result;
}

void sim_image_free(sim_image *image)
{
	for (size_t i = 0; i < image->moduleCount; i++) {
		free(image->modules[i].specifier);
		free(image->modules[i].path);
	}
	for (size_t i = 0; i < image->preloadCount; i++)
		free(image->preloads[i]);
	for (size_t i = 0; i < image->resourceCount; i++) {
		free(image->resources[i].name);
		free(image->resources[i].path);
		if (image->resources[i].size)
			munmap(image->resources[i].bytes, image->resources[i].size);
	}
	free(image->modules);
	free(image->preloads);
	free(image->resources);
	free(image->creation.main);
	memset(image, 0, sizeof(*image));
}

const sim_module *sim_image_module(const sim_image *image, const char *specifier)
{
	for (size_t i = 0; i < image->moduleCount; i++)
		if (!strcmp(image->modules[i].specifier, specifier))
			return &image->modules[i];
	return NULL;
}

static int map_resource(sim_data *resource)
{
	int file = open(resource->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (file < 0)
		return 0;
	if (fstat(file, &status) == 0 && status.st_size > 0) {
		void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
		if (bytes != MAP_FAILED) {
			resource->bytes = bytes;
			resource->size = (size_t)status.st_size;
		}
	} else {
		resource->bytes = (void *)""; // an empty file cannot be mapped
	}
	close(file);
	return resource->bytes != NULL;
}

const sim_data *sim_image_resource(sim_image *image, const char *name)
{
	for (size_t i = 0; i < image->resourceCount; i++) {
		sim_data *resource = &image->resources[i];
		if (!strcmp(resource->name, name))
			return resource->bytes || map_resource(resource) ? resource : NULL;
	}
	return NULL;
}

const void *mcGetResource(xsMachine *the, const char *name, size_t *size)
{
	(void)the;
	const sim_data *resource = sim_image_resource(&sim.image, name);
	if (!resource)
		return NULL;
	*size = resource->size;
	return resource->bytes;
}
