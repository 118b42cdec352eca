"""Oracle's SDK moves things to other compartments, says what is allowed on an instance, and asks what it could install."""

import datetime

from oci.os_management import models

from sdk import Case, client, create_group, create_source, done, simulator
from service import everything

NOWHERE = "ocid1.compartment.oc1..aaaaaaaanothing"


class Compartments(Case):
    def moves(self, made, kind, lister, getter, deleter):
        """Moves a thing to the tenancy, where it is listed from then on."""
        change = getattr(client, f"change_{kind}_compartment")
        model = getattr(models, "".join(word.capitalize() for word in f"change_{kind}_compartment_details".split("_")))
        to = model(compartment_id=simulator.tenancy)
        before = getter(made)
        etag = before.headers["etag"]
        self.assertEqual(before.data.compartment_id, simulator.compartment)
        self.assertRefused(412, "NoEtagMatch", change, made, to, if_match="old")
        token = f"move-{kind}"
        for _ in range(2):
            moved = change(made, to, if_match=etag, opc_retry_token=token)
            self.assertIsNone(moved.data)
        after = getter(made)
        self.assertEqual(after.data.compartment_id, simulator.tenancy)
        self.assertNotEqual(after.headers["etag"], etag)
        for place, there in ((simulator.compartment, False), (simulator.tenancy, True)):
            self.assertEqual(made in {row.id for row in everything(lister, place)}, there, place)
        other = model(compartment_id=simulator.compartment)
        self.assertRefused(409, "InvalidatedRetryToken", change, made, other, opc_retry_token=token)
        nowhere = model(compartment_id=NOWHERE)
        self.assertRefused(400, "RelatedResourceNotAuthorizedOrNotFound", change, made, nowhere)
        deleter(made)
        self.assertRefused(404, "NotAuthorizedOrNotFound", change, made, other)

    def test_a_software_source_moves(self):
        self.moves(
            create_source("moved"),
            "software_source",
            client.list_software_sources,
            client.get_software_source,
            client.delete_software_source,
        )

    def test_a_group_moves_with_its_members(self):
        group, member = create_group("moved"), simulator.members["web-04"]
        client.attach_managed_instance_to_managed_instance_group(group, member)

        def get(id):
            answer = client.get_managed_instance_group(id)
            self.assertEqual([it.id for it in answer.data.managed_instances], [member])
            return answer

        self.moves(
            group,
            "managed_instance_group",
            client.list_managed_instance_groups,
            get,
            client.delete_managed_instance_group,
        )

    def test_a_scheduled_job_moves(self):
        details = models.CreateScheduledJobDetails(
            compartment_id=simulator.compartment,
            display_name="moved",
            schedule_type="ONETIME",
            time_next_execution=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9),
            operation_type="UPDATEALL",
            managed_instances=[models.Id(id=simulator.members["web-04"], display_name="web-04")],
        )
        self.moves(
            client.create_scheduled_job(details).data.id,
            "scheduled_job",
            client.list_scheduled_jobs,
            client.get_scheduled_job,
            client.delete_scheduled_job,
        )


class Instances(Case):
    def test_what_is_allowed_on_one_is_changed(self):
        member, topic = simulator.members["web-05"], "ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaatopic"
        before = client.get_managed_instance(member)
        self.assertEqual((before.data.notification_topic_id, before.data.is_data_collection_authorized), (None, False))
        details = models.UpdateManagedInstanceDetails(notification_topic_id=topic)
        changed = client.update_managed_instance(member, details, if_match=before.headers["etag"])
        self.assertEqual((changed.data.notification_topic_id, changed.data.is_data_collection_authorized), (topic, False))
        self.assertRefused(
            412, "NoEtagMatch", client.update_managed_instance, member, details, if_match=before.headers["etag"]
        )
        details = models.UpdateManagedInstanceDetails(is_data_collection_authorized=True)
        changed = client.update_managed_instance(member, details, if_match=changed.headers["etag"])
        read = client.get_managed_instance(member)
        self.assertEqual((read.data, read.headers["etag"]), (changed.data, changed.headers["etag"]))
        self.assertEqual((read.data.notification_topic_id, read.data.is_data_collection_authorized), (topic, True))

    def test_what_it_could_install_is_listed_and_can_be_installed(self):
        member = simulator.members["web-06"]
        available = client.list_available_packages_for_managed_instance
        rows = everything(available, member, sort_by="DISPLAYNAME")
        names = [row.display_name for row in rows]
        self.assertEqual(names, sorted(names))
        self.assertEqual({row.type for row in rows}, {"RPM"})
        installed = everything(client.list_packages_installed_on_managed_instance, member)
        there = {(row.display_name, row.architecture) for row in installed}
        self.assertFalse(there & {(row.display_name, row.architecture) for row in rows})
        instance = client.get_managed_instance(member).data
        attached = {instance.parent_software_source.id} | {it.id for it in instance.child_software_sources}
        self.assertTrue(all({link.id for link in row.software_sources} <= attached for row in rows))
        self.assertEqual(everything(available, member, sort_by="DISPLAYNAME", limit=7), rows)
        wanted = rows[0]
        some = everything(available, member, display_name=wanted.display_name)
        self.assertIn(wanted, some)
        self.assertEqual(done(client.install_package_on_managed_instance(member, wanted.name)).status, "SUCCEEDED")
        self.assertNotIn(wanted, everything(available, member))
        installed = everything(client.list_packages_installed_on_managed_instance, member)
        self.assertIn(wanted.name, [row.name for row in installed])
