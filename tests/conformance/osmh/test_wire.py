"""What our client sends, taken from the wire and held against the published API (`shared/reference/osmh-api.json`)."""

import inspect
import re

from oci.os_management_hub import models

import api
import service
import wire
from service import everything

VENDORS = ("ol8_baseos_latest-x86_64", "ol8_appstream-x86_64", "ol8_uekr7-x86_64", "ol8_ksplice-x86_64")


# What our client sends only where work fails on somebody who checks in, which it does not here, or where it may not read
# a member by itself; and what it names where it refuses to ask. The Rust tests beside the client hold what they have it
# send against the same table, and what it sends only to groups that are made exactly their release, or rebooted.
ELSEWHERE = {
    "ListManagedInstanceGroupManagedInstances",
    "ListWorkRequestErrors",
    "ListWorkRequestLogs",
    "RebootManagedInstance",
    "RemovePackagesFromManagedInstanceGroup",
    "RerunWorkRequest",
    "UpdateManagedInstance",
}


def parameters():
    """Of each operation, the query parameters that must be there and those that may stand several times, which the SDK
    knows and the table does not say."""
    known = {}
    for operation, client in api.operations().items():
        source = inspect.getsource(getattr(api.CLIENTS[client], operation))
        query = re.search(r"query_params = \{(.*?)\n        \}", source, re.DOTALL)
        fields = re.findall(r'"(\w+)": (.+?)(?:,?\n|$)', query[1]) if query else []
        needed = {name for name, value in fields if "kwargs" not in value and "(" not in value}
        needed |= {name for name, value in fields if "format_param(" in value and "kwargs" not in value}
        several = {name for name, value in fields if "'multi'" in value}
        known[operation] = needed, several
    return known


class Wire(wire.Case):
    models = models
    elsewhere = ELSEWHERE
    ours = wire.ours("osmh", api.operations())

    @classmethod
    def setUpClass(cls):
        cls.published = wire.published("osmh")
        if cls.published is None:
            service.missing("shared/reference/osmh-api.json is not there")
        cls.parameters = parameters()
        cls.simulator = api.start("--work", "100")
        cls.addClassCleanup(cls.simulator.stop)
        cls.clients = api.Clients(cls.simulator)
        cls.workspace = wire.Workspace(cls.simulator)
        cls.recorder = cls.workspace.recorder
        cls.addClassCleanup(cls.recorder.stop)
        cls.train = cls.workspace.train
        cls.edit, cls.run_it = cls.workspace.edit, cls.workspace.run
        vendors = ", ".join(f'"{name}"' for name in VENDORS)
        cls.edit(
            r"^\[service\]\napi .*\nendpoints = .*",
            f'vendor_sources = [{vendors}]\n\n[service]\napi       = "osmh"\nendpoints = {{ osmh = "{cls.recorder.endpoint}" }}',
        )
        cls.story()

    @classmethod
    def story(cls):
        """All that our client can be brought to do."""
        golden = cls.simulator.golden
        # While the fleet is on the vendor's sources, updates with errata are outstanding.
        cls.run_it("report", "--format", "json")
        # What a move closes, and what a hotfix would be; nothing is changed by either.
        errata = ["--advisories", "service", "--advisories-since", "2025-11-01"]
        cls.run_it("diff", "GL1", "GL1.1", *errata, codes=(2,))
        cls.run_it("freeze", "GL1.0.1", "--base", "GL1", "--upgrade", "curl", "--diff", codes=(2,))
        cls.run_it("apply", "--auto-approve")
        # The golden instance, which is no member, is patched by hand: one package of it by name.
        of = cls.clients.instances
        updates = everything(of.list_managed_instance_updatable_packages, golden)
        name = next(row.display_name for row in updates if row.update_type == "BUGFIX")
        cls.run_it("update", "--instance", golden, "--type", "bugfix", "--package", name, "--auto-approve")
        cls.run_it("update", "--instance", golden, "--type", "enhancement", "--auto-approve")
        # A stream is enabled there, and one on all members of a group.
        cls.run_it("update", "--instance", golden, "--stream", "nodejs:20", "--auto-approve")
        cls.run_it("update", "--group", "canary", "--stream", "httpd:2.4", "--auto-approve")
        # A schedule comes, changes and goes, and a profile too.
        canary = r'^name    = "canary"'
        schedule = 'schedule = { update = "bugfix", every = "1 week", start = "2031-01-05T02:00:00Z" }'
        # New systems stand in no list of members.
        listed = canary + r'\nrelease = "GL1"\nmembers = \[\n(?:    .*\n)*\]\n'
        service = 'name    = "canary"\nrelease = "GL1"\nmembers = "service"\nprofile = true\n'
        cls.edit(listed, f"{service}{schedule}\n")
        cls.run_it("apply", "--auto-approve")
        cls.edit(r'every = "1 week"', 'every = "2 days"')
        cls.run_it("apply", "--auto-approve")
        cls.edit(r"^(schedule|profile) = .*\n", "")
        cls.run_it("apply", "--auto-approve")
        # Somebody changes what a source holds.
        own = {"compartment_id": cls.simulator.compartment, "software_source_type": ["CUSTOM"]}
        sources = everything(cls.clients.sources.list_software_sources, **own)
        source = next(row.id for row in sources if row.display_name.endswith("GL1"))
        held = everything(cls.clients.sources.list_software_packages, source)
        available = everything(cls.clients.sources.list_available_software_packages, source)
        bare = lambda row: row.name.removesuffix(".rpm")
        add = models.AddPackagesToSoftwareSourceDetails(packages=[bare(available[0])])
        cls.clients.sources.add_packages_to_software_source(source, add)
        cls.simulator.advance()
        remove = models.RemovePackagesFromSoftwareSourceDetails(packages=[bare(held[0])])
        cls.clients.sources.remove_packages_from_software_source(source, remove)
        cls.simulator.advance()
        # The canary moves on, to security updates only; of the others one is installed by name, on all members.
        cls.edit(canary + r'\nrelease = "GL1"', 'name    = "canary"\nrelease = "GL1.1"\nupdate = "security"')
        cls.run_it("apply", "--auto-approve")
        cls.run_it(
            "update", "--group", "canary", "--type", "bugfix", "--package", cls.outstanding("BUGFIX"), "--auto-approve"
        )
        cls.edit(r'^update = "security"\n', "")
        cls.run_it("apply", "--auto-approve")
        # What nobody picked up has failed, and is asked again.
        cls.simulator.advance(25 * 3600)
        cls.run_it("apply", "--auto-approve")
        # A group goes.
        text = cls.train.read_text()
        cls.train.write_text(text[: text.index('[[group]]\nname    = "backend"')])
        cls.run_it("apply", "--auto-approve", "--allow-shrink")
        # The canary goes back, and its release is retired.
        cls.edit(canary + r'\nrelease = "GL1.1"', 'name    = "canary"\nrelease = "GL1"')
        cls.edit(r'(?<=GL1.1.packages"\n)', "retired = true\n")
        cls.run_it("apply", "--auto-approve")
        cls.run_it("status")
        cls.run_it("freeze", "GL2", "--from", "golden-01")
        # The state is lost, and what it had is taken back.
        lost = cls.workspace.lose_state()
        for words in [
            ("release", "GL1", "--source", lost["sources"]["GL1"]["id"]),
            ("group", "web", "--id", lost["groups"]["web"]["id"]),
        ]:
            cls.run_it("import", *words, "--auto-approve")

    @classmethod
    def outstanding(cls, kind):
        """A package of which all members of the canary lack an update."""
        of = cls.clients
        group = everything(
            of.groups.list_managed_instance_groups,
            compartment_id=cls.simulator.compartment,
            display_name_contains="canary",
        )
        members = everything(of.groups.list_managed_instance_group_managed_instances, group[0].id)
        updates = [everything(of.instances.list_managed_instance_updatable_packages, member.id) for member in members]
        names = [{row.display_name for row in rows if row.update_type == kind} for rows in updates]
        return min(set.intersection(*names))

    def required(self, operation):
        return self.parameters[operation["operation"]][0]

    def may_repeat(self, operation):
        return self.parameters[operation["operation"]][1]
