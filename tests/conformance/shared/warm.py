"""Oracle's command line, kept warm: it takes seconds to load, and so is loaded once and forked for each command.

    warm.py SERVICE...

loads the words' service, and then reads a JSON list from each line of its input: `["start", WORDS, OUT, ERR]` starts
the command with its output to two files, and answers with the process; `["finish", PROCESS]` waits, and answers with
the exit code. A command sees the process that it would see if it were started by itself.
"""

import json
import os
import sys


def start(words, out, err):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        for path, descriptor in [(os.devnull, 0), (out, 1), (err, 2)]:
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, descriptor)
        sys.argv = ["oci", *words]
        cli()
    except SystemExit as exit:
        code = exit.code or 0
        # As an interpreter does that ends: what is no code is the last word.
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def finish(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


# The command line loads the service that its arguments name when it is imported.
sys.argv[0] = "oci"
from oci_cli.cli import cli

for line in sys.stdin:
    verb, *arguments = json.loads(line)
    print({"start": start, "finish": finish}[verb](*arguments), flush=True)
