"""Oracle's SDK and module streams: of an instance, of a source, one with its packages; and how they are changed, all at
once. Profiles, and operations that do one thing each, are in `test_sdk_profiles`."""

from oci.os_management import models

from sdk import Case, client, simulator
from service import everything


class ModuleStreams(Case):
    def test_an_instance_says_which_streams_it_has(self):
        rows = everything(
            client.list_module_streams_on_managed_instance, simulator.golden, sort_by="DISPLAYNAME"
        )
        names = [(row.module_name, row.stream_name) for row in rows]
        self.assertEqual(names, sorted(names))
        self.assertEqual({row.status for row in rows}, {"ENABLED", "DISABLED", "ACTIVE"})
        for status in ("ENABLED", "DISABLED", "ACTIVE"):
            some = everything(
                client.list_module_streams_on_managed_instance, simulator.golden, stream_status=status
            )
            self.assertEqual({row.status for row in some}, {status})
        # A stream's name means nothing without its module's.
        self.assertRefused(
            400,
            "InvalidParameter",
            client.list_module_streams_on_managed_instance,
            simulator.golden,
            stream_name="15",
        )

    def test_a_stream_lists_packages_by_the_names_of_other_lists(self):
        rows = everything(
            client.list_module_streams_on_managed_instance,
            simulator.golden,
            module_name="postgresql",
            stream_status="ENABLED",
        )
        [row] = rows
        source = row.software_source_id
        streams = everything(client.list_module_streams, source, module_name="postgresql")
        self.assertIn(row.stream_name, [stream.stream_name for stream in streams])
        stream = client.get_module_stream(source, "postgresql", row.stream_name).data
        self.assertEqual((stream.software_source_id, stream.is_default), (source, False))
        installed = everything(
            client.list_packages_installed_on_managed_instance, simulator.golden, display_name="postgresql"
        )
        self.assertTrue(installed)
        self.assertLessEqual({package.name for package in installed}, set(stream.packages))
        self.assertRefused(404, "NotAuthorizedOrNotFound", client.get_module_stream, source, "postgresql", "9")

    def test_streams_are_enabled_put_in_taken_out_and_disabled(self):
        member = simulator.members["db-06"]
        stream = models.ModuleStreamDetails(module_name="postgresql", stream_name="15")
        profile = models.ModuleStreamProfileDetails(
            module_name="postgresql", stream_name="15", profile_name="common"
        )

        def manage(**lists):
            details = models.ManageModuleStreamsOnManagedInstanceDetails(**lists)
            answer = client.manage_module_streams_on_managed_instance(member, details)
            simulator.advance()
            return client.get_work_request(answer.headers["opc-work-request-id"]).data

        def stands():
            [row] = everything(
                client.list_module_streams_on_managed_instance, member, module_name="postgresql", stream_name="15"
            )
            return row.status, {it.status for it in row.profiles}

        def packages():
            rows = everything(
                client.list_packages_installed_on_managed_instance, member, display_name="postgresql"
            )
            return len(rows)

        before = stands(), packages()
        work = manage(is_dry_run=True, install=[profile])
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "COMPOUND"))
        self.assertEqual((stands(), packages()), before)
        self.assertEqual(manage(install=[profile]).status, "SUCCEEDED")
        self.assertEqual((stands(), packages()), (("ENABLED", {"INSTALLED"}), 3))
        self.assertEqual(manage(remove=[profile]).status, "SUCCEEDED")
        self.assertEqual((stands(), packages()), (("ENABLED", {"AVAILABLE"}), 0))
        self.assertEqual(manage(disable=[stream]).status, "SUCCEEDED")
        self.assertEqual(stands(), ("DISABLED", {"AVAILABLE"}))
        self.assertEqual(manage(enable=[stream]).status, "SUCCEEDED")
        self.assertEqual(stands(), ("ENABLED", {"AVAILABLE"}))
        other = models.ModuleStreamProfileDetails(
            module_name="container-tools", stream_name="ol9", profile_name="common"
        )
        details = models.ManageModuleStreamsOnManagedInstanceDetails(install=[other])
        self.assertRefused(
            400, "InvalidParameter", client.manage_module_streams_on_managed_instance, member, details
        )
