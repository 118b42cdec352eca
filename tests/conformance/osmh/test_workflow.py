"""A release from the golden instance to the last member and back, as `osmh.md` recommends it, with the SDK alone."""

import collections
import re

from oci.os_management_hub import models

from sdk import (
    Case,
    add,
    attach_sources,
    children,
    clients,
    create_group,
    detach_sources,
    done,
    entries,
    installed,
    join,
    leave,
    refresh,
    release,
    simulator,
    source_details,
    sources_of,
    update_all,
    work_id,
)
from service import everything

# Nobody ships it.
FOREIGN = "nobody-ships-this-1.0-1.el8.x86_64"


class Workflow(Case):
    """The steps in their order: each goes on from where the last one ended."""

    @classmethod
    def setUpClass(cls):
        cls.web = [simulator.members[f"web-0{number}"] for number in range(2, 6)]

    def keep(self, **what):
        """Keeps something for the next steps."""
        for name, value in what.items():
            setattr(type(self), name, value)

    def test_1_a_release_is_frozen(self):
        before = clients.instances.get_managed_instance(simulator.golden).data
        work = refresh(simulator.golden)
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "LIST_PACKAGES"))
        golden = clients.instances.get_managed_instance(simulator.golden).data
        self.assertGreater(golden.time_last_software_refresh, before.time_last_software_refresh)
        self.assertGreaterEqual(golden.time_last_software_refresh, work.time_started)

        rows = installed(simulator.golden, limit=100)
        self.assertEqual(len(rows), golden.installed_packages)
        # What no source holds says null where others have a list.
        provided = [row for row in rows if row.software_sources]
        self.assertIn("gpg-pubkey", {row.display_name for row in rows} - {row.display_name for row in provided})
        packages = sorted(entries(provided))
        self.assertEqual(len(packages), len(provided))
        self.assertTrue(any(":" in package for package in packages))

        drawn = {source.display_name: source.id for source in golden.software_sources}
        made = clients.sources.create_software_source(source_details("GL1", vendors=drawn))
        self.assertNotIn("opc-work-request-id", made.headers)
        self.assertEqual((made.status, made.data.lifecycle_state), (201, "CREATING"))
        self.assertIsNone(made.data.package_count, "nobody has counted yet")
        self.assertEqual({link.id for link in made.data.vendor_software_sources}, set(drawn.values()))
        self.assertRefused(409, "IncorrectState", add, made.data.id, packages)
        simulator.advance()
        source = clients.sources.get_software_source(made.data.id).data
        self.assertEqual((source.lifecycle_state, source.package_count), ("ACTIVE", 0))
        self.assertEqual((source.os_family, source.arch_type), ("ORACLE_LINUX_8", "X86_64"))

        # With one entry that is nowhere nothing is generated, unless the service is told to go on; then the entry is
        # dropped, and nobody says so.
        work = done(add(source.id, [*packages, FOREIGN]))
        self.assertEqual((work.status, work.operation_type), ("FAILED", "UPDATE_SOFTWARE_SOURCE"))
        errors = everything(clients.work.list_work_request_errors, work.id)
        self.assertIn(FOREIGN, "".join(error.message for error in errors))
        self.assertEqual(clients.sources.get_software_source(source.id).data.package_count, 0)
        half = len(packages) // 2
        for chunk in (packages[:half], [*packages[half:], FOREIGN]):
            accepted = add(source.id, chunk, is_continue_on_missing_packages=True)
            self.assertEqual(clients.sources.get_software_source(source.id).data.lifecycle_state, "UPDATING")
            work = done(accepted)
            self.assertEqual(work.status, "SUCCEEDED")
            resource = work.resources[0]
            self.assertEqual((resource.entity_type, resource.action_type), ("SOFTWARE_SOURCE", "UPDATED"))
            self.assertEqual(resource.identifier, source.id)
        contents = everything(clients.sources.list_software_packages, source.id)
        self.assertEqual(entries(contents), set(packages))
        source = clients.sources.get_software_source(source.id).data
        self.assertEqual((source.lifecycle_state, source.package_count), ("ACTIVE", len(packages)))
        self.assertTrue(source.time_metadata_updated and source.checksum_type and source.url and source.repo_id)
        self.keep(source=source.id, packages=set(packages))

    def test_2_a_group_comes_onto_it(self):
        # What they ride until then is what one of them has.
        provided = [row for row in installed(self.web[0]) if row.software_sources]
        old = [release("GL0", sorted(entries(provided))), release("GL0 extras", ["kernel-uek"])]
        group = create_group("web", old)
        self.keep(group=group)
        self.assertEqual(sources_of(group), set(old))
        joined = done(join(group, *self.web[:3]))
        self.assertEqual((joined.status, joined.operation_type), ("SUCCEEDED", "SET_SOFTWARE_SOURCES"))
        self.assertEqual(len(joined.children_id), 3)

        # Sources come back in another order each time.
        orders = set()
        for _ in range(8):
            links = clients.groups.get_managed_instance_group(group).data.software_sources
            orders.add(tuple(link.id for link in links))
        self.assertEqual({frozenset(order) for order in orders}, {frozenset(old)})
        self.assertGreater(len(orders), 1)

        accepted = attach_sources(group, self.source)
        self.assertEqual(sources_of(group), {*old, self.source}, "of the group, at once")
        # Members come after.
        self.assertEqual(self.sources_of_members(), {frozenset(old)})
        work = done(accepted)
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "SET_SOFTWARE_SOURCES"))
        resource = work.resources[0]
        self.assertEqual((resource.entity_type, resource.action_type, resource.identifier), ("GROUP", "UPDATED", group))
        self.assertEqual(self.sources_of_members(), {frozenset([*old, self.source])}, "both releases can be seen")

        detached = detach_sources(group, *old)
        self.assertNotIn("opc-work-request-id", detached.headers)
        self.assertEqual(sources_of(group), {self.source})
        # It is found by what it is about.
        found = everything(clients.work.list_work_requests, resource_id=group, operation_type=["SET_SOFTWARE_SOURCES"])
        newest = max(found, key=lambda row: row.time_created)
        self.assertGreater(newest.time_created, work.time_created)
        simulator.advance()
        self.assertEqual(clients.work.get_work_request(newest.id).data.status, "SUCCEEDED")
        self.assertEqual(self.sources_of_members(), {frozenset([self.source])})

        refused = self.assertRefused(400, "InvalidParameter", detach_sources, group, self.source)
        text = "Invalid software source(s). Removing all software sources from a group is disallowed."
        self.assertEqual(refused.message, text)
        self.assertEqual(sources_of(group), {self.source})

    def sources_of_members(self):
        members = [clients.instances.get_managed_instance(instance).data for instance in self.web[:3]]
        self.assertEqual({member.managed_instance_group.id for member in members}, {self.group})
        return {frozenset(source.id for source in member.software_sources) for member in members}

    def updates(self, instance):
        return everything(clients.instances.list_managed_instance_updatable_packages, instance)

    def test_3_the_group_is_updated_and_read_back(self):
        work = done(clients.groups.refresh_software_on_managed_instance_group(self.group))
        self.assertEqual((work.status, len(work.children_id)), ("SUCCEEDED", 3))
        for instance in self.web[:3]:
            self.assertGreater(len(self.updates(instance)), 10)
        accepted = update_all(self.group)
        first = clients.work.get_work_request(work_id(accepted)).data
        self.assertIn(first.status, ("ACCEPTED", "IN_PROGRESS"))
        work = done(accepted)
        told = (work.status, work.operation_type, work.percent_complete)
        self.assertEqual(told, ("SUCCEEDED", "UPDATE_ALL_PACKAGES", 100))
        self.assertEqual(work.compartment_id, simulator.compartment)
        parts = children(work)
        self.assertEqual({part.parent_id for part in parts}, {work.id})
        self.assertEqual({part.resources[0].identifier for part in parts}, set(self.web[:3]))
        self.assertEqual({part.resources[0].entity_type for part in parts}, {"INSTANCE"})
        self.assertEqual({part.status for part in parts}, {"SUCCEEDED"})
        for part in parts:
            home = clients.instances.get_managed_instance(part.resources[0].identifier).data.compartment_id
            self.assertEqual(part.compartment_id, home)
        listed = everything(clients.work.list_work_requests, parent_id=work.id)
        self.assertEqual({row.id for row in listed}, set(work.children_id))

        # The service tells what it knew before, until it is told to look.
        stale = {instance: entries(installed(instance)) for instance in self.web[:3]}
        self.assertGreater(len(self.updates(self.web[0])), 10)
        done(clients.groups.refresh_software_on_managed_instance_group(self.group))
        for instance in self.web[:3]:
            have = clients.instances.get_managed_instance(instance).data
            self.assertGreaterEqual(have.time_last_software_refresh, work.time_finished)
            self.assertEqual((have.updates_available, self.updates(instance)), (0, []))
            self.assertNotEqual(entries(installed(instance)), stale[instance])
            self.assertEqual(self.behind(instance), set())

    def behind(self, instance):
        """The release's packages of which an instance has another version only, but for those of several versions."""
        key = lambda entry: (re.sub(r"-[^-]*-[^-]*$", "", entry), entry.rpartition(".")[2])
        several = collections.Counter(map(key, self.packages))
        have = collections.defaultdict(set)
        for entry in entries(installed(instance)):
            have[key(entry)].add(entry)
        return {
            entry
            for entry in self.packages
            if several[key(entry)] == 1 and have[key(entry)] and entry not in have[key(entry)]
        }

    def test_4_members_are_locked(self):
        instance, other = self.web[0], self.web[3]
        of = clients.instances
        install = models.InstallPackagesOnManagedInstanceDetails(package_names=["zsh"])
        remove = models.RemovePackagesFromManagedInstanceDetails(package_names=["zsh"])
        update = models.UpdatePackagesOnManagedInstanceDetails(update_types=["ALL"])
        attach = models.AttachSoftwareSourcesToManagedInstanceDetails(software_sources=[self.source])
        detach = models.DetachSoftwareSourcesFromManagedInstanceDetails(software_sources=[self.source])
        for call, details in [
            (of.install_packages_on_managed_instance, install),
            (of.remove_packages_from_managed_instance, remove),
            (of.update_packages_on_managed_instance, update),
            (of.attach_software_sources_to_managed_instance, attach),
            (of.detach_software_sources_from_managed_instance, detach),
        ]:
            refused = self.assertRefused(409, "IncorrectState", call, instance, details)
            self.assertIn("member", refused.message)
        # In one group at most.
        second = create_group("second", [self.source])
        self.assertRefused(409, "IncorrectState", join, second, instance)
        # Having its packages listed is no change.
        self.assertEqual(refresh(instance).status, "SUCCEEDED")

        # Who joins has the release's sources instead of its own, and is updated from them at once.
        self.assertEqual(done(join(self.group, other)).status, "SUCCEEDED")
        have = clients.instances.get_managed_instance(other).data
        self.assertEqual({source.id for source in have.software_sources}, {self.source})
        refresh(other)
        self.assertEqual((self.updates(other), self.behind(other)), ([], set()))
        # Who leaves keeps what it has, and can be changed by itself again.
        left = leave(self.group, other)
        self.assertNotIn("opc-work-request-id", left.headers)
        have = clients.instances.get_managed_instance(other).data
        self.assertIsNone(have.managed_instance_group)
        self.assertEqual({source.id for source in have.software_sources}, {self.source})
        self.assertEqual(done(of.update_packages_on_managed_instance(other, update)).status, "SUCCEEDED")

        clients.groups.delete_managed_instance_group(second)
        self.assertRefused(404, "NotAuthorizedOrNotFound", clients.groups.get_managed_instance_group, second)

    def rerun(self, work, *instances):
        details = models.RerunWorkRequestDetails(managed_instances=list(instances) or None)
        return clients.work.rerun_work_request(work, details)

    def test_5_what_failed_is_run_again(self):
        able, out_of_reach = simulator.members["batch-04"], simulator.members["db-04"]
        group = create_group("apart", [self.source], ["batch-04", "db-04"])
        accepted = update_all(group)
        self.assertRefused(409, "IncorrectState", self.rerun, work_id(accepted))
        work = done(accepted)
        self.assertEqual(work.status, "IN_PROGRESS")
        status = {part.resources[0].identifier: part.status for part in children(work)}
        self.assertEqual(status, {able: "SUCCEEDED", out_of_reach: "ACCEPTED"})
        # Nobody waits for more than a day.
        simulator.advance(25 * 3600)
        work = clients.work.get_work_request(work.id).data
        parts = {part.resources[0].identifier: part for part in children(work)}
        self.assertEqual(
            (parts[able].status, parts[out_of_reach].status, work.status), ("SUCCEEDED", "FAILED", "FAILED")
        )
        self.assertIsNone(parts[out_of_reach].time_started)
        self.assertEqual(parts[out_of_reach].resources[0].action_type, "FAILED")
        errors = everything(clients.work.list_work_request_errors, work.id)
        self.assertEqual(len(errors), 1)
        self.assertIn("db-04", errors[0].message)
        self.assertEqual(everything(clients.work.list_work_request_errors, parts[able].id), [])

        # What has failed is done again, and nothing else.
        again = done(self.rerun(work.id))
        self.assertEqual((again.rerun_of_id, again.operation_type), (work.id, work.operation_type))
        self.assertEqual([part.resources[0].identifier for part in children(again)], [out_of_reach])
        self.assertEqual(
            [
                row.id
                for row in everything(clients.work.list_work_requests, rerun_of_id=work.id)
                if row.parent_id is None
            ],
            [again.id],
        )
        self.assertRefused(400, "InvalidParameter", self.rerun, work.id, able)

        # What fails for a reason succeeds once the reason is gone, here for one of two.
        leave(group, out_of_reach)
        second = simulator.members["batch-05"]
        self.assertEqual(done(join(group, second)).status, "SUCCEEDED")
        held = {row.name for row in everything(clients.groups.list_managed_instance_group_available_packages, group)}
        package = next(name for name in sorted(self.elsewhere()) if name not in held)
        details = models.InstallPackagesOnManagedInstanceGroupDetails(package_names=[package])
        work = done(clients.groups.install_packages_on_managed_instance_group(group, details))
        self.assertEqual((work.status, work.package_names), ("FAILED", [package]))
        self.assertEqual({part.status for part in children(work)}, {"FAILED"})
        self.assertEqual(done(attach_sources(group, *self.vendors())).status, "SUCCEEDED")
        again = done(self.rerun(work.id, able))
        self.assertEqual((again.status, again.package_names), ("SUCCEEDED", [package]))
        self.assertEqual([part.resources[0].identifier for part in children(again)], [able])
        done(clients.groups.refresh_software_on_managed_instance_group(group))
        bare = package.removesuffix(".rpm")
        has = {instance for instance in (able, second) if bare in {row.name for row in installed(instance)}}
        self.assertEqual(has, {able})
        self.assertRefused(400, "InvalidParameter", self.rerun, again.id)

    def vendors(self):
        links = clients.sources.get_software_source(self.source).data.vendor_software_sources
        return [link.id for link in links]

    def elsewhere(self):
        """Packages that the vendor has and neither instance."""
        have = {row.display_name for name in ("batch-04", "batch-05") for row in installed(simulator.members[name])}
        for source in self.vendors():
            rows = everything(clients.sources.list_software_packages, source, is_latest=True)
            yield from (row.name for row in rows if row.display_name not in have)
