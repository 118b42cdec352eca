"""Oracle's SDK reads module streams: of an instance, of a source, and one with its packages."""

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
