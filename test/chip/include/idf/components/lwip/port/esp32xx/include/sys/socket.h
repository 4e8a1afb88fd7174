// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_SOCKET_H
#define CHIP_SOCKET_H

#include "lwip/sockets.h"

#endif
