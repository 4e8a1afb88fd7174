// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_INET_H
#define CHIP_INET_H

#include <netinet/in.h>

#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

#endif
