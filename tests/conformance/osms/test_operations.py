"""Which of the API's operations the simulator has: those of `operations.txt`, and all others answer 501."""

import unittest

from oci.os_management import EventClient, OsManagementClient, models

import api
import refusals
import service


def setUpModule():
    global simulator
    simulator = service.Simulator()
    unittest.addModuleCleanup(simulator.stop)


def argument(name):
    """Something that the SDK sends for a parameter."""
    if name.endswith("_details"):
        return getattr(models, "".join(word.capitalize() for word in name.split("_")))()
    return refusals.TIME if name.startswith("time_") else refusals.NOWHERE


class Operations(refusals.Case):
    def test_those_of_the_table_are_in_and_no_others(self):
        client = api.connect(simulator)
        calls = {operation: getattr(client, operation) for operation in service.operations(OsManagementClient)}
        self.assertEqual(len(calls), 69)
        self.assertOffered(calls, argument, api.table())

    def test_events_are_out_by_name(self):
        client = EventClient(simulator.config(), service_endpoint=simulator.endpoint)
        names = service.operations(EventClient)
        self.assertEqual(len(names), 8)
        for operation in names:
            with self.subTest(operation):
                self.assertMissing(operation, refusals.refusal(getattr(client, operation), argument))
