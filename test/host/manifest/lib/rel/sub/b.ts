// SPDX-License-Identifier: Apache-2.0
import { name } from "../c";
export default `b of ${name}`;
