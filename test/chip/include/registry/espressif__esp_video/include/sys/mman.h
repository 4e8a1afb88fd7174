// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_MMAN_H
#define CHIP_MMAN_H

#include <stddef.h>
#include <sys/types.h>

#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);

#endif
