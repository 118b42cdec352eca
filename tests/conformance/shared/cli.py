"""Oracle's command line against a simulator."""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import unittest

import service

WARM = pathlib.Path(__file__).with_name("warm.py")


class Process:
    """A command on its way."""

    count = 0

    def __init__(self, folder, words):
        Process.count += 1
        self.words = words
        self.out, self.err = (folder / f"command-{Process.count}.{what}" for what in ("out", "err"))


class Case(unittest.TestCase):
    """Runs `oci SERVICE COMMAND`, with `service` for SERVICE, against one simulator that `start` starts."""

    start = service.Simulator

    @classmethod
    def setUpClass(cls):
        cls.simulator = cls.start()
        cls.addClassCleanup(cls.simulator.stop)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(cls.simulator.folder),
            "LANG": "C.UTF-8",
            "OCI_CLI_CONFIG_FILE": str(cls.simulator.config_file),
            "OCI_CLI_ENDPOINT": cls.simulator.endpoint,
            "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True",
        } | {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}
        cls.warm = subprocess.Popen(
            [sys.executable, WARM, cls.service],
            env=environment,
            cwd=cls.simulator.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        cls.addClassCleanup(cls.cool)
        cls.places = {"c": cls.simulator.compartment, "t": cls.simulator.tenancy, "golden": cls.simulator.golden}
        cls.places |= {name.replace("-", "_"): id for name, id in cls.simulator.members.items()}

    @classmethod
    def cool(cls):
        cls.warm.stdin.close()
        cls.warm.wait(service.PATIENCE_SECONDS)
        cls.warm.stdout.close()

    def ask(self, *what):
        self.warm.stdin.write(json.dumps(what) + "\n")
        answer = self.warm.stdout.readline()
        self.assertTrue(answer, "the command line cannot be loaded")
        return int(answer)

    def launch(self, command):
        """Starts `oci SERVICE COMMAND`, with `{name}` for what is known by a name."""
        words = [self.service, *(word.format(**self.places) for word in shlex.split(command))]
        process = Process(self.simulator.folder, words)
        process.number = self.ask("start", words, str(process.out), str(process.err))
        return process

    def finish(self, process, code=0):
        ended = self.ask("finish", process.number)
        out, err = process.out.read_text(), process.err.read_text()
        self.assertEqual(ended, code, f"{process.words}\n{out}\n{err}")
        self.assertNotIn("arning", err)
        return out, err

    def oci(self, command):
        """Runs a command; returns what it prints: JSON, or a raw string."""
        out, _ = self.finish(self.launch(command))
        try:
            return json.loads(out)
        except ValueError:
            return out.strip()

    def refused(self, command):
        """Runs a command that the service refuses; returns the refusal."""
        _, err = self.finish(self.launch(command), code=1)
        start = err.index("{")
        return json.loads(err[start:])

    def hold_refusals(self, missing, operation):
        """Holds how refusals are told; `missing` is a command of an operation that is not offered."""
        nothing = "ocid1.instance.oc1..aaaaaaaanothing"
        refusal = self.refused(f"managed-instance get --managed-instance-id {nothing}")
        self.assertEqual((refusal["status"], refusal["code"]), (404, "NotAuthorizedOrNotFound"))
        self.assertIn(nothing, refusal["message"])
        refusal = self.refused("managed-instance list -c {c} --limit 5000")
        self.assertEqual((refusal["status"], refusal["code"]), (400, "InvalidParameter"))
        refusal = self.refused(missing)
        self.assertEqual((refusal["status"], refusal["code"]), (501, "MethodNotImplemented"))
        self.assertIn(operation, refusal["message"])

    def file(self, name, content):
        (self.simulator.folder / name).write_text(json.dumps(content))
