"""Oracle's SDK makes sources of all kinds, changes what they hold, and reads it in every way there is."""

import io

import oci
from oci.os_management_hub import models

from sdk import (
    BASE,
    Case,
    add,
    clients,
    create_group,
    create_source,
    done,
    entries,
    held,
    names,
    release,
    simulator,
    source_details,
    vendors,
)
from service import everything

NOTHING = "ocid1.osmhsoftwaresource.oc1..aaaaaaaanothing"


def contents(source, **more):
    return everything(clients.sources.list_software_packages, source, **more)


class Sources(Case):
    def test_the_vendors_sources_lie_in_the_tenancy(self):
        find = lambda **more: everything(
            clients.sources.list_software_sources, compartment_id=simulator.tenancy, **more
        )
        whole = find(software_source_type=["VENDOR"])
        self.assertIn(BASE, {row.display_name for row in whole})
        self.assertEqual({type(row) for row in whole}, {models.VendorSoftwareSourceSummary})
        ol8 = find(os_family=["ORACLE_LINUX_8"], arch_type=["X86_64"])
        ol9 = find(os_family=["ORACLE_LINUX_9"])
        self.assertEqual(len(find(os_family=["ORACLE_LINUX_8", "ORACLE_LINUX_9"])), len(ol8) + len(ol9))
        self.assertEqual([row.display_name for row in find(display_name=BASE)], [BASE])
        self.assertEqual(find(display_name=BASE[:-1]), [])
        self.assertIn(BASE, {row.display_name for row in find(display_name_contains="baseos")})
        self.assertNotIn(BASE, {row.display_name for row in find(display_name_not_equal_to=[BASE])})
        self.assertEqual({row.availability_at_oci for row in find(availability_at_oci=["SELECTED"])}, {"SELECTED"})
        full = clients.sources.get_software_source(vendors()[BASE]).data
        self.assertIsInstance(full, models.VendorSoftwareSource)
        self.assertGreater(full.package_count, 500)
        self.assertEqual((full.vendor_name, full.software_source_type), ("ORACLE", "VENDOR"))
        makers = clients.sources.list_software_source_vendors(simulator.tenancy).data.items
        self.assertIn("ORACLE", {maker.name for maker in makers})

    def test_only_what_is_selected_can_be_used(self):
        find = lambda: everything(
            clients.sources.list_software_sources, compartment_id=simulator.tenancy, display_name="ol8_addons-x86_64"
        )[0]
        addons = find()
        self.assertEqual(addons.availability_at_oci, "AVAILABLE")
        create = clients.sources.create_software_source
        drawn = {"vendors": {"addons": addons.id}}
        refused = self.assertRefused(400, "InvalidParameter", create, source_details("addons", **drawn))
        self.assertIn("not selected", refused.message)

        def select(word):
            one = models.SoftwareSourceAvailability(software_source_id=addons.id, availability_at_oci=word)
            details = models.ChangeAvailabilityOfSoftwareSourcesDetails(software_source_availabilities=[one])
            answer = clients.sources.change_availability_of_software_sources(details)
            self.assertNotIn("opc-work-request-id", answer.headers)

        select("SELECTED")
        self.assertEqual(find().availability_at_oci, "SELECTED")
        made = create_source("addons", **drawn)
        clients.sources.delete_software_source(made)
        select("AVAILABLE")
        self.assertEqual(find().availability_at_oci, "AVAILABLE")

    def test_a_custom_source_is_made_described_and_deleted(self):
        tags = {"freeform_tags": {"train": "great-linux"}, "defined_tags": {"ops": {"patch": "web"}}}
        made = clients.sources.create_software_source(source_details("mine", description="the first", **tags))
        self.assertEqual(made.status, 201)
        self.assertTrue(made.headers["etag"].endswith("--gzip"))
        self.assertIsInstance(made.data, models.CustomSoftwareSource)
        self.assertEqual(made.data.freeform_tags, tags["freeform_tags"])
        self.assertEqual(made.data.defined_tags["ops"], {"patch": "web"})
        self.assertIn("CreatedBy", made.data.defined_tags["Oracle-Tags"])
        flags = ("is_automatically_updated", "is_auto_resolve_dependencies", "is_latest_content_only")
        self.assertEqual({getattr(made.data, flag) for flag in flags}, {False})
        self.assertTrue(made.data.is_created_from_package_list)
        simulator.advance()

        first = clients.sources.get_software_source(made.data.id)
        change = models.UpdateCustomSoftwareSourceDetails(description="changed")
        update = clients.sources.update_software_source
        self.assertRefused(412, "NoEtagMatch", update, made.data.id, change, if_match="old")
        # Etags are given back as they came.
        changed = update(made.data.id, change, if_match=first.headers["etag"])
        self.assertEqual(
            (changed.status, changed.data.description, changed.data.display_name), (200, "changed", "mine")
        )
        self.assertFalse(changed.headers["etag"].endswith("--gzip"))
        self.assertRefused(412, "NoEtagMatch", update, made.data.id, change, if_match=first.headers["etag"])
        again = clients.sources.get_software_source(made.data.id)
        self.assertEqual(again.headers["etag"], changed.headers["etag"] + "--gzip")
        listed = everything(
            clients.sources.list_software_sources, compartment_id=simulator.compartment, display_name="mine"
        )
        self.assertEqual([row.id for row in listed], [made.data.id])
        self.assertIsInstance(listed[0], models.CustomSoftwareSourceSummary)

        gone = clients.sources.delete_software_source(made.data.id)
        self.assertEqual((gone.status, gone.data), (204, None))
        refused = self.assertRefused(404, "NotAuthorizedOrNotFound", clients.sources.get_software_source, made.data.id)
        self.assertEqual(refused.message, "Authorization failed or requested resource not found.")

    def test_what_is_attached_stays(self):
        source = release("attached", ["zsh"])
        group = create_group("attached", [source])
        self.assertRefused(409, "Conflict", clients.sources.delete_software_source, source)
        clients.groups.delete_managed_instance_group(group)
        clients.sources.delete_software_source(source)

    def test_a_source_can_be_made_by_filters(self):
        only = models.PackageFilter(filter_type="INCLUDE", package_name_pattern="lib*")
        but = models.PackageFilter(filter_type="EXCLUDE", package_name="libstdc++")
        details = models.CustomSoftwareSourceFilter(package_filters=[only, but])
        source = create_source(
            "filtered",
            is_created_from_package_list=False,
            is_latest_content_only=True,
            custom_software_source_filter=details,
        )
        found = {row.display_name for row in contents(source)}
        self.assertGreater(len(found), 5)
        self.assertEqual({name for name in found if not name.startswith("lib") or name == "libstdc++"}, set())
        self.assertEqual({row.is_latest for row in contents(source)}, {True})
        full = clients.sources.get_software_source(source).data
        self.assertEqual(full.custom_software_source_filter, details)
        self.assertEqual(full.software_source_sub_type, "FILTER")
        self.assertRefused(400, "InvalidParameter", add, source, ["zsh"])

    def test_a_versioned_source_is_filled_once(self):
        custom = source_details("versioned")
        fields = ("compartment_id", "display_name", "vendor_software_sources", "is_created_from_package_list")
        details = models.CreateVersionedCustomSoftwareSourceDetails(
            software_source_version="1.0", **{field: getattr(custom, field) for field in fields}
        )
        made = clients.sources.create_software_source(details).data
        self.assertIsInstance(made, models.VersionedCustomSoftwareSource)
        self.assertEqual(made.software_source_version, "1.0")
        simulator.advance()
        self.assertEqual(done(add(made.id, ["zsh"])).status, "SUCCEEDED")
        self.assertRefused(409, "IncorrectState", add, made.id, ["bash"])
        # Groups take custom sources only.
        with self.assertRaises(oci.exceptions.ServiceError) as refused:
            create_group("versioned", [made.id])
        self.assertEqual((refused.exception.status, refused.exception.code), (400, "InvalidParameter"))


class Contents(Case):
    """What a source holds, changed and read."""

    @classmethod
    def setUpClass(cls):
        cls.source = release("contents", ["bash", "zsh"])

    def test_a_bare_name_stands_for_all_versions(self):
        rows = contents(self.source)
        self.assertEqual({row.display_name for row in rows}, {"bash", "zsh"})
        vendor = [row for id in vendors().values() for row in contents(id, display_name="bash")]
        self.assertEqual({row.name for row in rows if row.display_name == "bash"}, names(vendor))
        newest = release("newest", ["bash"], is_latest_content_only=True)
        self.assertEqual(len({row.version for row in contents(newest)}), 1)

    def test_all_spellings_are_taken(self):
        source = create_source("spelled")
        rows = [row for id in vendors(BASE).values() for row in contents(id, is_latest=True)]
        epochal = next(row for row in rows if ":" in row.version)
        plain = next(row for row in rows if ":" not in row.version)
        spelled = [next(iter(entries([row]))) for row in (epochal, plain)]
        bare = plain.name.removesuffix(".rpm")
        self.assertEqual(spelled[1], bare)
        for spelling in (spelled[0], epochal.name.removesuffix(".rpm"), spelled[1], plain.display_name):
            self.assertEqual(done(add(source, [spelling])).status, "SUCCEEDED", spelling)
        found = names(contents(source))
        self.assertLessEqual({epochal.name, plain.name}, found)

    def test_packages_are_replaced_and_removed(self):
        source = release("replaced", ["bash", "zsh"])
        details = models.ReplacePackagesInSoftwareSourceDetails(packages=["zsh", "libstdc++"])
        work = done(clients.sources.replace_packages_in_software_source(source, details))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "UPDATE_SOFTWARE_SOURCE"))
        self.assertEqual({row.display_name for row in contents(source)}, {"zsh", "libstdc++"})
        details = models.ReplacePackagesInSoftwareSourceDetails(packages=["nobody-ships-this"])
        self.assertEqual(done(clients.sources.replace_packages_in_software_source(source, details)).status, "FAILED")
        self.assertEqual({row.display_name for row in contents(source)}, {"zsh", "libstdc++"})
        details = models.RemovePackagesFromSoftwareSourceDetails(packages=["zsh"])
        self.assertEqual(
            done(clients.sources.remove_packages_from_software_source(source, details)).status, "SUCCEEDED"
        )
        self.assertEqual({row.display_name for row in contents(source)}, {"libstdc++"})

    def test_a_manifest_goes_in_and_comes_out(self):
        source = release("manifest", ["zsh"])
        before = held(source)
        self.assertTrue(all(line.startswith("zsh-") for line in before))
        wanted = held(self.source)
        body = io.BytesIO("".join(f"{line}\n" for line in sorted(wanted)).encode())
        put = clients.sources.update_software_source_manifest(
            software_source_id=source, update_software_source_manifest_details=body
        )
        self.assertEqual((put.status, put.data.id), (200, source))
        self.assertEqual(done(put).status, "SUCCEEDED")
        self.assertEqual(held(source), wanted)
        self.assertEqual(clients.sources.get_software_source(source).data.package_count, len(wanted))

    def test_metadata_is_written_without_being_told(self):
        before = clients.sources.get_software_source(self.source).data.time_metadata_updated
        answer = clients.sources.software_source_generate_metadata(self.source)
        self.assertNotIn("opc-work-request-id", answer.headers)
        # Only what is going on with the source tells, until it is done.
        self.assertEqual(clients.sources.get_software_source(self.source).data.lifecycle_state, "UPDATING")
        simulator.advance()
        after = clients.sources.get_software_source(self.source).data
        self.assertEqual(after.lifecycle_state, "ACTIVE")
        self.assertGreater(after.time_metadata_updated, before)

    def test_packages_are_found_in_every_way(self):
        row = contents(self.source, display_name="zsh")[0]
        of = clients.sources
        self.assertEqual(contents(self.source, display_name="zs"), [])
        self.assertEqual({it.display_name for it in contents(self.source, display_name_contains="zs")}, {"zsh"})
        one = of.get_software_package(self.source, row.name).data
        self.assertIsInstance(one, models.SoftwarePackage)
        self.assertEqual((one.name, one.version, one.checksum_type), (row.name, row.version, "SHA256"))
        everywhere = of.get_software_package_by_name(row.name).data
        self.assertEqual((everywhere.name, everywhere.checksum), (one.name, one.checksum))
        holders = everything(of.list_software_package_software_sources, row.name, simulator.compartment)
        self.assertIn(self.source, {holder.id for holder in holders})
        found = everything(of.list_all_software_packages, display_name="zsh", os_family="ORACLE_LINUX_8")
        self.assertIn(row.name, names(found))
        # What could still be added.
        available = everything(of.list_available_software_packages, self.source, display_name_contains="stdc")
        self.assertIn("libstdc++", {it.display_name for it in available})
        self.assertEqual(everything(of.list_available_software_packages, self.source, display_name="zsh"), [])
        # A name with signs that must be escaped in a path.
        plus = next(it for it in available if "++" in it.name)
        self.assertEqual(of.get_software_package_by_name(plus.name).data.name, plus.name)
        for call, arguments in [
            (of.get_software_package, (self.source, plus.name)),
            (of.get_software_package, (NOTHING, row.name)),
            (of.get_software_package_by_name, ("nobody-1-1.noarch.rpm",)),
            (of.list_software_packages, (NOTHING,)),
        ]:
            self.assertRefused(404, "NotAuthorizedOrNotFound", call, *arguments)
