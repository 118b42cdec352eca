"""Oracle's SDK makes groups, and has all members of one do things."""

from oci.os_management_hub import models

from sdk import (
    BASE,
    SYSTEM,
    Case,
    children,
    clients,
    create_group,
    done,
    installed,
    join,
    leave,
    names,
    simulator,
    sources_of,
    vendors,
    work_id,
)
from service import everything

of = clients.groups
NOTHING = "ocid1.osmhmanagedinstancegroup.oc1..aaaaaaaanothing"


def details(name, **more):
    known = {"compartment_id": simulator.compartment, "display_name": name} | SYSTEM | more
    return models.CreateManagedInstanceGroupDetails(**known)


class Groups(Case):
    def test_a_group_is_made_described_and_deleted(self):
        base = vendors()[BASE]
        made = of.create_managed_instance_group(
            details("mine", description="the first", freeform_tags={"train": "x"}, software_source_ids=[base])
        )
        # As recorded: a work request, which is not declared, and no etag, which is.
        self.assertEqual((made.status, "etag" in made.headers), (202, False))
        self.assertTrue(work_id(made))
        self.assertEqual(done(made).resources[0].identifier, made.data.id)
        first = of.get_managed_instance_group(made.data.id)
        group = first.data
        self.assertEqual(
            (group.lifecycle_state, group.location, group.managed_instance_count), ("ACTIVE", "OCI_COMPUTE", 0)
        )
        self.assertEqual({link.id for link in group.software_source_ids}, {base})
        self.assertEqual({link.id for link in group.software_sources}, {base})
        self.assertFalse(group.is_managed_by_autonomous_linux)
        self.assertIn("CreatedBy", group.defined_tags["Oracle-Tags"])

        change = models.UpdateManagedInstanceGroupDetails(description="changed", freeform_tags={})
        self.assertRefused(412, "NoEtagMatch", of.update_managed_instance_group, group.id, change, if_match="old")
        changed = of.update_managed_instance_group(group.id, change, if_match=first.headers["etag"])
        self.assertEqual((changed.status, changed.data.description), (200, "changed"))
        self.assertEqual((changed.data.display_name, changed.data.freeform_tags), ("mine", {}))
        self.assertRegex(changed.headers["etag"], "^[0-9a-f]{64}$")
        self.assertEqual(sources_of(group.id), {base})
        listed = lambda **more: {
            row.id for row in everything(of.list_managed_instance_groups, compartment_id=simulator.compartment, **more)
        }
        for more in (
            {"display_name": ["mine"]},
            {"display_name_contains": "min"},
            {"software_source_id": base},
            {"managed_instance_group_id": group.id},
            {"location": ["OCI_COMPUTE"]},
            {"os_family": "ORACLE_LINUX_8", "arch_type": "X86_64"},
        ):
            self.assertIn(group.id, listed(**more), more)
        for more in (
            {"display_name": ["min"]},
            {"location_not_equal_to": ["OCI_COMPUTE"]},
            {"lifecycle_state": "DELETED"},
        ):
            self.assertNotIn(group.id, listed(**more), more)
        gone = of.delete_managed_instance_group(group.id)
        self.assertEqual((gone.status, gone.data), (204, None))
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_managed_instance_group, group.id)
        self.assertNotIn(group.id, listed())

    def test_a_group_is_for_machines_on_premise_unless_told(self):
        made = of.create_managed_instance_group(details("on premise", location=None)).data
        self.assertEqual(made.location, "ON_PREMISE")
        simulator.advance()
        self.assertRefused(400, "InvalidParameter", join, made.id, simulator.members["db-06"])
        of.delete_managed_instance_group(made.id)

    def test_what_cannot_be_is_refused(self):
        create = of.create_managed_instance_group
        settings = models.UpdatableAutonomousSettings(is_data_collection_authorized=False)
        self.assertRefused(400, "InvalidParameter", create, details("autonomous", autonomous_settings=settings))
        self.assertRefused(
            400,
            "InvalidParameter",
            create,
            details("another system", arch_type="AARCH64", software_source_ids=[vendors()[BASE]]),
        )
        related = (400, "RelatedResourceNotAuthorizedOrNotFound")
        self.assertRefused(*related, create, details("unknown", software_source_ids=[NOTHING]))
        self.assertRefused(404, "NotAuthorizedOrNotFound", create, details("nowhere", compartment_id=NOTHING))
        self.assertRefused(404, "NotAuthorizedOrNotFound", join, NOTHING, simulator.members["db-06"])

    def test_members_are_listed_where_they_are(self):
        group = create_group("listed members", vendors().values(), ["db-05", "db-06"])
        rows = everything(of.list_managed_instance_group_managed_instances, group)
        self.assertEqual({row.display_name for row in rows}, {"db-05", "db-06"})
        instances = everything(clients.instances.list_managed_instances, group=group)
        self.assertEqual({row.display_name for row in instances}, {"db-05", "db-06"})
        attached = {"is_attached_to_group_or_lifecycle_stage": True, "compartment_id": simulator.compartment}
        self.assertLessEqual(
            {"db-05", "db-06"},
            {row.display_name for row in everything(clients.instances.list_managed_instances, **attached)},
        )
        self.assertEqual(set(of.get_managed_instance_group(group).data.managed_instance_ids), {row.id for row in rows})
        available = everything(of.list_managed_instance_group_available_software_sources, group)
        self.assertEqual({row.id for row in available} & set(vendors().values()), set())
        leave(group, *(row.id for row in rows))
        self.assertEqual(everything(of.list_managed_instance_group_managed_instances, group), [])
        self.assertRefused(400, "InvalidParameter", leave, group, rows[0].id)
        of.delete_managed_instance_group(group)


class Together(Case):
    """What all members of a group do at once."""

    @classmethod
    def setUpClass(cls):
        cls.pair = [simulator.members[name] for name in ("db-02", "db-03")]
        cls.group = create_group("together", vendors().values(), ["db-02", "db-03"])
        cls.addClassCleanup(of.delete_managed_instance_group, cls.group)
        cls.addClassCleanup(leave, cls.group, *cls.pair)

    def finished(self, accepted, operation):
        work = done(accepted)
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", operation))
        self.assertEqual((work.resources[0].entity_type, work.resources[0].identifier), ("GROUP", self.group))
        self.assertEqual({part.resources[0].identifier for part in children(work)}, set(self.pair))
        return work

    def refreshed(self):
        self.finished(of.refresh_software_on_managed_instance_group(self.group), "LIST_PACKAGES")
        return [names(installed(instance)) for instance in self.pair]

    def test_1_packages_come_and_go(self):
        have = set.union(*self.refreshed())
        rows = everything(of.list_managed_instance_group_available_packages, self.group, is_latest=True)
        new = next(
            row
            for row in rows
            if row.name.removesuffix(".rpm") not in have
            and row.architecture == "X86_64"
            and not any(name.startswith(f"{row.display_name}-") for name in have)
        )
        bare = new.name.removesuffix(".rpm")
        # An instance takes what a group does not: there it is the name of a file.
        wrong = models.InstallPackagesOnManagedInstanceGroupDetails(package_names=[bare])
        self.assertRefused(400, "InvalidParameter", of.install_packages_on_managed_instance_group, self.group, wrong)
        install = models.InstallPackagesOnManagedInstanceGroupDetails(package_names=[new.name], is_latest=True)
        self.finished(of.install_packages_on_managed_instance_group(self.group, install), "INSTALL_PACKAGES")
        for packages in self.refreshed():
            self.assertIn(bare, packages)
        # A group's list has names and architectures, and no versions.
        manifest = everything(of.list_managed_instance_group_installed_packages, self.group)
        self.assertIn(new.display_name, {row.name for row in manifest})
        remove = models.RemovePackagesFromManagedInstanceGroupDetails(package_names=[new.name])
        self.finished(of.remove_packages_from_managed_instance_group(self.group, remove), "REMOVE_PACKAGES")
        for packages in self.refreshed():
            self.assertNotIn(bare, packages)

    def test_2_members_boot_together(self):
        before = [clients.instances.get_managed_instance(instance).data.time_last_boot for instance in self.pair]
        details = models.RebootManagedInstanceGroupDetails(reboot_timeout_in_mins=5)
        self.finished(of.reboot_managed_instance_group(self.group, details), "REBOOT")
        after = [clients.instances.get_managed_instance(instance).data.time_last_boot for instance in self.pair]
        self.assertTrue(all(old < new for old, new in zip(before, after)))

    def test_3_updates_of_a_kind(self):
        details = models.UpdateAllPackagesOnManagedInstanceGroupDetails(
            update_types=["SECURITY"],
            work_request_details=models.WorkRequestDetails(display_name="tonight", description="run 7"),
        )
        work = self.finished(of.update_all_packages_on_managed_instance_group(self.group, details), "UPDATE_SECURITY")
        self.assertEqual((work.display_name, work.description), ("tonight", "run 7"))
