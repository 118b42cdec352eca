"""What our client sends, taken from the wire and held against the published API (`shared/reference/osms-api.json`)."""

import email.utils
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from oci.os_management import models

import proxy
import service
from service import everything

# Headers that every request has or may have, besides those that the API lists.
ALWAYS = {"accept", "authorization", "date", "host", "opc-client-info", "opc-request-id", "user-agent"}
WITH_BODY = {"content-length", "content-type", "x-content-sha256"}

# What our client sends only when work fails, which it does not here. The Rust tests beside the client hold these
# against the same table.
ELSEWHERE = {"ListWorkRequestErrors", "ListWorkRequestLogs"}

# A train of a package that nobody ships, to be looked for everywhere.
OTHER = """
[train]
name         = "other"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "{compartment}"

[service]
api       = "osms"
endpoints = {{ osms = "{endpoint}" }}

[[release]]
name     = "GL1"
manifest = "other.packages"

[[group]]
name    = "other"
release = "GL1"
members = ["{member}"]
"""


def api():
    places = [os.environ.get("PATCHTRAIN_SHARED"), service.ROOT.parent / "shared", "/work/shared"]
    for place in filter(None, places):
        table = pathlib.Path(place, "reference", "osms-api.json")
        if table.exists():
            return json.loads(table.read_text())
    return None


def camel(operation):
    return "".join(word.capitalize() for word in operation.split("_"))


def ours():
    """The operations that our client's source names."""
    known = {camel(operation) for operation in service.table()}
    files = (service.ROOT / "src" / "cloud" / "osms").glob("*.rs")
    named = set(re.findall(r'"([A-Z][A-Za-z]+)"', "".join(file.read_text() for file in files)))
    return named & known


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = api()
        if cls.api is None:
            raise unittest.SkipTest("shared/reference/osms-api.json is not there")
        cls.simulator = service.Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.recorder = proxy.Recorder(cls.simulator.endpoint)
        cls.addClassCleanup(cls.recorder.stop)
        cls.workspace = cls.simulator.folder / "workspace"
        shutil.copytree(service.ROOT / "trains", cls.workspace / "trains", ignore=shutil.ignore_patterns("examples"))
        cls.train = cls.workspace / "trains" / "great-linux.toml"
        cls.edit(r'endpoints = .*', f'endpoints = {{ osms = "{cls.recorder.endpoint}" }}')
        cls.story()

    @classmethod
    def edit(cls, what, into):
        text, times = re.subn(what, into, cls.train.read_text(), flags=re.MULTILINE)
        assert times, f"{what} is not in the train"
        cls.train.write_text(text)

    @classmethod
    def run_it(cls, *words, codes=(0,)):
        environment = os.environ | {"OCI_CONFIG_FILE": str(cls.simulator.config_file), "HOME": str(cls.workspace)}
        ran = subprocess.run(
            [service.BINARY, *words], cwd=cls.workspace, env=environment, capture_output=True, text=True, timeout=300
        )
        assert ran.returncode in codes, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    @classmethod
    def story(cls):
        """All that our client can be brought to do."""
        client = cls.simulator.client()
        # While the fleet is on the vendor's sources, updates with errata are outstanding.
        cls.run_it("report", "--format", "json")
        cls.run_it("apply", "--auto-approve")
        # The golden instance is patched by hand, one package of it by name.
        golden = cls.simulator.golden
        updates = everything(client.list_available_updates_for_managed_instance, golden)
        name = next(update.display_name for update in updates if update.update_type == "BUG")
        cls.run_it("update", "--instance", golden, "--type", "bugfix", "--package", name, "--auto-approve")
        # A schedule comes, changes and goes.
        schedule = 'schedule = { update = "bugfix", every = "1 week", start = "2031-01-05T02:00:00Z" }'
        cls.edit(r'^name    = "canary"', 'name    = "canary"\n' + schedule)
        cls.run_it("apply", "--auto-approve")
        cls.edit(r'every = "1 week"', 'every = "2 days"')
        cls.run_it("apply", "--auto-approve")
        cls.edit(r'^schedule = .*\n', "")
        cls.run_it("apply", "--auto-approve")
        # Somebody changes what a source holds.
        sources = everything(client.list_software_sources, cls.simulator.compartment, lifecycle_state="ACTIVE")
        source = next(row.id for row in sources if row.display_name.endswith("GL1"))
        names = [row.name for row in everything(client.list_software_source_packages, source)]
        foreign = next(
            row.name for row in everything(client.search_software_packages, display_name="z") if row.name not in names
        )
        change = models.AddPackagesToSoftwareSourceDetails(package_names=[foreign])
        client.add_packages_to_software_source(source, change)
        change = models.RemovePackagesFromSoftwareSourceDetails(package_names=names[:1])
        client.remove_packages_from_software_source(source, change)
        cls.edit(r'^name    = "canary"\nrelease = "GL1"', 'name    = "canary"\nrelease = "GL1.1"')
        cls.run_it("apply", "--auto-approve")
        # A group goes.
        text = cls.train.read_text()
        cls.train.write_text(text[: text.index('[[group]]\nname    = "backend"')])
        cls.run_it("apply", "--auto-approve", "--allow-shrink")
        # The canary, which rode GL1.1, goes back, and that release is retired.
        cls.edit(r'^name    = "canary"\nrelease = "GL1.1"', 'name    = "canary"\nrelease = "GL1"')
        cls.edit(r'(?<=GL1.1.packages"\n)', "retired = true\n")
        told = cls.run_it("apply", "--auto-approve")
        assert "delete its source" in told, told
        cls.run_it("status")
        cls.run_it("freeze", "GL2", "--from", "golden-01")
        # From here on releases are children: the canary goes to one that is made anew as such, and on to the next.
        cls.edit(r"^\[service\]", 'layout = "child"\n\n[service]')
        cls.edit(r"retired = true\n", "")
        for there, on in [("GL1", "GL1.1"), ("GL1.1", "GL2")]:
            cls.edit(rf'^name    = "canary"\nrelease = "{there}"', f'name    = "canary"\nrelease = "{on}"')
            cls.run_it("apply", "--auto-approve")
        (cls.workspace / "trains" / "other.packages").write_text("nobody-ships-c++-1:1.0-1.el8.x86_64\n")
        other = OTHER.format(
            compartment=cls.simulator.compartment,
            endpoint=cls.recorder.endpoint,
            member=cls.simulator.members["batch-05"],
        )
        (cls.workspace / "trains" / "other.toml").write_text(other)
        told = cls.run_it("plan", "--train", "other", codes=(1,))
        assert "nobody-ships-c++" in told, told

    def operation(self, exchange):
        """Finds the operation of a request; literal parts of a path win over variable ones."""
        path = exchange.path.removeprefix(self.api["base_path"])
        self.assertNotEqual(path, exchange.path, "not under the API's version")

        def fits(template):
            pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/"))
            return re.fullmatch(pattern, path)

        found = [it for it in self.api["operations"] if it["method"] == exchange.method and fits(it["path"])]
        self.assertTrue(found, f"the API has no {exchange.method} {exchange.path}")
        return min(found, key=lambda it: it["path"].count("{"))

    def test_every_request_is_as_the_api_says(self):
        self.assertGreater(len(self.recorder.exchanges), 100)
        for exchange in self.recorder.exchanges:
            operation = self.operation(exchange)
            with self.subTest(operation["operation"], target=exchange.target):
                self.hold(exchange, operation)

    def hold(self, exchange, operation):
        names = [name for name, _ in exchange.query]
        self.assertEqual(len(set(names)), len(names))
        self.assertLessEqual(set(names), set(operation["query"]))
        self.assertLessEqual({it for it in operation["required"] if it in operation["query"]}, set(names))
        # As Oracle's SDKs escape: nothing but unreserved signs stands for itself.
        self.assertRegex(exchange.target, r"^(/([A-Za-z0-9._~-]|%[0-9A-F]{2})+)+(\?([A-Za-z0-9._~=&-]|%[0-9A-F]{2})*)?$")

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
            self.assertRegex(headers["opc-retry-token"], "^.{1,64}$")
        self.assertNotEqual(exchange.status, 401)

        if operation["body"] is None:
            self.assertEqual(exchange.body, b"")
            return
        model = getattr(models, operation["body"])()
        fields = self.api["models"][operation["body"]]["fields"]
        body = json.loads(exchange.body)
        self.assertLessEqual(set(body), set(fields))
        for name, json_name in model.attribute_map.items():
            if service.is_required(model, name):
                self.assertIn(json_name, body)
        for name, value in body.items():
            kind = {"str": str, "datetime": str, "int": int, "bool": bool}.get(fields[name], list if "list[" in fields[name] else dict)
            self.assertIsInstance(value, kind, f"{operation['body']}.{name}")

    def test_every_operation_of_our_client_is_seen(self):
        seen = {camel(self.operation(exchange)["operation"]) for exchange in self.recorder.exchanges}
        self.assertLessEqual(seen, ours())
        self.assertEqual(ours() - seen - ELSEWHERE, set())
