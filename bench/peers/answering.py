"""What all peers that are timed share: a JSON line in, a JSON line out. A handler prepares and returns the work, which is
timed here; a package that does not load is answered as missing, anything else that goes wrong as failed, never as a time."""
import json
import os
import resource
import sys
import time
from importlib.metadata import version

handlers = {}


def answers(*packages):
    """Registers a handler: keyword arguments of a command in, the work (a function without arguments) or None out."""

    def keep(handler):
        handlers[handler.__name__] = handler, packages
        return handler

    return keep


def used():
    """Processor seconds of this process and of programs that it ran."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def answer(what, command):
    handler, packages = handlers[what]
    work = handler(**command)
    reply = {'peer': ', '.join(f'{name} {version(name)}' for name in packages)}
    if work is not None:
        begin, cpu = time.perf_counter(), used()
        more = work()
        reply |= {'ms': 1000 * (time.perf_counter() - begin), 'cpuMs': 1000 * (used() - cpu), **(more or {})}
    return reply


def serve():
    # What libraries print must not come between answers.
    replies = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        what = command.pop('do')
        try:
            reply = answer(what, command)
        except Exception as error:
            why = f'{type(error).__name__}: {error}'.strip().splitlines()[0][:300]
            reply = {'missing' if isinstance(error, (ImportError, OSError)) else 'failed': why}
        print(json.dumps(reply), file=replies, flush=True)
