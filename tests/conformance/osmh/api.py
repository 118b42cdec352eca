"""OS Management Hub as Oracle's SDK has it, in eleven clients, and what of it the simulator offers."""

import pathlib

from oci import os_management_hub as hub
from oci.retry import NoneRetryStrategy

import service

# Scheduled jobs are padded with a stream of no name.
service.forgiven |= {f".switchModuleStreamsDetails.{name}" for name in ("moduleName", "streamName")}

# By the names that the tests have for them.
CLIENTS = {
    "dynamic_sets": hub.DynamicSetClient,
    "environments": hub.LifecycleEnvironmentClient,
    "events": hub.EventClient,
    "groups": hub.ManagedInstanceGroupClient,
    "instances": hub.ManagedInstanceClient,
    "jobs": hub.ScheduledJobClient,
    "onboarding": hub.OnboardingClient,
    "reporting": hub.ReportingManagedInstanceClient,
    "sources": hub.SoftwareSourceClient,
    "stations": hub.ManagementStationClient,
    "work": hub.WorkRequestClient,
}


class Clients:
    """All clients of one simulator, each judging each answer; made when they are first asked for.

    Left alone they try again what may pass, and a test would wait for a refusal; here they do not, unless told to.
    """

    def __init__(self, simulator, **arguments):
        self.simulator, self.arguments = simulator, {"retry_strategy": NoneRetryStrategy()} | arguments

    def __getattr__(self, name):
        if name not in CLIENTS:
            raise AttributeError(name)
        made = self.simulator.connect(CLIENTS[name], **self.arguments)
        setattr(self, name, made)
        return made


def start(*more):
    """A simulator that is OS Management Hub and nothing else."""
    return service.Simulator("--api", "osmh", *more)


def operations():
    """All operations, each with the name of its client."""
    found = {}
    for name, kind in CLIENTS.items():
        for operation in service.operations(kind):
            assert operation not in found, f"{operation} is of {name} and of {found[operation]}"
            found[operation] = name
    return found


def table():
    """Whether the simulator offers an operation: `in` or `out`."""
    return service.table(pathlib.Path(__file__).parent)
