"""Which of the API's operations the simulator has: those of `operations.txt`, and all others answer 501."""

import datetime
import inspect
import unittest

import oci
from oci.os_management import EventClient, OsManagementClient, models

import api
import service

NOWHERE = "ocid1.nothing.oc1..aaaaaaaanothing"


def setUpModule():
    global simulator
    simulator = service.Simulator()
    unittest.addModuleCleanup(simulator.stop)


def argument(name):
    """Something that the SDK sends for a parameter."""
    if name.endswith("_details"):
        return getattr(models, "".join(word.capitalize() for word in name.split("_")))()
    if name.startswith("time_"):
        return datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    return NOWHERE


def refusal(client, operation):
    """Calls an operation with what it requires, none of which exists; returns how it is refused."""
    call = getattr(client, operation)
    parameters = inspect.signature(call).parameters.values()
    required = [argument(it.name) for it in parameters if it.kind == it.POSITIONAL_OR_KEYWORD]
    try:
        call(*required)
    except oci.exceptions.ServiceError as error:
        return error
    return None


class Operations(unittest.TestCase):
    def test_those_of_the_table_are_in_and_no_others(self):
        client = api.connect(simulator)
        found = {}
        for operation in service.operations(OsManagementClient):
            refused = refusal(client, operation)
            found[operation] = "out" if refused and refused.status == 501 else "in"
            if found[operation] == "out":
                self.assertEqual(refused.code, "MethodNotImplemented")
                # The name as in the documentation: the SDK's without underscores.
                words = refused.message.lower()
                self.assertIn(f" {operation.replace('_', '')} ", words)
            elif refused:
                # That nothing is there is no fault of the operation's.
                self.assertIn(refused.status, (400, 404), f"{operation}: {refused}")
        self.assertEqual(len(found), 69)
        self.assertEqual(found, api.table())

    def test_events_are_out_by_name(self):
        config = simulator.config()
        client = EventClient(config, service_endpoint=simulator.endpoint)
        names = service.operations(EventClient)
        self.assertEqual(len(names), 8)
        for operation in names:
            with self.subTest(operation):
                refused = refusal(client, operation)
                self.assertEqual((refused.status, refused.code), (501, "MethodNotImplemented"))
                self.assertIn(f" {operation.replace('_', '')} ", refused.message.lower())
