// SPDX-License-Identifier: Apache-2.0
import config from "mc/config";
import Resource from "Resource";
import { part } from "lib/one";
import relative from "lib/rel/a";
import Defines from "lib/exact";
import table from "table";

const deep = config.deep as { a: string; b: string };
trace(`config ${config.size} ${config.name} ${deep.a} ${deep.b} ${config.platform}\n`);
trace(`part ${part}\n`);
trace(`relative ${relative}\n`);
trace(`defines ${Defines.read()}\n`);
trace(`table ${table.from} ${table.list}\n`);
trace(`data ${String.fromArrayBuffer(new Resource("hello.txt").slice(0))}\n`);
globalThis.simulator?.exit();
