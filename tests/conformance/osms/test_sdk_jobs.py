"""Oracle's SDK has the service do things at a time to come, again and again."""

import datetime

from oci.os_management import models

from sdk import Case, client, simulator
from service import everything

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def hours(number):
    return NOW + datetime.timedelta(hours=number)


def outstanding(instance, kind):
    updates = everything(client.list_available_updates_for_managed_instance, instance)
    return sum(update.update_type == kind for update in updates)


class Jobs(Case):
    def group(self, name, *members):
        details = models.CreateManagedInstanceGroupDetails(
            compartment_id=simulator.compartment, display_name=name, os_family="LINUX"
        )
        group = client.create_managed_instance_group(details).data.id
        for member in members:
            client.attach_managed_instance_to_managed_instance_group(group, simulator.members[member])
        return group

    def details(self, name, **more):
        more.setdefault("schedule_type", "RECURRING")
        more.setdefault("time_next_execution", hours(24 * 30))
        more.setdefault("interval_type", "WEEK")
        more.setdefault("interval_value", "1")
        more.setdefault("operation_type", "UPDATEALL")
        return models.CreateScheduledJobDetails(compartment_id=simulator.compartment, display_name=name, **more)

    def test_a_job_is_made_read_changed_and_deleted(self):
        group = self.group("jobs-a", "batch-02")
        details = self.details(
            "a", update_type="BUGFIX", freeform_tags={"x": "y"}, managed_instance_groups=[models.Id(id=group, display_name="a")]
        )
        made = client.create_scheduled_job(details, opc_retry_token="job-a")
        self.assertEqual(client.create_scheduled_job(details, opc_retry_token="job-a").data.id, made.data.id)
        self.assertTrue(made.headers["location"].endswith(made.data.id))
        job = client.get_scheduled_job(made.data.id)
        self.assertEqual((job.data.update_type, job.data.interval_type, job.data.interval_value), ("BUGFIX", "WEEK", "1"))
        self.assertEqual(job.data.time_next_execution, hours(24 * 30))
        self.assertEqual([target.id for target in job.data.managed_instance_groups], [group])
        listed = everything(client.list_scheduled_jobs, simulator.compartment, managed_instance_group_id=group)
        self.assertEqual([row.id for row in listed], [job.data.id])
        self.assertEqual(client.get_managed_instance(simulator.members["batch-02"]).data.scheduled_job_count, 1)

        # What a job is for is not among what can be changed.
        change = models.UpdateScheduledJobDetails(interval_type="DAY", interval_value="2", update_type="SECURITY")
        self.assertRefused(412, "NoEtagMatch", client.update_scheduled_job, job.data.id, change, if_match="old")
        changed = client.update_scheduled_job(job.data.id, change, if_match=job.headers["etag"]).data
        self.assertEqual((changed.update_type, changed.interval_type, changed.interval_value), ("SECURITY", "DAY", "2"))
        self.assertEqual((changed.display_name, changed.freeform_tags), ("a", {"x": "y"}))

        end = hours(24 * 35)
        rows = everything(client.list_upcoming_scheduled_jobs, simulator.compartment, end, tag_name="x", tag_value="y")
        self.assertEqual([row.time_next_execution for row in rows], [hours(24 * day) for day in (30, 32, 34)])
        skipped = client.skip_next_scheduled_job_execution(job.data.id)
        self.assertIn("etag", skipped.headers)
        self.assertEqual(client.get_scheduled_job(job.data.id).data.time_next_execution, hours(24 * 32))

        client.delete_scheduled_job(job.data.id)
        self.assertEqual(client.get_scheduled_job(job.data.id).data.lifecycle_state, "DELETED")
        active = everything(client.list_scheduled_jobs, simulator.compartment, lifecycle_state="ACTIVE")
        self.assertNotIn(job.data.id, [row.id for row in active])
        self.assertRefused(404, "NotAuthorizedOrNotFound", client.delete_scheduled_job, job.data.id)

    def test_a_job_that_is_run_now_updates_what_it_is_for(self):
        group = self.group("jobs-b", "batch-03", "db-06")
        member, other = simulator.members["batch-03"], simulator.members["batch-04"]
        self.assertGreater(outstanding(member, "SECURITY"), 0)
        before = outstanding(other, "SECURITY")
        details = self.details(
            "b", update_type="SECURITY", managed_instance_groups=[models.Id(id=group, display_name="b")]
        )
        job = client.create_scheduled_job(details).data.id
        client.run_scheduled_job_now(job)
        works = client.get_scheduled_job(job).data.work_requests
        self.assertEqual(len(works), 2)
        simulator.advance()
        for work in works:
            self.assertEqual(client.get_work_request(work.id).data.status, "SUCCEEDED")
        self.assertEqual(outstanding(member, "SECURITY"), 0)
        self.assertGreater(outstanding(member, "BUG"), 0)
        self.assertEqual(outstanding(other, "SECURITY"), before)
        client.delete_scheduled_job(job)

    def test_what_a_job_cannot_be_is_refused(self):
        group = self.group("jobs-c")
        target = [models.Id(id=group, display_name="c")]
        instance = [models.Id(id=simulator.members["batch-02"], display_name="d")]
        for more in (
            {},
            {"managed_instance_groups": target, "managed_instances": instance},
            {"managed_instance_groups": target, "time_next_execution": hours(-24)},
            {"managed_instance_groups": target, "interval_value": "0"},
            {"managed_instance_groups": target, "interval_value": None},
            {"managed_instance_groups": target, "operation_type": "INSTALL", "update_type": "ALL"},
        ):
            with self.subTest(more):
                with self.assertRaises(Exception) as raised:
                    client.create_scheduled_job(self.details("c", **more))
                self.assertEqual(raised.exception.status, 400)
        gone = [models.Id(id="ocid1.osmsmanagedinstancegroup.oc1..aaaanothing", display_name="e")]
        code = "RelatedResourceNotAuthorizedOrNotFound"
        self.assertRefused(400, code, client.create_scheduled_job, self.details("c", managed_instance_groups=gone))
