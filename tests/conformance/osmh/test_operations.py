"""Which of the API's operations the simulator has: those of `operations.txt`, and all others answer 501 by name."""

import io

from oci.os_management_hub import models

import api
import refusals
import service
import wire
from sdk import clients

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
        return refusals.TIME
    return WORDS.get(name, refusals.NOWHERE)


class Operations(refusals.Case):
    def test_those_of_the_table_are_in_and_no_others(self):
        calls = {name: getattr(getattr(clients, client), name) for name, client in api.operations().items()}
        self.assertEqual(len(calls), 171)
        self.assertOffered(calls, argument, api.table())

    def test_the_sdk_has_the_operations_that_are_published(self):
        published = wire.published("osmh")
        if published is None:
            service.missing("shared/reference/osmh-api.json is not there")
        self.assertEqual({it["operation"] for it in published["operations"]}, set(api.operations()))
