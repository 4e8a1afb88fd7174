// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_TCP_H
#define CHIP_TCP_H

#include "lwip/sockets.h"

#endif
