// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_IOCTL_H
#define CHIP_IOCTL_H

int ioctl(int file, int request, ...);

#endif
