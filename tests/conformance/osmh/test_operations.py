"""Which of the API's operations the simulator has: those of `operations.txt`, and all others answer 501 by name."""

import datetime
import inspect
import io
import unittest

import oci
from oci.os_management_hub import models

import api
import wire
from sdk import clients

NOWHERE = "ocid1.nothing.oc1..aaaaaaaanothing"
TIME = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
# The SDK checks some words itself.
WORDS = {"metric_names": ["TOTAL_INSTANCE_COUNT"], "report_format": "csv", "vulnerability_type": ["ALL"]}


def argument(name):
    """Something that the SDK sends for a parameter."""
    if name == "update_software_source_manifest_details":
        return io.BytesIO(b"zsh\n")
    if name.endswith("_details"):
        kind = "".join(word.capitalize() for word in name.split("_"))
        # The SDK does not send a model of which it would not know the kind.
        kind = {
            "CreateSoftwareSourceDetails": "CreateCustomSoftwareSourceDetails",
            "UpdateSoftwareSourceDetails": "UpdateCustomSoftwareSourceDetails",
            "CreateProfileDetails": "CreateGroupProfileDetails",
        }.get(kind, kind)
        return getattr(models, kind)()
    if name.startswith("time_"):
        return TIME
    return WORDS.get(name, NOWHERE)


def refusal(operation, client):
    """Calls an operation with what it requires, none of which exists; returns how it is refused."""
    call = getattr(getattr(clients, client), operation)
    parameters = inspect.signature(call).parameters.values()
    required = [argument(it.name) for it in parameters if it.kind == it.POSITIONAL_OR_KEYWORD]
    try:
        call(*required)
    except oci.exceptions.ServiceError as error:
        return error
    return None


class Operations(unittest.TestCase):
    def test_those_of_the_table_are_in_and_no_others(self):
        found = {}
        for operation, client in api.operations().items():
            with self.subTest(operation):
                refused = refusal(operation, client)
                found[operation] = "out" if refused and refused.status == 501 else "in"
                if found[operation] == "out":
                    self.assertEqual(refused.code, "MethodNotImplemented")
                    # The name as in the documentation: the SDK's without underscores.
                    words = refused.message.lower()
                    self.assertIn(f" {operation.replace('_', '')} ", words)
                elif refused:
                    # That nothing is there is no fault of the operation's.
                    self.assertIn(refused.status, (400, 404), f"{operation}: {refused}")
        self.assertEqual(len(found), 171)
        self.assertEqual(found, api.table())

    def test_the_sdk_has_the_operations_that_are_published(self):
        published = wire.published("osmh")
        if published is None:
            raise unittest.SkipTest("shared/reference/osmh-api.json is not there")
        self.assertEqual({it["operation"] for it in published["operations"]}, set(api.operations()))
