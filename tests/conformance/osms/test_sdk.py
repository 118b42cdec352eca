"""Oracle's SDK has sources, groups, instances and pages of them; each answer is held against the SDK's models."""

import oci
from oci.os_management import OsManagementClientCompositeOperations, models

from sdk import (
    Case,
    add,
    attach_child,
    attach_parent,
    client,
    create_group,
    create_source,
    detach_child,
    detach_parent,
    parent_of,
    release,
    remove,
    simulator,
    source_names,
)
from service import everything


class Sources(Case):
    def test_one_is_made_read_changed_and_deleted(self):
        details = models.CreateSoftwareSourceDetails(
            compartment_id=simulator.compartment,
            display_name="GL9 ünïcode",
            arch_type="X86_64",
            description="a \"quoted\" text,\nof two lines \N{SNOWMAN}",
            maintainer_name="Somebody",
            maintainer_email="somebody@example.invalid",
            maintainer_phone="+49 89",
            checksum_type="SHA512",
            freeform_tags={"train": "great-linux", "leer": ""},
            defined_tags={"ops": {"cost": "42"}},
        )
        created = client.create_software_source(details)
        made = created.data
        self.assertEqual(created.status, 200)
        self.assertTrue(created.headers["etag"])
        self.assertTrue(created.headers["location"].endswith(f"/20190801/softwareSources/{made.id}"))
        for name in details.attribute_map:
            if name != "parent_id":
                self.assertEqual(getattr(made, name), getattr(details, name), name)
        self.assertEqual((made.lifecycle_state, made.status, made.packages), ("ACTIVE", "NORMAL", 0))
        read = client.get_software_source(made.id)
        self.assertEqual(read.data, made)
        self.assertEqual(read.headers["etag"], created.headers["etag"])

        rows = everything(client.list_software_sources, simulator.compartment, display_name="GL9 ünïcode")
        self.assertEqual([row.id for row in rows], [made.id])

        change = models.UpdateSoftwareSourceDetails(description="changed")
        changed = client.update_software_source(made.id, change, if_match=read.headers["etag"])
        self.assertEqual(changed.data.description, "changed")
        self.assertEqual(changed.data.display_name, made.display_name)
        self.assertNotEqual(changed.headers["etag"], read.headers["etag"])
        stale = {"if_match": read.headers["etag"]}
        self.assertRefused(412, "NoEtagMatch", client.update_software_source, made.id, change, **stale)
        self.assertRefused(412, "NoEtagMatch", client.delete_software_source, made.id, **stale)

        client.delete_software_source(made.id, if_match=changed.headers["etag"])
        self.assertEqual(client.get_software_source(made.id).data.lifecycle_state, "DELETED")
        rows = everything(client.list_software_sources, simulator.compartment, lifecycle_state="DELETED")
        self.assertIn(made.id, [row.id for row in rows])
        rows = everything(client.list_software_sources, simulator.compartment, lifecycle_state="ACTIVE")
        self.assertNotIn(made.id, [row.id for row in rows])
        self.assertRefused(404, "NotAuthorizedOrNotFound", client.delete_software_source, made.id)

    def test_it_is_filled_searched_and_emptied(self):
        source, names = create_source("filled"), release()
        self.assertGreater(len(names), 300)
        self.assertEqual(add(source, names).data, None)
        self.assertEqual(source_names(source), set(names))
        self.assertEqual(client.get_software_source(source).data.packages, len(names))
        # Nothing happens when they are added again.
        add(source, names[:10])
        self.assertEqual(client.get_software_source(source).data.packages, len(names))

        rows = everything(client.list_software_source_packages, source, display_name="lib")
        self.assertTrue(rows and all(row.display_name.startswith("lib") for row in rows))
        # Both must be escaped in a path and in a query.
        for sign in "+:":
            name = next(name for name in names if sign in name)
            package = client.get_software_package(source, name).data
            self.assertEqual(package.name, name)
            self.assertIn(source, [link.id for link in package.software_sources])
            found = everything(client.search_software_packages, software_package_name=name)
            self.assertEqual([row.name for row in found], [name])
            self.assertIn(source, [link.id for link in found[0].software_sources])
        found = everything(client.search_software_packages, display_name="kernel")
        self.assertGreater(len(found), len({row.display_name for row in found}))

        remove(source, names[5:])
        self.assertEqual(source_names(source), set(names[:5]))
        absent = names[5]
        self.assertRefused(404, "NotAuthorizedOrNotFound", client.get_software_package, source, absent)
        unknown = ["nothing-1-1.noarch", names[7]]
        self.assertRefused(400, "InvalidParameter", add, source, unknown)
        self.assertEqual(source_names(source), set(names[:5]), "all or nothing")

    def test_children_come_and_go_with_their_parent(self):
        instance = simulator.members["batch-05"]
        parent = create_source("the parent")
        child, other = (create_source(name, parent_id=parent) for name in ("a child", "another"))
        read = client.get_software_source(child).data
        self.assertEqual((read.parent_id, read.parent_name), (parent, "the parent"))
        self.assertRefused(400, "InvalidParameter", create_source, "no grandchild", parent_id=child)
        self.assertRefused(409, "Conflict", client.delete_software_source, parent)

        self.assertRefused(409, "Conflict", attach_child, instance, child)
        self.assertRefused(409, "Conflict", attach_parent, instance, parent)
        detach_parent(instance, parent_of(instance))
        read = client.get_managed_instance(instance).data
        self.assertEqual((read.parent_software_source, read.child_software_sources), (None, []))
        attach_parent(instance, parent)
        rows = everything(client.list_available_software_sources_for_managed_instance, instance)
        self.assertEqual({row.id for row in rows}, {child, other})
        attach_child(instance, child)
        read = client.get_managed_instance(instance).data
        self.assertEqual(read.parent_software_source, models.SoftwareSourceId(id=parent, name="the parent"))
        self.assertEqual(read.child_software_sources, [models.SoftwareSourceId(id=child, name="a child")])
        riders = client.get_software_source(parent).data.associated_managed_instances
        self.assertEqual([rider.id for rider in riders], [instance])
        self.assertRefused(409, "Conflict", client.delete_software_source, child)
        self.assertRefused(409, "Conflict", detach_child, instance, other)
        detach_child(instance, child)
        self.assertEqual(client.get_managed_instance(instance).data.child_software_sources, [])
        self.assertRefused(409, "Conflict", detach_parent, instance, child)

    def test_one_call_makes_one_and_waits(self):
        operations = OsManagementClientCompositeOperations(client)
        details = models.CreateSoftwareSourceDetails(
            compartment_id=simulator.compartment, display_name="awaited", arch_type="X86_64"
        )
        made = operations.create_software_source_and_wait_for_state(details, ["ACTIVE"]).data
        change = models.UpdateSoftwareSourceDetails(display_name="still awaited")
        changed = operations.update_software_source_and_wait_for_state(made.id, change, ["ACTIVE"]).data
        self.assertEqual((changed.id, changed.display_name), (made.id, "still awaited"))
        operations.delete_software_source_and_wait_for_state(made.id, ["DELETED"])
        self.assertEqual(client.get_software_source(made.id).data.lifecycle_state, "DELETED")


class Groups(Case):
    def test_one_is_made_read_changed_and_deleted(self):
        details = models.CreateManagedInstanceGroupDetails(
            compartment_id=simulator.compartment,
            display_name="a group",
            description="of nothing yet",
            os_family="LINUX",
            freeform_tags={"a": "b"},
            defined_tags={"c": {"d": "e"}},
        )
        created = client.create_managed_instance_group(details)
        made = created.data
        self.assertTrue(created.headers["location"].endswith(f"/20190801/managedInstanceGroups/{made.id}"))
        for name in details.attribute_map:
            self.assertEqual(getattr(made, name), getattr(details, name), name)
        read = client.get_managed_instance_group(made.id)
        self.assertEqual((read.data, read.headers["etag"]), (made, created.headers["etag"]))

        members = [simulator.members[name] for name in ("web-02", "web-03")]
        for member in members:
            client.attach_managed_instance_to_managed_instance_group(made.id, member)
        read = client.get_managed_instance_group(made.id)
        self.assertEqual({member.id for member in read.data.managed_instances}, set(members))
        groups = client.get_managed_instance(members[0]).data.managed_instance_groups
        self.assertIn(models.Id(id=made.id, display_name="a group"), groups)
        rows = everything(client.list_managed_instance_groups, simulator.compartment, display_name="a group")
        self.assertEqual([(row.id, row.managed_instance_count) for row in rows], [(made.id, 2)])

        client.detach_managed_instance_from_managed_instance_group(made.id, members[0])
        detach = client.detach_managed_instance_from_managed_instance_group
        self.assertRefused(409, "Conflict", detach, made.id, members[0])

        change = models.UpdateManagedInstanceGroupDetails(display_name="renamed", freeform_tags={})
        stale = {"if_match": created.headers["etag"]}
        self.assertRefused(412, "NoEtagMatch", client.update_managed_instance_group, made.id, change, **stale)
        changed = client.update_managed_instance_group(made.id, change).data
        self.assertEqual((changed.display_name, changed.freeform_tags), ("renamed", {}))
        self.assertEqual(changed.description, made.description)

        client.delete_managed_instance_group(made.id)
        self.assertEqual(client.get_managed_instance_group(made.id).data.lifecycle_state, "DELETED")
        self.assertEqual(client.get_managed_instance(members[1]).data.managed_instance_groups, [])

    def test_all_its_members_are_updated(self):
        members = [simulator.members[name] for name in ("db-01", "db-02")]
        group = create_group("updated")
        for member in members:
            client.attach_managed_instance_to_managed_instance_group(group, member)
        before = {member: client.get_managed_instance(member).data.updates_available for member in members}
        self.assertTrue(all(before.values()), before)
        client.install_all_updates_on_managed_instance_group(group, update_type="ALL")
        simulator.advance()
        for member in members:
            works = everything(client.list_work_requests, simulator.compartment, managed_instance_id=member)
            self.assertEqual([work.status for work in works], ["SUCCEEDED"])
            self.assertEqual(client.get_managed_instance(member).data.updates_available, 0)
            self.assertEqual(everything(client.list_available_updates_for_managed_instance, member), [])


class Instances(Case):
    def test_lists_and_counts_agree(self):
        rows = everything(client.list_managed_instances, simulator.compartment)
        self.assertEqual(len({row.id for row in rows}), len(rows))
        self.assertIn(simulator.golden, {row.id for row in rows})
        self.assertEqual({row.status for row in rows}, {"NORMAL", "UNREACHABLE"})
        for row in rows:
            full = client.get_managed_instance(row.id).data
            self.assertEqual(full.display_name, row.display_name)
            updates = everything(client.list_available_updates_for_managed_instance, row.id)
            kinds = [update.update_type for update in updates]
            counts = {
                "SECURITY": full.security_updates_available,
                "BUG": full.bug_updates_available,
                "ENHANCEMENT": full.enhancement_updates_available,
                "OTHER": full.other_updates_available,
            }
            self.assertEqual({kind: kinds.count(kind) for kind in counts}, counts)
            self.assertEqual(full.updates_available, len(updates))
            self.assertEqual(row.updates_available, len(updates))
        self.assertEqual(everything(client.list_managed_instances, simulator.compartment, os_family="WINDOWS"), [])

    def test_installed_packages_name_their_sources(self):
        rows = everything(client.list_packages_installed_on_managed_instance, simulator.golden)
        self.assertEqual({row.type for row in rows}, {"RPM"})
        strays = {row.display_name for row in rows if not row.software_sources}
        self.assertIn("gpg-pubkey", strays)
        self.assertIn("oracle-cloud-agent", strays)
        by_prefix = everything(
            client.list_packages_installed_on_managed_instance, simulator.golden, display_name="kernel"
        )
        expected = {row.name for row in rows if row.display_name.startswith("kernel")}
        self.assertEqual({row.name for row in by_prefix}, expected)


class Pages(Case):
    def test_pages_of_any_size_make_the_same_list(self):
        source = create_source("paged")
        add(source, release())
        # Operations, arguments, and sizes that end within, at and after the last row.
        lists = [
            (client.list_software_source_packages, (source,), (7, 50, 1000, None)),
            (client.list_packages_installed_on_managed_instance, (simulator.golden,), (99, 1000, None)),
            (client.list_managed_instances, (simulator.compartment,), (1, 3, 24, 1000, None)),
            (client.list_software_sources, (simulator.tenancy,), (1, 2, 5, None)),
        ]
        for operation, arguments, sizes in lists:
            whole = None
            for size in sizes:
                limit = {} if size is None else {"limit": size}
                pages = list(oci.pagination.list_call_get_all_results_generator(operation, "response", *arguments, **limit))
                rows = [row for page in pages for row in page.data]
                keys = [getattr(row, "id", None) or row.name for row in rows]
                whole = whole or keys
                with self.subTest(operation.__name__, size=size):
                    self.assertEqual(keys, whole)
                    self.assertEqual(len(set(keys)), len(keys))
                    if size:
                        self.assertTrue(all(len(page.data) == size for page in pages[:-1]))
                        self.assertTrue(pages[-1].data, "an empty last page")
        bounded = oci.pagination.list_call_get_up_to_limit(
            client.list_software_source_packages, 120, 50, source
        ).data
        self.assertEqual(len(bounded), 120)

    def test_order_is_as_asked(self):
        def names(**order):
            rows = everything(client.list_managed_instances, simulator.compartment, limit=10, **order)
            return [row.display_name for row in rows]

        self.assertEqual(names(sort_by="DISPLAYNAME"), sorted(names()))
        self.assertEqual(names(sort_by="DISPLAYNAME", sort_order="DESC"), sorted(names(), reverse=True))
        # By time of creation, the newest first, unless asked otherwise.
        first, second = create_source("order 1"), create_source("order 2")
        order = [row.id for row in everything(client.list_software_sources, simulator.compartment)]
        self.assertLess(order.index(second), order.index(first))

    def test_a_token_is_its_lists_own(self):
        page = client.list_managed_instances(simulator.compartment, limit=1)
        self.assertTrue(page.has_next_page)
        wrong = {"page": page.next_page}
        self.assertRefused(400, "InvalidParameter", client.list_software_sources, simulator.compartment, **wrong)
        for limit in (0, -1, 100_000):
            self.assertRefused(
                400, "InvalidParameter", client.list_managed_instances, simulator.compartment, limit=limit
            )
