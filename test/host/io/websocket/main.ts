// SPDX-License-Identifier: Apache-2.0
import endingCases from "endings";
import messageCases from "messages";
import { runCases } from "test/cases";

void runCases({ ...messageCases, ...endingCases });
