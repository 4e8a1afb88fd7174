# SPDX-License-Identifier: Apache-2.0
"""The other end of process.mjs, for those that run in Python: a line of JSON is a call, and one its end."""
import asyncio
import json
import sys
import traceback


def parse(line):
    call = json.loads(line)
    return call["method"], call["parameters"]


def reply(result=None, error=None):
    message = {"result": result} if error is None else {"error": error}
    print(json.dumps(message), flush=True)


def reply_error():
    reply(error=traceback.format_exc(chain=False).strip().rsplit("\n", 1)[-1])


def serve(peer):
    """Calls its methods, until there are no more lines."""
    for line in iter(sys.stdin.readline, ""):
        try:
            method, parameters = parse(line)
            reply(getattr(peer, method)(**parameters))
        except Exception:
            reply_error()


def serve_async(make):
    """As `serve`, with a peer that is made in a loop of asyncio, and whose methods are coroutines."""

    async def run():
        peer = make()
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            try:
                method, parameters = parse(line)
                reply(await getattr(peer, method)(**parameters))
            except Exception:
                reply_error()

    asyncio.run(run())
