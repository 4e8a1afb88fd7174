// SPDX-License-Identifier: Apache-2.0
// A window by SDL2, which is looked for when it is needed: there are hosts without it, and its headers are not wanted
// for a few functions. It is drawn by the CPU, so that it is the same with every driver, and needs no context of a
// thread.
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_screen.h"

#define LIBRARY "libSDL2-2.0.so.0"
#define VIDEO 0x20u         // SDL_INIT_VIDEO
#define CENTERED 0x2FFF0000 // SDL_WINDOWPOS_CENTERED
#define RESIZABLE 0x20u     // SDL_WINDOW_RESIZABLE
#define SOFTWARE 1u         // SDL_RENDERER_SOFTWARE
#define IYUV 0x56555949u    // SDL_PIXELFORMAT_IYUV
#define STREAMING 1         // SDL_TEXTUREACCESS_STREAMING
#define WINDOW_EVENT 0x200u // SDL_WINDOWEVENT
#define CLOSE 14            // SDL_WINDOWEVENT_CLOSE, at byte 12
#define QUIT 0x100u         // SDL_QUIT
#define EVENT_SIZE 128      // bytes of an SDL_Event are 56
#define LARGEST_WINDOW 1280 // pixels wide or high, to begin with: SDL refuses what is too large
#define TITLE "WebRTC"

typedef struct {
	int (*init)(uint32_t flags);
	void (*quit)(uint32_t flags);
	int (*setHint)(const char *name, const char *value);
	const char *(*error)(void);
	void *(*createWindow)(const char *title, int x, int y, int width, int height, uint32_t flags);
	void (*destroyWindow)(void *window);
	void *(*createRenderer)(void *window, int index, uint32_t flags);
	void (*destroyRenderer)(void *renderer);
	int (*setLogicalSize)(void *renderer, int width, int height);
	void *(*createTexture)(void *renderer, uint32_t format, int access, int width, int height);
	void (*destroyTexture)(void *texture);
	int (*update)(void *texture, const void *rectangle, const uint8_t *y, int yPitch, const uint8_t *u, int uPitch,
				  const uint8_t *v, int vPitch);
	int (*clear)(void *renderer);
	int (*copy)(void *renderer, void *texture, const void *from, const void *to);
	void (*present)(void *renderer);
	int (*poll)(void *event);
} library;

typedef struct {
	rtc_screen_device device; // first
	library sdl;
	void *window, *renderer, *texture;
	uint16_t width, height; // of the texture
	uint8_t isInitialized;
} window;

static int find(void *handle, const char *name, void *function)
{
	void *symbol = dlsym(handle, name);
	memcpy(function, &symbol, sizeof symbol);
	return symbol ? 0 : -1;
}

static int load(library *sdl)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); // it keeps threads of its drivers: never closed
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{"SDL_InitSubSystem", &sdl->init},
		{"SDL_QuitSubSystem", &sdl->quit},
		{"SDL_SetHint", &sdl->setHint},
		{"SDL_GetError", &sdl->error},
		{"SDL_CreateWindow", &sdl->createWindow},
		{"SDL_DestroyWindow", &sdl->destroyWindow},
		{"SDL_CreateRenderer", &sdl->createRenderer},
		{"SDL_DestroyRenderer", &sdl->destroyRenderer},
		{"SDL_RenderSetLogicalSize", &sdl->setLogicalSize},
		{"SDL_CreateTexture", &sdl->createTexture},
		{"SDL_DestroyTexture", &sdl->destroyTexture},
		{"SDL_UpdateYUVTexture", &sdl->update},
		{"SDL_RenderClear", &sdl->clear},
		{"SDL_RenderCopy", &sdl->copy},
		{"SDL_RenderPresent", &sdl->present},
		{"SDL_PollEvent", &sdl->poll},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!handle || find(handle, wanted[i].name, wanted[i].function))
			return -1;
	return 0;
}

static int fail(const window *self, rtc_player_error *error)
{
	return rtc_player_fail(error, "media/device-failed", "window: %s", self->sdl.error());
}

// A texture of the picture's size; the first picture opens the window. 0 or -1.
static int prepare(window *self, const rtc_frame *picture)
{
	library *sdl = &self->sdl;
	int width = picture->width, height = picture->height;
	if (!self->window) {
		int longer = width > height ? width : height, shrink = (longer + LARGEST_WINDOW - 1) / LARGEST_WINDOW;
		self->window = sdl->createWindow(TITLE, CENTERED, CENTERED, width / shrink, height / shrink, RESIZABLE);
		self->renderer = self->window ? sdl->createRenderer(self->window, -1, SOFTWARE) : NULL;
	}
	if (!self->renderer)
		return -1;
	if (self->texture && self->width == picture->width && self->height == picture->height)
		return 0;
	if (self->texture)
		sdl->destroyTexture(self->texture);
	self->width = picture->width;
	self->height = picture->height;
	self->texture = sdl->createTexture(self->renderer, IYUV, STREAMING, width, height);
	// The shape stays, whatever that of the window.
	return self->texture && !sdl->setLogicalSize(self->renderer, width, height) ? 0 : -1;
}

static int draw(window *self, const rtc_frame *picture)
{
	library *sdl = &self->sdl;
	if (prepare(self, picture) ||
		sdl->update(self->texture, NULL, picture->planes[0], (int)picture->strides[0], picture->planes[1],
					(int)picture->strides[1], picture->planes[2], (int)picture->strides[2]) ||
		sdl->clear(self->renderer) || sdl->copy(self->renderer, self->texture, NULL, NULL))
		return -1;
	sdl->present(self->renderer);
	return 0;
}

// Whether somebody has closed it.
static int isClosed(const window *self)
{
	union {
		uint32_t type;
		uint8_t bytes[EVENT_SIZE];
	} event;
	while (self->sdl.poll(&event))
		if (event.type == QUIT || (event.type == WINDOW_EVENT && event.bytes[12] == CLOSE))
			return 1;
	return 0;
}

static int show(rtc_screen_device *device, const rtc_frame *unit, const rtc_frame *picture, rtc_player_error *error)
{
	window *self = (window *)device;
	(void)unit;
	if (picture && draw(self, picture))
		return fail(self, error);
	return isClosed(self) ? rtc_player_fail(error, "media/device-failed", "window: it was closed") : 0;
}

static void destroy(rtc_screen_device *device)
{
	window *self = (window *)device;
	if (self->texture)
		self->sdl.destroyTexture(self->texture);
	if (self->renderer)
		self->sdl.destroyRenderer(self->renderer);
	if (self->window)
		self->sdl.destroyWindow(self->window);
	if (self->isInitialized)
		self->sdl.quit(VIDEO);
	free(self);
}

rtc_screen_device *rtc_screen_sdl_open(const char *path, rtc_player_error *error)
{
	window *self = calloc(1, sizeof *self);
	(void)path;
	if (!self) {
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_screen_device){.show = show, .destroy = destroy};
	if (load(&self->sdl))
		rtc_player_fail(error, "media/device-missing", "window: there is no " LIBRARY);
	else {
		self->sdl.setHint("SDL_NO_SIGNAL_HANDLERS", "1"); // Ctrl-C is the program's
		self->isInitialized = !self->sdl.init(VIDEO);
		if (self->isInitialized)
			return &self->device;
		rtc_player_fail(error, "media/device-missing", "window: %s", self->sdl.error());
	}
	destroy(&self->device);
	return NULL;
}
