// SPDX-License-Identifier: Apache-2.0
extern int sim_test_same_a;
int sim_test_same_a;
