"""A simulator to test against, and Oracle's SDK in front of it, with every answer held against the SDK's own models.

What is required of an answer is not written down here: it is read from the SDK, whose models say in their
documentation which fields are required.
"""

import atexit
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

import oci

BINARY = os.environ["PATCHTRAIN_BINARY"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60

# Fields that are null although their models require them: where they end, as the service itself was recorded to do it.
forgiven = set()

# Operations that have been answered with success, by their names in the SDK.
succeeded = set()


def until(what, look):
    """Looks again and again until there is something to see, and returns it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain: {what}")


def missing(what):
    """Skips a test for want of what it is to be held against; but not in CI, where a proof must not go missing unseen."""
    if os.environ.get("CI"):
        raise AssertionError(what)
    raise unittest.SkipTest(what)


class Simulator:
    """A `patchtrain simulate` of its own, in a workspace of its own."""

    def __init__(self, *more):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="patchtrain-conformance-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.config_file = self.folder / "oci" / "config"
        command = [BINARY, "simulate", "--config", self.config_file.parent, "--chdir", self.folder, *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.stop)
        name, _, self.endpoint = self.process.stdout.readline().strip().partition(" ")
        assert name == "endpoint", f"{command} printed {name!r}"
        self.endpoint = self.endpoint.strip()
        info = self.administer("info")
        self.compartment, self.tenancy = info["compartment"], info["tenancy"]
        self.golden = info["golden"]["id"]
        self.groups = {name: {member["name"]: member["id"] for member in members} for name, members in info["groups"]}
        self.members = {name: id for members in self.groups.values() for name, id in members.items()}

    def administer(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.endpoint}/simulator/{what}", data, timeout=30) as answer:
            return json.load(answer)

    def advance(self, seconds=60):
        """Lets the simulator's time pass at once, so that agents get their work done."""
        self.administer("advance", {"seconds": seconds})

    def config(self):
        return oci.config.from_file(str(self.config_file))

    def connect(self, kind, **arguments):
        """A client of the SDK's, judging each answer."""
        client = kind(self.config(), service_endpoint=self.endpoint, **arguments)
        judge(client)
        return client

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        self.assert_kept()

    def assert_kept(self):
        """No line of the key is in a file of the workspace that is not there for it."""
        keys = [file for file in self.folder.rglob("*.pem")]
        lines = {line for key in keys for line in key.read_bytes().splitlines() if len(line) == 64}
        for file in self.folder.rglob("*"):
            if file.is_file() and file not in keys:
                content = file.read_bytes()
                assert not any(line in content for line in lines), f"{file} shows a key"


def operations(client_class):
    """The operations of one of the SDK's clients: its public methods."""
    public = {name for name in vars(client_class) if not name.startswith("_")}
    return sorted(name for name in public if callable(getattr(client_class, name)))


def table(folder):
    """Whether the simulator offers an operation, `in` or `out`, by the list that lies in a folder."""
    text = pathlib.Path(folder, "operations.txt").read_text()
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {operation: where for operation, where in lines}


def offered(table):
    """Those of a table that are in."""
    return {operation for operation, where in table.items() if where == "in"}


def judge(client):
    """Makes a client hold each answer against the models before it returns it."""
    base = client.base_client
    deserialize, call_api = base.deserialize_response_data, base.call_api

    def judged(data, kind, *arguments, **more):
        answer = deserialize(data, kind, *arguments, **more)
        # A refusal is deserialized without a model, by the client itself.
        if kind != "object" and data:
            hold(base.type_mappings, json.loads(data), answer, kind, kind)
        return answer

    def called(*arguments, **more):
        answer = call_api(*arguments, **more)
        sent = answer.request.header_params.get("opc-request-id")
        assert answer.request_id == sent, f"opc-request-id is {answer.request_id}, sent was {sent}"
        if more.get("operation_name"):
            succeeded.add(more["operation_name"])
        return answer

    base.deserialize_response_data, base.call_api = judged, called


def words(types, kind, known={}):
    """The words of a type that has no model, as the models name them that have a field of it."""
    if kind not in known:
        prefix = re.sub("(?<!^)(?=[A-Z])", "_", kind).upper() + "_"
        constants = (vars(model).items() for model in types.values() if isinstance(model, type))
        known[kind] = {value for names in constants for name, value in names if name.startswith(prefix)}
        assert known[kind], f"the SDK has nothing of {kind}"
    return known[kind]


def is_required(model, name):
    return "**[Required]**" in getattr(type(model), name).__doc__


def hold(types, raw, answer, kind, where):
    """Holds a piece of JSON, and what the SDK made of it, against what the SDK says of the type."""
    if raw is None:
        return
    listed = re.fullmatch(r"list\[(.*)\]", kind)
    mapped = re.fullmatch(r"dict\(([^,]*), (.*)\)", kind)
    if listed:
        assert isinstance(raw, list), f"{where} is no list"
        for index, (piece, made) in enumerate(zip(raw, answer, strict=True)):
            hold(types, piece, made, listed[1], f"{where}[{index}]")
    elif mapped:
        assert isinstance(raw, dict), f"{where} is no object"
        for key, piece in raw.items():
            hold(types, piece, answer[key], mapped[2], f"{where}[{key}]")
    elif kind == "object":
        pass
    elif kind == "datetime":
        assert isinstance(answer, datetime.datetime) and answer.tzinfo, f"{where} is no time: {raw}"
    elif kind in ("str", "int", "bool", "float"):
        # JSON does not tell 100 from 100.0.
        fits = type(raw).__name__ == kind or (kind == "float" and type(raw) is int)
        assert fits, f"{where} is no {kind}: {raw!r}"
        assert answer != "UNKNOWN_ENUM_VALUE", f"{where} is none of the words: {raw!r}"
    elif kind not in types:
        assert raw in words(types, kind), f"{where} is no {kind}: {raw!r}"
    else:
        assert isinstance(answer, types[kind]), f"{where} is no {kind}"
        unknown = raw.keys() - set(answer.attribute_map.values())
        assert not unknown, f"{where}: {kind} has no {sorted(unknown)}"
        for name, json_name in answer.attribute_map.items():
            value = getattr(answer, name)
            here = f"{where}.{json_name}"
            missing = value is None and is_required(answer, name) and not here.endswith(tuple(forgiven))
            assert not missing, f"{where}: {kind} requires {json_name}"
            hold(types, raw.get(json_name), value, answer.swagger_types[name], here)


def everything(operation, *arguments, **more):
    """All rows of a list, through the SDK's own helper."""
    return oci.pagination.list_call_get_all_results(operation, *arguments, **more).data
