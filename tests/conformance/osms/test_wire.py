"""What our client sends, taken from the wire and held against the published API (`shared/reference/osms-api.json`)."""

from oci.os_management import models

import api
import service
import wire
from service import everything

# What our client sends only when work fails, which it does not here. The Rust tests beside the client hold these
# against the same table; so they do what it sends only to groups that are made exactly their release, of which there is
# none here. UpdateManagedInstanceGroup is named where it is refused to be sent.
ELSEWHERE = {
    "InstallPackageOnManagedInstance",
    "ListWorkRequestErrors",
    "ListWorkRequestLogs",
    "RemovePackageFromManagedInstance",
    "UpdateManagedInstanceGroup",
}

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


class Wire(wire.Case):
    models = models
    elsewhere = ELSEWHERE
    ours = wire.ours("osms", api.table())

    @classmethod
    def setUpClass(cls):
        cls.published = wire.published("osms")
        if cls.published is None:
            service.missing("shared/reference/osms-api.json is not there")
        cls.simulator = service.Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.workspace = wire.Workspace(cls.simulator)
        cls.recorder = cls.workspace.recorder
        cls.addClassCleanup(cls.recorder.stop)
        cls.train = cls.workspace.train
        cls.edit, cls.run_it = cls.workspace.edit, cls.workspace.run
        cls.edit(r'endpoints = .*', f'endpoints = {{ osms = "{cls.recorder.endpoint}" }}')
        cls.story()

    @classmethod
    def story(cls):
        """All that our client can be brought to do."""
        client = api.connect(cls.simulator)
        # While the fleet is on the vendor's sources, updates with errata are outstanding.
        cls.run_it("report", "--format", "json")
        # What a move closes, and what a hotfix would be; nothing is changed by either.
        errata = ["--advisories", "service", "--advisories-since", "2025-11-01"]
        cls.run_it("diff", "GL1", "GL1.1", *errata, codes=(2,))
        cls.run_it("freeze", "GL1.0.1", "--base", "GL1", "--upgrade", "curl", "--diff", codes=(2,))
        cls.run_it("apply", "--auto-approve")
        # The golden instance is patched by hand, one package of it by name.
        golden = cls.simulator.golden
        updates = everything(client.list_available_updates_for_managed_instance, golden)
        name = next(update.display_name for update in updates if update.update_type == "BUG")
        cls.run_it("update", "--instance", golden, "--type", "bugfix", "--package", name, "--auto-approve")
        # A stream is enabled there, and nothing comes of it: the golden instance has no packages of it.
        cls.run_it("update", "--instance", golden, "--stream", "nodejs:20", "--auto-approve")
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
        # The state is lost, and what it had is taken back.
        lost = cls.workspace.lose_state()
        for words in [
            ("release", "GL1", "--source", lost["sources"]["GL1"]["id"]),
            ("group", "web", "--id", lost["groups"]["web"]["id"]),
        ]:
            cls.run_it("import", *words, "--auto-approve")
        (cls.workspace.folder / "trains" / "other.packages").write_text("nobody-ships-c++-1:1.0-1.el8.x86_64\n")
        other = OTHER.format(
            compartment=cls.simulator.compartment,
            endpoint=cls.recorder.endpoint,
            member=cls.simulator.members["batch-05"],
        )
        (cls.workspace.folder / "trains" / "other.toml").write_text(other)
        told = cls.run_it("plan", "--train", "other", codes=(1,))
        assert "nobody-ships-c++" in told, told
