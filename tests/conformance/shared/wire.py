"""What our client sends, taken from the wire and held against a published API (`shared/reference/*-api.json`)."""

import email.utils
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import proxy
import service

# Headers that every request has or may have, besides those that the API lists.
ALWAYS = {"accept", "authorization", "date", "host", "opc-client-info", "opc-request-id", "user-agent"}
WITH_BODY = {"content-length", "content-type", "x-content-sha256"}
# What stands in JSON for a type; another one is an object.
KINDS = {"str": str, "datetime": str, "int": int, "bool": bool}


def published(name):
    """What is published of an API; nothing where that does not lie about."""
    places = [os.environ.get("PATCHTRAIN_SHARED"), service.ROOT.parent / "shared", "/work/shared"]
    for place in filter(None, places):
        table = pathlib.Path(place, "reference", f"{name}-api.json")
        if table.exists():
            return json.loads(table.read_text())
    return None


def camel(operation):
    return "".join(word.capitalize() for word in operation.split("_"))


def ours(folder, known):
    """Those of the known operations that our client's source names, in one dialect or for both."""
    cloud = service.ROOT / "src" / "cloud"
    files = [*(cloud / folder).glob("*.rs"), *cloud.glob("*.rs")]
    named = set(re.findall(r'"([A-Z][A-Za-z]+)"', "".join(file.read_text() for file in files)))
    return named & {camel(operation) for operation in known}


class Workspace:
    """A copy of our example's, whose train talks to a simulator through a proxy that keeps what is said."""

    def __init__(self, simulator, ignore=("examples",)):
        self.simulator = simulator
        self.recorder = proxy.Recorder(simulator.endpoint)
        self.folder = simulator.folder / "workspace"
        trains = self.folder / "trains"
        shutil.copytree(service.ROOT / "trains", trains, ignore=shutil.ignore_patterns(*ignore))
        self.train = trains / "great-linux.toml"

    def edit(self, what, into):
        text, times = re.subn(what, into, self.train.read_text(), flags=re.MULTILINE)
        assert times, f"{what} is not in the train"
        self.train.write_text(text)

    def run(self, *words, codes=(0,)):
        """Runs a command of ours, and returns what it says."""
        environment = os.environ | {"OCI_CONFIG_FILE": str(self.simulator.config_file), "HOME": str(self.folder)}
        ran = subprocess.run(
            [service.BINARY, *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert ran.returncode in codes, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr


    def lose_state(self):
        """Loses the train's state and all that is kept beside it, and returns what it was."""
        folder = self.folder / "state"
        state = json.loads((folder / "great-linux.json").read_text())
        for file in folder.glob("great-linux.*"):
            file.unlink()
        return state


class Case(unittest.TestCase):
    """Judges exchanges by `published`, what is published of the API, and `models`, the SDK's; `recorder` has them. Of
    the operations that our client uses, `ours`, it must have been seen to send all but those `elsewhere`."""

    def test_every_request_is_as_the_api_says(self):
        self.assertGreater(len(self.recorder.exchanges), 100)
        for exchange in self.recorder.exchanges:
            operation = self.operation(exchange)
            with self.subTest(operation["operation"], target=exchange.target):
                self.hold(exchange, operation)

    def test_every_operation_of_our_client_is_seen(self):
        seen = {camel(self.operation(exchange)["operation"]) for exchange in self.recorder.exchanges}
        self.assertLessEqual(seen, self.ours)
        self.assertEqual(self.ours - seen - self.elsewhere, set())

    def operation(self, exchange):
        """Finds the operation of a request; literal parts of a path win over variable ones."""
        path = exchange.path.removeprefix(self.published["base_path"])
        self.assertNotEqual(path, exchange.path, "not under the API's version")

        def fits(template):
            pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/"))
            return re.fullmatch(pattern, path)

        found = [it for it in self.published["operations"] if it["method"] == exchange.method and fits(it["path"])]
        self.assertTrue(found, f"the API has no {exchange.method} {exchange.path}")
        return min(found, key=lambda it: it["path"].count("{"))

    def required(self, operation):
        """The query parameters that a request must have."""
        return {it for it in operation["required"] if it in operation["query"]}

    def may_repeat(self, operation):
        """The query parameters that may stand several times."""
        return set()

    def hold(self, exchange, operation):
        """Holds a request against what is published of its operation."""
        names = [name for name, _ in exchange.query]
        once = [name for name in names if name not in self.may_repeat(operation)]
        self.assertEqual(len(set(once)), len(once))
        self.assertLessEqual(set(names), set(operation["query"]))
        self.assertLessEqual(self.required(operation), set(names))
        # As Oracle's SDKs escape: nothing but unreserved signs stands for itself.
        self.assertRegex(
            exchange.target, r"^(/([A-Za-z0-9._~-]|%[0-9A-F]{2})+)+(\?([A-Za-z0-9._~=&-]|%[0-9A-F]{2})*)?$"
        )

        headers = dict(exchange.headers)
        self.assertEqual(len(headers), len(exchange.headers), "a header stands twice")
        has_body = exchange.method in ("POST", "PUT")
        required = ALWAYS | (WITH_BODY if has_body else set())
        self.assertLessEqual(required, set(headers))
        self.assertLessEqual(set(headers), required | set(operation["request_headers"]))
        self.assertRegex(headers["opc-request-id"], "^[0-9A-F]{32}$")
        self.assertEqual(headers["accept"], "application/json")
        self.assertTrue(headers["date"].endswith(" GMT") and email.utils.parsedate_to_datetime(headers["date"]))
        if "opc-retry-token" in operation["request_headers"]:
            self.assertRegex(headers.get("opc-retry-token", ""), "^.{1,64}$")
        self.assertNotEqual(exchange.status, 401)

        if operation["body"] is None:
            self.assertEqual(exchange.body, b"")
        else:
            self.hold_body(json.loads(exchange.body), operation["body"], operation["body"])

    def hold_body(self, body, kind, where):
        """Holds a JSON object against a model."""
        base = getattr(self.models, kind)
        if hasattr(base, "get_subtype"):
            kind = base.get_subtype(body)
        model = getattr(self.models, kind)()
        fields = self.published["models"][kind]["fields"]
        self.assertLessEqual(set(body), set(fields), where)
        for name, json_name in model.attribute_map.items():
            if service.is_required(model, name):
                self.assertIn(json_name, body, where)
        for name, value in body.items():
            self.hold_value(value, fields[name], f"{where}.{name}")

    def hold_value(self, value, kind, where):
        listed = re.fullmatch(r"list\[(.*)\]", kind)
        if listed:
            self.assertIsInstance(value, list, where)
            for index, piece in enumerate(value):
                self.hold_value(piece, listed[1], f"{where}[{index}]")
        else:
            self.assertIsInstance(value, KINDS.get(kind, dict), where)
            if kind in self.published["models"]:
                self.hold_body(value, kind, where)
