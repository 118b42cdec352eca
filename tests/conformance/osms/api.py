"""OSMS as Oracle's SDK has it, and what of it the simulator offers."""

import pathlib

from oci.os_management import OsManagementClient

import service


def connect(simulator, **arguments):
    """The SDK's client, judging each answer."""
    return simulator.connect(OsManagementClient, **arguments)


def table():
    """Whether the simulator offers an operation: `in` or `out`."""
    return service.table(pathlib.Path(__file__).parent)
