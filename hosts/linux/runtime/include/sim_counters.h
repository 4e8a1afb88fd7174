// SPDX-License-Identifier: Apache-2.0
// The counters behind the module "instrumentation" and --stats. Names are the SDK's where it has one.
#ifndef SIM_COUNTERS_H
#define SIM_COUNTERS_H

#include "xsmc.h"

int sim_counter_find(const char *name);  // or -1
const char *sim_counter_name(int index); // or NULL
int sim_counter_get(xsMachine *the, int index, double *value);

#endif
