"""Oracle's SDK makes registration profiles, and has instances registered with them."""

from oci.os_management_hub import models

from sdk import BASE, SYSTEM, Case, clients, create_group, leave, release, simulator, vendors
from service import everything

of = clients.onboarding


def for_group(name, group, **more):
    return models.CreateGroupProfileDetails(
        compartment_id=simulator.compartment, display_name=name, managed_instance_group_id=group, **more
    )


def for_sources(name, sources, **more):
    system = {field: value for field, value in SYSTEM.items() if field != "location"}
    return models.CreateSoftwareSourceProfileDetails(
        compartment_id=simulator.compartment,
        display_name=name,
        software_source_ids=sources,
        registration_type="OCI_LINUX",
        **system | more
    )


class Profiles(Case):
    def test_a_profile_is_made_read_changed_and_deleted(self):
        base = vendors()[BASE]
        made = of.create_profile(for_sources("mine", [base], description="the first"))
        self.assertEqual((made.status, made.data.profile_version), (200, "1"))
        self.assertIsInstance(made.data, models.SoftwareSourceProfile)
        self.assertIsNone(made.data.time_modified)
        first = of.get_profile(made.data.id)
        self.assertEqual([link.id for link in first.data.software_sources], [base])
        change = models.UpdateProfileDetails(description="changed")
        self.assertRefused(412, "NoEtagMatch", of.update_profile, made.data.id, change, if_match="old")
        changed = of.update_profile(made.data.id, change, if_match=first.headers["etag"]).data
        self.assertEqual((changed.description, changed.profile_version), ("changed", "2"))
        self.assertTrue(changed.time_modified)
        version = of.get_profile_version(made.data.id, "2").data
        self.assertEqual((version.id, version.profile_version, version.description), (made.data.id, "2", "changed"))
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_profile_version, made.data.id, "3")

        custom = release("for profiles", ["zsh"])
        available = everything(of.list_profile_available_software_sources, made.data.id)
        self.assertIn(custom, {row.id for row in available})
        attach = models.AttachSoftwareSourcesToProfileDetails(software_sources=[custom])
        of.attach_software_sources_to_profile(made.data.id, attach)
        sources = lambda: {link.id for link in of.get_profile(made.data.id).data.software_sources}
        self.assertEqual(sources(), {base, custom})
        self.assertRefused(409, "Conflict", clients.sources.delete_software_source, custom)
        detach = models.DetachSoftwareSourcesFromProfileDetails(software_sources=[custom])
        of.detach_software_sources_from_profile(made.data.id, detach)
        self.assertEqual(sources(), {base})

        listed = lambda **more: {
            row.id for row in everything(of.list_profiles, compartment_id=simulator.compartment, **more)
        }
        self.assertIn(
            made.data.id, listed(profile_type=["SOFTWARESOURCE"], display_name=["mine"], os_family="ORACLE_LINUX_8")
        )
        self.assertNotIn(made.data.id, listed(profile_type=["GROUP"]))
        self.assertEqual(of.delete_profile(made.data.id).status, 204)
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_profile, made.data.id)

    def test_who_comes_with_a_groups_profile_is_a_member(self):
        source = release("for who comes", ["bash", "zsh"])
        group = create_group("who comes", [source])
        profile = of.create_profile(for_group("who comes", group, registration_type="OCI_LINUX")).data
        self.assertIsInstance(profile, models.GroupProfile)
        self.assertEqual(profile.managed_instance_group.id, group)
        self.assertEqual(
            (profile.os_family, profile.arch_type, profile.vendor_name), ("ORACLE_LINUX_8", "X86_64", "ORACLE")
        )
        instance = simulator.members["web-07"]
        attach = models.AttachProfileToManagedInstanceDetails(profile_id=profile.id)
        answer = clients.instances.attach_profile_to_managed_instance(instance, attach)
        self.assertNotIn("opc-work-request-id", answer.headers)
        simulator.advance()
        seen = clients.instances.get_managed_instance(instance).data
        self.assertEqual((seen.profile, seen.profile_version), (profile.id, "1"))
        self.assertEqual(seen.managed_instance_group.id, group)
        self.assertEqual([link.id for link in seen.software_sources], [source])
        with_it = everything(
            clients.instances.list_managed_instances, compartment_id=simulator.compartment, profile=[profile.id]
        )
        self.assertEqual([row.id for row in with_it], [instance])
        self.assertRefused(
            409, "IncorrectState", clients.instances.attach_profile_to_managed_instance, instance, attach
        )
        clients.instances.detach_profile_from_managed_instance(instance)
        self.assertIsNone(clients.instances.get_managed_instance(instance).data.profile)
        self.assertRefused(409, "IncorrectState", clients.instances.detach_profile_from_managed_instance, instance)

        # A profile goes over to another group; nobody who is there moves.
        other = create_group("who comes later", [source])
        details = models.AttachManagedInstanceGroupToProfileDetails(managed_instance_group_id=other)
        of.attach_managed_instance_group_to_profile(profile.id, details)
        moved = of.get_profile(profile.id).data
        self.assertEqual((moved.managed_instance_group.id, moved.profile_version), (other, "2"))
        self.assertEqual(clients.instances.get_managed_instance(instance).data.managed_instance_group.id, group)
        of.delete_profile(profile.id)
        leave(group, instance)

    def test_what_cannot_be_is_refused(self):
        related = (400, "RelatedResourceNotAuthorizedOrNotFound")
        self.assertRefused(*related, of.create_profile, for_group("x", "ocid1.nothing.oc1..aaaaaaaanothing"))
        base = vendors()[BASE]
        self.assertRefused(
            400, "InvalidParameter", of.create_profile, for_sources("x", [base], os_family="ORACLE_LINUX_9")
        )
        staged = models.CreateLifecycleProfileDetails(
            compartment_id=simulator.compartment, display_name="x", lifecycle_stage_id="x"
        )
        refused = self.assertRefused(501, "MethodNotImplemented", of.create_profile, staged)
        self.assertIn("LIFECYCLE", refused.message)
