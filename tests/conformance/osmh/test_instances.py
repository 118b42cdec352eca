"""Oracle's SDK reads instances, and has those that are members of nothing change by themselves."""

from oci.os_management_hub import models

from sdk import (
    Case,
    below,
    children,
    clients,
    create_group,
    done,
    installed,
    join,
    leave,
    names,
    refresh,
    release,
    simulator,
    work_id,
)
from service import everything

of = clients.instances
# No test of this folder changes it.
UNTOUCHED = simulator.members["web-06"]
NOTHING = "ocid1.instance.oc1..aaaaaaaanothing"


def listed(**more):
    return everything(of.list_managed_instances, compartment_id=simulator.compartment, **more)


def updatable(instance, **more):
    return everything(of.list_managed_instance_updatable_packages, instance, **more)


class Reading(Case):
    def test_instances_are_known_by_the_ids_of_compute(self):
        rows = {row.display_name: row for row in listed()}
        known = simulator.members | {"golden-01": simulator.golden}
        # One is not known to the service at first.
        self.assertLessEqual(set(rows), set(known))
        self.assertEqual({name: row.id for name, row in rows.items()}, {name: known[name] for name in rows})
        self.assertEqual({row.id.split(".")[1] for row in rows.values()}, {"instance"})
        self.assertEqual({row.location for row in rows.values()}, {"OCI_COMPUTE"})
        self.assertEqual([row.display_name for row in listed(status=["UNREACHABLE"])], ["db-04"])
        self.assertNotIn("db-04", {row.display_name for row in listed(status=["NORMAL", "WARNING"])})
        self.assertEqual(listed(os_family=["ORACLE_LINUX_9"]), [])
        refused = self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_managed_instance, NOTHING)
        self.assertIn(NOTHING, refused.message)

    def test_counts_agree_with_lists(self):
        instance = UNTOUCHED
        full = of.get_managed_instance(instance).data
        kinds = [row.update_type for row in updatable(instance)]
        counts = (
            full.security_updates_available,
            full.bug_updates_available,
            full.enhancement_updates_available,
            full.other_updates_available,
        )
        self.assertEqual(counts, tuple(map(kinds.count, ("SECURITY", "BUGFIX", "ENHANCEMENT", "OTHER"))))
        self.assertEqual(full.updates_available, len(kinds))
        self.assertEqual(full.installed_packages, len(installed(instance)))

    def test_updates_say_what_is_there_what_comes_and_why(self):
        instance = UNTOUCHED
        have = {(row.display_name, row.version) for row in installed(instance)}
        rows = updatable(instance)
        for row in rows:
            self.assertIn((row.display_name, row.installed_version), have)
            self.assertNotEqual(row.version, row.installed_version)
            if row.update_type != "SECURITY":
                self.assertIsNone(row.advisory_severity)
        security = updatable(instance, classification_type=["SECURITY"])
        self.assertEqual({row.update_type for row in security}, {"SECURITY"})
        both = updatable(instance, classification_type=["SECURITY", "BUGFIX"])
        self.assertLess(len(security), len(both))
        grave = updatable(instance, advisory_severity=["CRITICAL", "IMPORTANT"])
        self.assertLessEqual({row.advisory_severity for row in grave}, {"CRITICAL", "IMPORTANT"})
        self.assertTrue(grave and all(row.errata and row.related_cves for row in grave))
        advisory = grave[0].errata[0]
        self.assertIn(grave[0].name, names(updatable(instance, advisory_name=[advisory])))
        self.assertIn("web-06", {row.display_name for row in listed(advisory_name=[advisory])})

    def test_packages_that_no_source_holds_say_null(self):
        rows = installed(simulator.golden)
        self.assertIn(None, {row.software_sources for row in rows if row.display_name == "gpg-pubkey"})
        sourced = [row for row in rows if row.software_sources]
        self.assertGreater(len(sourced), 500)
        self.assertEqual(
            {source.software_source_type for row in sourced for source in row.software_sources}
            - {"CUSTOM", "VERSIONED"},
            {"VENDOR"},
        )
        available = everything(of.list_managed_instance_available_packages, simulator.golden)
        self.assertEqual(names(available) & names(rows), set())

    def test_an_instance_is_described(self):
        instance = simulator.members["db-06"]
        first = of.get_managed_instance(instance)
        change = models.UpdateManagedInstanceDetails(description="the last database")
        changed = of.update_managed_instance(instance, change, if_match=first.headers["etag"])
        self.assertEqual(changed.data.description, "the last database")
        self.assertRefused(
            412, "NoEtagMatch", of.update_managed_instance, instance, change, if_match=first.headers["etag"]
        )
        # Etags are no names: those of two things that were never changed are the same.
        one, other = (of.get_managed_instance(simulator.members[name]).headers["etag"] for name in ("web-10", "web-11"))
        self.assertEqual(one, other)
        self.assertRegex(one, "^[0-9a-f]{64}--gzip$")


class Changing(Case):
    def test_sources_are_attached_and_detached(self):
        instance = simulator.members["batch-01"]
        attached = lambda: {source.id for source in of.get_managed_instance(instance).data.software_sources}
        before, source = attached(), release("attached to one", ["zsh"])
        available = everything(of.list_managed_instance_available_software_sources, instance)
        self.assertIn(source, {row.id for row in available})
        attach = models.AttachSoftwareSourcesToManagedInstanceDetails(software_sources=[source])
        work = done(of.attach_software_sources_to_managed_instance(instance, attach))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "SET_SOFTWARE_SOURCES"))
        self.assertEqual((work.parent_id, work.children_id), (None, []))
        self.assertEqual((work.resources[0].entity_type, work.resources[0].identifier), ("INSTANCE", instance))
        self.assertEqual(attached(), before | {source})
        self.assertIn("batch-01", {row.display_name for row in listed(software_source_id=source)})
        detach = models.DetachSoftwareSourcesFromManagedInstanceDetails(software_sources=[source])
        self.assertEqual(done(of.detach_software_sources_from_managed_instance(instance, detach)).status, "SUCCEEDED")
        self.assertEqual(attached(), before)
        self.assertRefused(400, "InvalidParameter", of.detach_software_sources_from_managed_instance, instance, detach)
        nothing = models.AttachSoftwareSourcesToManagedInstanceDetails(software_sources=[NOTHING])
        related = "RelatedResourceNotAuthorizedOrNotFound"
        self.assertRefused(400, related, of.attach_software_sources_to_managed_instance, instance, nothing)

    def test_packages_are_installed_updated_and_removed(self):
        instance = simulator.members["batch-02"]
        have = {row.display_name for row in installed(instance)}
        rows = everything(of.list_managed_instance_available_packages, instance)
        new = next(row for row in rows if row.display_name not in have and "++" not in row.name)
        install = models.InstallPackagesOnManagedInstanceDetails(
            package_names=[new.name],
            work_request_details=models.WorkRequestDetails(display_name="by hand", description="run 7"),
        )
        accepted = of.install_packages_on_managed_instance(instance, install)
        work = clients.work.get_work_request(work_id(accepted)).data
        self.assertEqual((work.display_name, work.description, work.package_names), ("by hand", "run 7", [new.name]))
        self.assertEqual(done(accepted).operation_type, "INSTALL_PACKAGES")
        self.assertNotIn(new.name, names(installed(instance)), "nobody has looked yet")
        refresh(instance)
        self.assertIn(new.name, names(installed(instance)))

        remove = models.RemovePackagesFromManagedInstanceDetails(package_names=[new.name])
        self.assertEqual(
            done(of.remove_packages_from_managed_instance(instance, remove)).operation_type, "REMOVE_PACKAGES"
        )
        refresh(instance)
        self.assertNotIn(new.name, names(installed(instance)))

        # Here a bare name is wanted, where above the whole was.
        update = next(row for row in updatable(instance) if not row.display_name.startswith("kernel"))
        whole = models.UpdatePackagesOnManagedInstanceDetails(package_names=[update.name])
        self.assertRefused(400, "InvalidParameter", of.update_packages_on_managed_instance, instance, whole)
        bare = models.UpdatePackagesOnManagedInstanceDetails(package_names=[update.display_name])
        work = done(of.update_packages_on_managed_instance(instance, bare))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "UPDATE_PACKAGES"))
        refresh(instance)
        self.assertIn(update.name, names(installed(instance)))
        self.assertNotIn(update.display_name, {row.display_name for row in updatable(instance)})

    def test_only_updates_of_the_asked_kind_are_installed(self):
        instance = simulator.members["batch-03"]
        for kind in ("SECURITY", "BUGFIX", "ENHANCEMENT"):
            self.assertIn(kind, {row.update_type for row in updatable(instance)})
            update = models.UpdatePackagesOnManagedInstanceDetails(update_types=[kind])
            work = done(of.update_packages_on_managed_instance(instance, update))
            self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", f"UPDATE_{kind}"))
            refresh(instance)
            self.assertNotIn(kind, {row.update_type for row in updatable(instance)})

    def test_a_compartments_instances_are_updated_but_for_members(self):
        compartment, instances = below()
        name, member = sorted(instances.items())[0]
        group = create_group("not by compartment", [release("frozen", ["zsh"])])
        done(join(group, member))
        details = models.UpdateAllPackagesOnManagedInstancesInCompartmentDetails(
            compartment_id=compartment, update_types=["SECURITY"]
        )
        work = done(of.update_all_packages_on_managed_instances_in_compartment(details))
        self.assertEqual((work.operation_type, work.resources[0].entity_type), ("UPDATE_SECURITY", "COMPARTMENT"))
        touched = {part.resources[0].identifier for part in children(work)}
        self.assertNotIn(member, touched, name)
        self.assertLessEqual(set(instances.values()) - {member}, touched)
        leave(group, member)
        clients.groups.delete_managed_instance_group(group)

    def test_an_instance_boots(self):
        instance = simulator.members["web-11"]
        update = models.UpdatePackagesOnManagedInstanceDetails(update_types=["ALL"])
        done(of.update_packages_on_managed_instance(instance, update))
        refresh(instance)
        before = of.get_managed_instance(instance).data
        self.assertTrue(before.is_reboot_required)
        self.assertIn("web-11", {row.display_name for row in listed(is_reboot_required=True)})
        accepted = of.reboot_managed_instance(instance, models.RebootManagedInstanceDetails(reboot_timeout_in_mins=10))
        self.assertEqual(done(accepted).operation_type, "REBOOT")
        after = of.get_managed_instance(instance).data
        self.assertFalse(after.is_reboot_required)
        self.assertGreater(after.time_last_boot, before.time_last_boot)
        self.assertNotEqual(after.os_kernel_version, before.os_kernel_version)

    def test_an_instance_leaves_the_service(self):
        instance = simulator.members["web-12"]
        work = done(of.delete_managed_instance(instance))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "UNREGISTER_MANAGED_INSTANCE"))
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_managed_instance, instance)
        self.assertNotIn("web-12", {row.display_name for row in listed()})
