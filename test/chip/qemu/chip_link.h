// SPDX-License-Identifier: Apache-2.0
// Two paths that are joined in memory, and the DTLS worker, without threads: chip_link_run does what both are to do.
#ifndef CHIP_LINK_H
#define CHIP_LINK_H

#include "rtc_transport.h"

// `loss`: percent of the datagrams, as the seed has it.
void chip_link_open(uint32_t seed, unsigned loss);
rtc_path *chip_link_path(int side); // 0 or 1
void chip_link_close(void);

// Delivers what is under way and runs what is due, moving the clock from deadline to deadline, until `done` says so or
// `patience` microseconds are over. Returns whether it was done. Instructions of each side are counted apart.
int chip_link_run(int (*done)(void *context), void *context, uint64_t patience);
extern uint64_t chipSpent[2]; // by the tasks and handlers of each side
extern unsigned chipDatagrams, chipLost;

#endif
