"""Compute and Identity, as far as selecting members needs them: what Oracle's SDK and command line make of the
simulator's answers, and what our client sends, held against the SDK's own description of the two operations."""

import inspect
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import oci

import api
import proxy
import service
from service import everything

OCI = pathlib.Path(sys.executable).with_name("oci")


def setUpModule():
    global simulator, compute, identity, stores
    simulator = service.Simulator()
    unittest.addModuleCleanup(simulator.stop)
    compute = oci.core.ComputeClient(simulator.config(), service_endpoint=simulator.endpoint)
    identity = oci.identity.IdentityClient(simulator.config(), service_endpoint=simulator.endpoint)
    for client in (compute, identity):
        service.judge(client)
    stores = next(row.id for row in everything(identity.list_compartments, simulator.compartment) if row.name == "stores")


class Instances(unittest.TestCase):
    def test_a_compartment_lists_its_own_whatever_they_are_doing(self):
        rows = everything(compute.list_instances, simulator.compartment)
        self.assertEqual({row.id for row in rows}, set(simulator.members.values()) | {simulator.golden})
        rows = everything(compute.list_instances, stores, sort_by="DISPLAYNAME")
        names = [row.display_name for row in rows]
        self.assertEqual(names, sorted(names))
        states = {row.display_name: row.lifecycle_state for row in rows}
        self.assertEqual(set(states.values()), {"RUNNING", "STOPPED", "TERMINATED"})
        tagged = next(row for row in rows if row.display_name == "kiosk-01")
        self.assertEqual(tagged.defined_tags, {"ops": {"patch": "stores"}})
        self.assertEqual(tagged.freeform_tags, {"role": "kiosk"})
        self.assertEqual(tagged.compartment_id, stores)

    def test_filters_and_pages(self):
        stopped = everything(compute.list_instances, stores, lifecycle_state="STOPPED")
        self.assertEqual([row.display_name for row in stopped], ["kiosk-04"])
        named = everything(compute.list_instances, simulator.compartment, display_name="web-0")
        self.assertEqual(named, [], "the name is to match exactly")
        whole = [row.id for row in everything(compute.list_instances, simulator.compartment)]
        for size in (1, 7, 25, 1000):
            rows = everything(compute.list_instances, simulator.compartment, limit=size)
            self.assertEqual([row.id for row in rows], whole)

    def test_what_is_not_there_is_refused(self):
        for call in (compute.list_instances, identity.list_compartments):
            with self.assertRaises(oci.exceptions.ServiceError) as refused:
                call("ocid1.compartment.oc1..aaaaaaaanothing")
            self.assertEqual((refused.exception.status, refused.exception.code), (404, "NotAuthorizedOrNotFound"))

    def test_a_new_one_runs_before_the_patch_service_knows_it(self):
        managed = api.connect(simulator)
        pilot = next(row.id for row in everything(identity.list_compartments, stores))
        running = {row.id for row in everything(compute.list_instances, pilot, lifecycle_state="RUNNING")}
        known = lambda: {row.id for row in everything(managed.list_managed_instances, pilot)}
        self.assertEqual(len(running - known()), 1)
        simulator.advance(2 * 3600)
        self.assertEqual(running, known())


class Compartments(unittest.TestCase):
    def test_one_level_at_a_time(self):
        below = lambda parent, **more: [row.name for row in everything(identity.list_compartments, parent, **more)]
        self.assertEqual(below(simulator.compartment, sort_by="NAME"), ["closed", "stores"])
        self.assertEqual(below(simulator.compartment, lifecycle_state="ACTIVE"), ["stores"])
        self.assertEqual(below(simulator.compartment, name="stores", access_level="ANY"), ["stores"])
        self.assertEqual(below(stores), ["pilot"])
        self.assertEqual(below(simulator.tenancy), ["patchtrain"])
        self.assertEqual(len(below(simulator.tenancy, compartment_id_in_subtree=True)), 4)
        with self.assertRaises(oci.exceptions.ServiceError) as refused:
            below(stores, compartment_id_in_subtree=True)
        self.assertEqual(refused.exception.code, "InvalidParameter")


class Commands(unittest.TestCase):
    def oci(self, *words):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(simulator.folder),
            "LANG": "C.UTF-8",
            "OCI_CLI_CONFIG_FILE": str(simulator.config_file),
            "OCI_CLI_ENDPOINT": simulator.endpoint,
            "OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING": "True",
        } | {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}
        ran = subprocess.run([OCI, *words], env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)

    def test_as_an_administrator_types_them(self):
        rows = self.oci("compute", "instance", "list", "-c", stores, "--lifecycle-state", "RUNNING", "--all")["data"]
        names = {row["display-name"] for row in rows}
        self.assertLessEqual({"kiosk-01", "kiosk-02", "kiosk-05", "kiosk-08"}, names)
        self.assertNotIn("kiosk-04", names)
        rows = self.oci("iam", "compartment", "list", "-c", simulator.compartment, "--lifecycle-state", "ACTIVE")["data"]
        self.assertEqual([row["id"] for row in rows], [stores])


def described(operation):
    """The query parameters that the SDK knows of an operation, as they are sent."""
    return set(re.findall(r'"([a-zA-Z]+)": (?:kwargs\.get|compartment_id)', inspect.getsource(operation)))


class Wire(unittest.TestCase):
    def test_our_requests_are_as_the_sdk_has_them(self):
        recorder = proxy.Recorder(simulator.endpoint)
        self.addCleanup(recorder.stop)
        workspace = simulator.folder / "selected"
        shutil.copytree(service.ROOT / "trains", workspace / "trains", ignore=shutil.ignore_patterns("*.toml", "examples"))
        text = (service.ROOT / "trains" / "examples" / "selected.toml").read_text()
        places = ", ".join(f'{name} = "{recorder.endpoint}"' for name in ("osms", "compute", "identity"))
        text = re.sub(r"(?m)^endpoints = .*", f"endpoints = {{ {places} }}", text)
        text = text[: text.rindex("[[group]]")].replace("pilot", "stores")
        text = re.sub(r"(?m)^members = .*", f'members = {{ compartments = ["{stores}"], subcompartments = true }}', text)
        (workspace / "trains" / "selected.toml").write_text(text)
        environment = os.environ | {"OCI_CONFIG_FILE": str(simulator.config_file), "HOME": str(workspace)}
        words = [service.BINARY, "plan", "--summary"]
        ran = subprocess.run(words, cwd=workspace, env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("not running (kiosk-04)", ran.stdout)

        known = {
            "/20160918/instances": described(oci.core.ComputeClient.list_instances),
            "/20160918/compartments": described(oci.identity.IdentityClient.list_compartments),
        }
        sent = [exchange for exchange in recorder.exchanges if exchange.path.startswith("/20160918/")]
        self.assertEqual({exchange.path for exchange in sent}, set(known))
        for exchange in sent:
            with self.subTest(exchange.target):
                names = [name for name, _ in exchange.query]
                self.assertEqual((exchange.method, exchange.body, exchange.status), ("GET", b"", 200))
                self.assertIn("compartmentId", names)
                self.assertLessEqual(set(names), known[exchange.path])
        # One list of instances for each compartment, one of compartments below each.
        self.assertEqual(len({exchange.target for exchange in sent}), len(sent))
        self.assertEqual(len(sent), 4)


if __name__ == "__main__":
    unittest.main()
