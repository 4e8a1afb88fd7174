# SPDX-License-Identifier: Apache-2.0
"""The other end of process.mjs, for those that run in Python: a line of JSON is a call, and one its end."""
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


def calls():
    return iter(sys.stdin.readline, "")
