// SPDX-License-Identifier: Apache-2.0
// TCP, listener, UDP and the resolver, over loopback.
import { runCases } from "test/cases";
import tcpCases from "tcp";
import udpCases from "udp";

void runCases({ ...tcpCases, ...udpCases });
