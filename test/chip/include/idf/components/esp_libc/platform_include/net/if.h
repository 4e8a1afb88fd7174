// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_IF_H
#define CHIP_IF_H

#define IF_NAMESIZE 6

unsigned int if_nametoindex(const char *name);
char *if_indextoname(unsigned int index, char *name);

#endif
