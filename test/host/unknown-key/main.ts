// SPDX-License-Identifier: Apache-2.0
trace("never\n");
