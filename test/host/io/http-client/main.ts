// SPDX-License-Identifier: Apache-2.0
import plainCases from "plain";
import secureCases from "secure";
import { runCases } from "test/cases";

void runCases({ ...plainCases, ...secureCases });
