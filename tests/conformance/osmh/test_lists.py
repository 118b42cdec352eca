"""Every list: what it can be asked for, and how it comes in pages; of all operations at once, as the SDK knows them."""

import datetime
import inspect
import re

from oci.os_management_hub import models

import api
from sdk import (
    Case,
    clients,
    create_group,
    done,
    release,
    simulator,
    source_details,
    update_all,
    vendors,
)
import service
from service import everything

TIME = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
# Of an operation's parameters, those that are no part of the request's query.
NO_QUERY = {
    "allow_control_chars",
    "enable_strict_url_encoding",
    "retry_strategy",
    "opc_request_id",
    "opc_retry_token",
    "if_match",
}


def setUpModule():
    """One of each, for operations that ask for something of something."""
    global known, somewhere
    source = release("listed", ["zsh", "bash", "libstdc++"])
    group = create_group("listed", [source, *vendors().values()], ["batch-01", "db-01"])
    work = done(update_all(group))
    packages = everything(clients.sources.list_software_packages, source)
    versioned = clients.sources.create_software_source(
        models.CreateVersionedCustomSoftwareSourceDetails(
            **{
                name: value
                for name, value in vars_of(source_details("listed stage")).items()
                if name != "is_automatically_updated"
            },
            software_source_version="1",
        )
    ).data.id
    simulator.advance()
    details = models.AddPackagesToSoftwareSourceDetails(packages=["zsh", "bash"])
    done(clients.sources.add_packages_to_software_source(versioned, details))
    stages = [models.CreateLifecycleStageDetails(display_name=name, rank=rank) for rank, name in enumerate("abc", 1)]
    environment = clients.environments.create_lifecycle_environment(
        models.CreateLifecycleEnvironmentDetails(
            compartment_id=simulator.compartment,
            display_name="listed",
            stages=stages,
            os_family="ORACLE_LINUX_8",
            arch_type="X86_64",
            vendor_name="ORACLE",
            location="OCI_COMPUTE",
        )
    ).data
    stage = environment.stages[0].id
    promote = models.PromoteSoftwareSourceToLifecycleStageDetails()
    done(clients.environments.promote_software_source_to_lifecycle_stage(stage, promote, software_source_id=versioned))
    members = models.ManagedInstancesDetails(managed_instances=[simulator.members["db-02"]])
    attach = models.AttachManagedInstancesToLifecycleStageDetails(managed_instance_details=members)
    done(clients.environments.attach_managed_instances_to_lifecycle_stage(stage, attach))
    profile = [
        clients.onboarding.create_profile(
            models.CreateGroupProfileDetails(
                compartment_id=simulator.compartment, display_name=name, managed_instance_group_id=group
            )
        ).data
        for name in ("listed", "listed too")
    ][0]
    job = [
        clients.jobs.create_scheduled_job(
            models.CreateScheduledJobDetails(
                compartment_id=simulator.compartment,
                display_name=name,
                schedule_type="ONETIME",
                time_next_execution=TIME,
                managed_instance_group_ids=[group],
                operations=[models.ScheduledJobOperation(operation_type="UPDATE_ALL")],
            )
        ).data.id
        for name in ("listed", "listed too")
    ][0]
    appstream = vendors()["ol8_appstream-x86_64"]
    stream = everything(clients.sources.list_module_streams, appstream)[0]
    known = {
        "compartment_id": simulator.compartment,
        "managed_instance_id": simulator.members["batch-01"],
        "managed_instance_group_id": group,
        "software_source_id": source,
        "software_package_name": packages[0].name,
        "work_request_id": work.id,
        "lifecycle_environment_id": environment.id,
        "lifecycle_stage_id": stage,
        "profile_id": profile.id,
        "profile_version": profile.profile_version,
        "scheduled_job_id": job,
        "metric_names": ["TOTAL_INSTANCE_COUNT", "NORMAL_INSTANCE_COUNT", "WARNING_INSTANCE_COUNT"],
        "module_name": stream.module_name,
        "stream_name": stream.name,
        "profile_name": "common",
        "search_software_source_modules_details": models.SearchSoftwareSourceModulesDetails(
            software_source_ids=[appstream]
        ),
        "search_software_source_module_streams_details": models.SearchSoftwareSourceModuleStreamsDetails(
            software_source_ids=[appstream]
        ),
    }
    # What only some things have is asked of those that have it.
    somewhere = {
        "get_erratum": {"name": next(iter(everything(clients.sources.list_errata, simulator.compartment))).name},
        "get_module_stream": {"software_source_id": appstream},
        "get_module_stream_profile": {"software_source_id": appstream},
        "list_module_streams": {"software_source_id": appstream},
        "list_module_stream_profiles": {"software_source_id": appstream},
    }


def vars_of(details):
    """The fields of a model that were set, but for what says which model it is."""
    fields = {name: getattr(details, name) for name in details.swagger_types}
    return {name: value for name, value in fields.items() if value is not None and name != "software_source_type"}


class Operation:
    """An operation that reads, and what the SDK says of its parameters."""

    def __init__(self, name, client):
        self.name, self.call = name, getattr(getattr(clients, client), name)
        source = inspect.getsource(self.call)
        self.reads = name.startswith(("get_", "list_", "search_", "summarize_"))
        parameters = inspect.signature(self.call).parameters.values()
        own = somewhere.get(name, {})
        if self.reads:
            required = [it.name for it in parameters if it.kind == it.POSITIONAL_OR_KEYWORD]
            self.required = [own.get(it, known.get(it)) for it in required]
            assert None not in self.required, f"{name} asks for {required}"
        expected = re.search(r"expected_kwargs = \[(.*?)\]", source, re.DOTALL)[1]
        self.optional = set(re.findall(r'"(\w+)"', expected)) - NO_QUERY
        self.types = dict(re.findall(r":param (\S+) (\w+): \(optional\)", source.replace("list[str]", "list")))
        self.types = {name: kind for kind, name in re.findall(r":param (.+?) (\w+): \(optional\)", source)}
        allowed = re.findall(r"(\w+)_allowed_values = (\[.*?\])", source)
        self.words = {name: re.findall(r'"([^"]*)"', words) for name, words in allowed}

    @property
    def pages(self):
        return self.reads and "page" in self.optional

    def values(self, name):
        """Some values that a parameter can have."""
        kind = self.types[name]
        if name in self.words:
            words = self.words[name]
            return [words] if kind.startswith("list[") else words
        if kind == "bool":
            return [True, False]
        if kind == "int":
            return [3]
        if kind == "datetime":
            return [TIME]
        if kind.startswith("list["):
            states = {"list[SoftwareSourceLifecycleState]": ["ACTIVE", "CREATING"]}
            return [states.get(kind, ["c++ & more", "ä"])]
        if name in known and isinstance(known[name], str):
            return [known[name]]
        return ["c++ & more"]


def offered():
    offered = service.offered(api.table())
    return [Operation(name, client) for name, client in sorted(api.operations().items()) if name in offered]


class Lists(Case):
    def test_every_parameter_of_every_operation_is_taken(self):
        count = 0
        for operation in offered():
            if not operation.reads:
                continue
            for name in sorted(operation.optional - {"page"}):
                for value in operation.values(name):
                    with self.subTest(operation.name, **{name: value}):
                        more = {name: value}
                        # Lists at the top want to know where to look.
                        if "compartment_id" in operation.optional:
                            more.setdefault("compartment_id", simulator.compartment)
                        operation.call(*operation.required, **more)
                        count += 1
        self.assertGreater(count, 400)

    def test_every_list_comes_in_pages(self):
        lists = [operation for operation in offered() if operation.pages]
        self.assertGreater(len(lists), 30)
        long = 0
        for operation in lists:
            with self.subTest(operation.name):
                more = {}
                if "compartment_id" in operation.optional:
                    more["compartment_id"] = simulator.compartment
                whole = everything(operation.call, *operation.required, **more)
                first = operation.call(*operation.required, limit=2, **more)
                self.assertEqual(len(first.data.items), min(2, len(whole)))
                self.assertEqual("opc-next-page" in first.headers, len(whole) > 2)
                if len(whole) <= 60:
                    small = everything(operation.call, *operation.required, limit=2, **more)
                    self.assertEqual(list(map(self.name_of, small)), list(map(self.name_of, whole)))
                if first.has_next_page:
                    long += 1
                    # A token is of its own list.
                    if operation.name != "list_errata":
                        self.assertRefused(
                            400,
                            "InvalidParameter",
                            clients.sources.list_errata,
                            simulator.compartment,
                            page=first.next_page,
                        )
                    second = operation.call(*operation.required, limit=1, page=first.next_page, **more)
                    self.assertEqual(self.name_of(second.data.items[0]), self.name_of(whole[2]))
                for wrong in ({"limit": 0}, {"limit": -1}, {"limit": 100_000}, {"page": "x"}):
                    self.assertRefused(400, "InvalidParameter", operation.call, *operation.required, **more, **wrong)
        self.assertGreater(long, 20)

    @staticmethod
    def name_of(row):
        """What tells rows of a list apart, but for what comes in another order each time."""
        names = (
            "id",
            "name",
            "display_name",
            "module_name",
            "stream_name",
            "message",
            "timestamp",
            "architecture",
            "version",
        )
        return tuple(str(getattr(row, name, None)) for name in names)

    def test_names_are_found_whole_and_in_part(self):
        rows = everything(clients.instances.list_managed_instances, compartment_id=simulator.compartment)
        names = sorted(row.display_name for row in rows)
        found = lambda **more: sorted(
            row.display_name
            for row in everything(
                clients.instances.list_managed_instances, compartment_id=simulator.compartment, **more
            )
        )
        self.assertEqual(found(display_name=["web-02"]), ["web-02"])
        self.assertEqual(found(display_name=["web-02", "db-04"]), ["db-04", "web-02"])
        self.assertEqual(found(display_name=["web-0"]), [], "names are to match exactly")
        self.assertEqual(found(display_name_contains="web-0"), [name for name in names if name.startswith("web-0")])
        listed = lambda order: [
            row.display_name
            for row in everything(
                clients.instances.list_managed_instances,
                compartment_id=simulator.compartment,
                sort_by="displayName",
                sort_order=order,
            )
        ]
        self.assertEqual(listed("ASC"), names)
        self.assertEqual(listed("DESC"), names[::-1])
        gone = everything(clients.instances.list_managed_instances, compartment_id=simulator.tenancy)
        self.assertEqual(gone, [])

    def test_lists_at_the_top_want_to_know_where_to_look(self):
        for call in (
            clients.instances.list_managed_instances,
            clients.groups.list_managed_instance_groups,
            clients.sources.list_software_sources,
            clients.work.list_work_requests,
            clients.jobs.list_scheduled_jobs,
            clients.onboarding.list_profiles,
            clients.environments.list_lifecycle_environments,
            clients.environments.list_lifecycle_stages,
        ):
            with self.subTest(call.__name__):
                self.assertRefused(400, "MissingParameter", call)
                nothing = {"compartment_id": "ocid1.compartment.oc1..aaaaaaaanothing"}
                self.assertRefused(404, "NotAuthorizedOrNotFound", call, **nothing)
