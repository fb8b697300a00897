"""One side of a comparison: times stages of whichever `mcengine` PYTHONPATH names, one short sample per request.

Started by compare.py. Writes one JSON line {"package", "ready": {stage: draws a call}, "absent": {stage: why}},
then answers each line "STAGE CALLS" on standard input with seconds per draw, until the input ends.

Seconds are the process's own processor time: being preempted by somebody else is no property of the code.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from importlib import import_module


def main() -> None:
    """Prepare the stages named on the command line, then answer requests."""
    works, absent, package = {}, {}, ""
    for name in sys.argv[1:]:
        try:
            package = import_module("mcengine").__file__ or ""
            works[name] = import_module("stages").work(name)
        except Exception as error:  # an older or newer package may lack what this stage calls
            absent[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    ready = {name: work.draws for name, work in works.items()}
    print(json.dumps({"package": package, "ready": ready, "absent": absent}), flush=True)
    gc.disable()
    for line in sys.stdin:
        name, calls = line.split()
        work = works[name]
        started = time.process_time()
        for _ in range(int(calls)):
            work.call()
        print((time.process_time() - started) / int(calls) / work.draws, flush=True)


if __name__ == "__main__":
    main()
