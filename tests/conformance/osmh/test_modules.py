"""Oracle's SDK reads module streams of sources, and manages those of instances and groups."""

from oci.os_management_hub import models

from sdk import Case, clients, create_group, done, leave, simulator, vendors
from service import everything


class Modules(Case):
    @classmethod
    def setUpClass(cls):
        cls.source = vendors()["ol8_appstream-x86_64"]
        cls.streams = everything(clients.sources.list_module_streams, cls.source)
        by_module = {}
        for row in cls.streams:
            by_module.setdefault(row.module_name, []).append(row.name)
        cls.module, cls.names = next((module, names) for module, names in by_module.items() if len(names) > 1)

    def test_streams_and_profiles_are_read(self):
        of = clients.sources
        rows = everything(of.list_module_streams, self.source, module_name=self.module)
        self.assertEqual([row.name for row in rows], self.names)
        self.assertEqual({row.software_source_id for row in rows}, {self.source})
        self.assertEqual(sum(row.is_latest for row in rows), 1)
        full = of.get_module_stream(self.source, self.module, self.names[0]).data
        self.assertEqual((full.module_name, full.name), (self.module, self.names[0]))
        profiles = everything(of.list_module_stream_profiles, self.source)
        self.assertTrue(profiles)
        row = profiles[0]
        profile = of.get_module_stream_profile(self.source, row.name, row.module_name, row.stream_name).data
        self.assertEqual(
            (profile.module_name, profile.stream_name, profile.name), (row.module_name, row.stream_name, row.name)
        )
        self.assertTrue(profile.packages)
        search = models.SearchSoftwareSourceModuleStreamsDetails(
            software_source_ids=[self.source], module_name=self.module
        )
        self.assertEqual(
            {row.name for row in of.search_software_source_module_streams(search).data.items}, set(self.names)
        )
        search = models.SearchSoftwareSourceModulesDetails(
            software_source_ids=[self.source], name_contains=self.module[1:]
        )
        found = of.search_software_source_modules(search).data.items
        self.assertIn(self.module, {row.name for row in found})
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_module_stream, self.source, self.module, "none")

    def state(self, instance):
        rows = everything(clients.instances.list_managed_instance_modules, instance, name=self.module)
        return next(row for row in rows if row.name == self.module)

    def test_streams_of_an_instance_are_managed(self):
        of, instance = clients.instances, simulator.members["db-06"]
        first, second = self.names[:2]
        one = {"module_name": self.module, "stream_name": first}
        work = done(
            of.enable_module_stream_on_managed_instance(
                instance, models.EnableModuleStreamOnManagedInstanceDetails(**one)
            )
        )
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "MODULE_ACTIONS"))
        self.assertEqual(self.state(instance).enabled_stream, first)
        switch = models.SwitchModuleStreamOnManagedInstanceDetails(module_name=self.module, stream_name=second)
        self.assertEqual(done(of.switch_module_stream_on_managed_instance(instance, switch)).status, "SUCCEEDED")
        self.assertEqual(self.state(instance).enabled_stream, second)
        disable = models.DisableModuleStreamOnManagedInstanceDetails(module_name=self.module, stream_name=second)
        self.assertEqual(done(of.disable_module_stream_on_managed_instance(instance, disable)).status, "SUCCEEDED")
        self.assertIn(second, self.state(instance).disabled_streams)
        stream = models.ModuleStreamDetails(**one)
        for dry, enabled in [(True, None), (False, first)]:
            details = models.ManageModuleStreamsOnManagedInstanceDetails(is_dry_run=dry, enable=[stream])
            self.assertEqual(done(of.manage_module_streams_on_managed_instance(instance, details)).status, "SUCCEEDED")
            self.assertEqual(self.state(instance).enabled_stream, enabled)

        row = next(row for row in everything(clients.sources.list_module_stream_profiles, self.source))
        profile = {"module_name": row.module_name, "stream_name": row.stream_name, "profile_name": row.name}
        enable = models.EnableModuleStreamOnManagedInstanceDetails(
            module_name=row.module_name, stream_name=row.stream_name
        )
        done(of.enable_module_stream_on_managed_instance(instance, enable))
        install = models.InstallModuleStreamProfileOnManagedInstanceDetails(**profile)
        self.assertEqual(
            done(of.install_module_stream_profile_on_managed_instance(instance, install)).status, "SUCCEEDED"
        )
        modules = everything(of.list_managed_instance_modules, instance, name=row.module_name)
        self.assertIn(f"{row.stream_name}/{row.name}", modules[0].installed_profiles)
        remove = models.RemoveModuleStreamProfileFromManagedInstanceDetails(**profile)
        self.assertEqual(
            done(of.remove_module_stream_profile_from_managed_instance(instance, remove)).status, "SUCCEEDED"
        )
        unknown = models.EnableModuleStreamOnManagedInstanceDetails(module_name="nobody", stream_name="1")
        answer = of.enable_module_stream_on_managed_instance
        try:
            self.assertEqual(done(answer(instance, unknown)).status, "FAILED")
        except Exception as refused:
            self.assertEqual(getattr(refused, "status", None), 400, refused)

    def test_streams_of_a_group_are_managed(self):
        of, instance = clients.groups, simulator.members["db-05"]
        group = create_group("with modules", vendors().values(), ["db-05"])
        row = next(row for row in everything(clients.sources.list_module_stream_profiles, self.source))
        one = {"module_name": row.module_name, "stream_name": row.stream_name}
        profile = one | {"profile_name": row.name}
        available = everything(of.list_managed_instance_group_available_modules, group)
        self.assertIn(row.module_name, {module.name for module in available})
        calls = [
            (
                of.enable_module_stream_on_managed_instance_group,
                models.EnableModuleStreamOnManagedInstanceGroupDetails(**one),
            ),
            (
                of.install_module_stream_profile_on_managed_instance_group,
                models.InstallModuleStreamProfileOnManagedInstanceGroupDetails(**profile),
            ),
            (
                of.remove_module_stream_profile_from_managed_instance_group,
                models.RemoveModuleStreamProfileFromManagedInstanceGroupDetails(**profile),
            ),
            (
                of.switch_module_stream_on_managed_instance_group,
                models.SwitchModuleStreamOnManagedInstanceGroupDetails(**one),
            ),
            (
                of.disable_module_stream_on_managed_instance_group,
                models.DisableModuleStreamOnManagedInstanceGroupDetails(**one),
            ),
            (
                of.manage_module_streams_on_managed_instance_group,
                models.ManageModuleStreamsOnManagedInstanceGroupDetails(enable=[models.ModuleStreamDetails(**one)]),
            ),
        ]
        for call, details in calls:
            with self.subTest(call.__name__):
                work = done(call(group, details))
                self.assertEqual(
                    (work.status, work.operation_type, len(work.children_id)), ("SUCCEEDED", "MODULE_ACTIONS", 1)
                )
        leave(group, instance)
        clients.groups.delete_managed_instance_group(group)
