"""What the fake command line tools share: strict arguments, a state in a file, and a log of every argument."""

import argparse
import fcntl
import json
import os
import sys
from contextlib import contextmanager

FOLDER = os.environ["FAKE_STATE"]


def words(*names: str, **flags: bool) -> argparse.ArgumentParser:
    """A parser. `flags` are options, and whether they are required; an unknown one ends the tool, as in the real ones."""
    with open(FOLDER + "/log", "a", encoding="utf-8") as log:
        log.write(json.dumps(sys.argv) + "\n")
    made = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        made.add_argument(name)
    for flag, required in flags.items():
        made.add_argument("--" + flag.replace("_", "-"), required=required)
    return made


@contextmanager
def state():
    """The content of the service, for one request at a time."""
    with open(FOLDER + "/state.json", "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = json.loads(file.read() or "{}")
        yield content
        file.seek(0)
        file.truncate()
        json.dump(content, file)


def fail(code: int, message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(code)
