"""Oracle's SDK has the service do things at a time to come, again and again, by a rule."""

import datetime

from oci.os_management_hub import models

from sdk import Case, children, clients, create_group, installed, leave, refresh, simulator, vendors
from service import everything

of = clients.jobs


def now():
    return datetime.datetime.fromisoformat(simulator.administer("info")["now"].replace("Z", "+00:00")).replace(
        microsecond=0
    )


def hours(number):
    return now() + datetime.timedelta(hours=number)


def operation(kind, **more):
    return models.ScheduledJobOperation(operation_type=kind, **more)


def details(name, **more):
    known = {
        "compartment_id": simulator.compartment,
        "display_name": name,
        "schedule_type": "RECURRING",
        "recurring_rule": "FREQ=WEEKLY;BYDAY=SU",
        "time_next_execution": hours(24 * 30),
        "operations": [operation("UPDATE_ALL")],
    }
    return models.CreateScheduledJobDetails(**known | more)


class Jobs(Case):
    @classmethod
    def setUpClass(cls):
        cls.member = simulator.members["web-09"]
        cls.group = create_group("with jobs", vendors().values(), ["web-09"])
        cls.addClassCleanup(clients.groups.delete_managed_instance_group, cls.group)
        cls.addClassCleanup(leave, cls.group, cls.member)

    def test_a_job_is_made_read_changed_and_deleted(self):
        wanted = details(
            "a", managed_instance_group_ids=[self.group], freeform_tags={"x": "y"}, description="the first"
        )
        made = of.create_scheduled_job(wanted, opc_retry_token="job-a")
        self.assertEqual(made.status, 200)
        self.assertEqual(of.create_scheduled_job(wanted, opc_retry_token="job-a").data.id, made.data.id)
        first = of.get_scheduled_job(made.data.id)
        job = first.data
        self.assertEqual((job.schedule_type, job.recurring_rule), ("RECURRING", "FREQ=WEEKLY;BYDAY=SU"))
        self.assertEqual((job.managed_instance_group_ids, job.managed_instance_ids), ([self.group], []))
        self.assertEqual(job.time_next_execution, wanted.time_next_execution)
        # What an operation does not have is padded here, and null in what a change is answered with.
        self.assertEqual((job.operations[0].operation_type, job.operations[0].package_names), ("UPDATE_ALL", []))
        self.assertEqual(clients.groups.get_managed_instance_group(self.group).data.pending_job_count, 1)
        self.assertEqual(clients.instances.get_managed_instance(self.member).data.scheduled_job_count, 1)

        change = models.UpdateScheduledJobDetails(
            recurring_rule="FREQ=DAILY;INTERVAL=2",
            operations=[operation("UPDATE_SECURITY"), operation("UPDATE_BUGFIX")],
        )
        self.assertRefused(412, "NoEtagMatch", of.update_scheduled_job, job.id, change, if_match="old")
        changed = of.update_scheduled_job(job.id, change, if_match=first.headers["etag"])
        self.assertEqual(changed.data.recurring_rule, "FREQ=DAILY;INTERVAL=2")
        self.assertEqual([it.operation_type for it in changed.data.operations], ["UPDATE_SECURITY", "UPDATE_BUGFIX"])
        self.assertIsNone(changed.data.operations[0].package_names)
        self.assertEqual((changed.data.display_name, changed.data.freeform_tags), ("a", {"x": "y"}))
        # It does not change, as recorded.
        self.assertEqual(of.get_scheduled_job(job.id).headers["etag"], first.headers["etag"])
        listed = lambda **more: [
            row.id for row in everything(of.list_scheduled_jobs, compartment_id=simulator.compartment, **more)
        ]
        for more in (
            {"managed_instance_group_id": self.group},
            {"display_name": "a"},
            {"operation_type": "UPDATE_BUGFIX"},
            {"schedule_type": "RECURRING"},
            {"id": job.id},
        ):
            self.assertIn(job.id, listed(**more), more)
        for more in ({"managed_instance_id": self.member}, {"operation_type": "REBOOT"}, {"schedule_type": "ONETIME"}):
            self.assertNotIn(job.id, listed(**more), more)
        gone = of.delete_scheduled_job(job.id)
        self.assertEqual((gone.status, gone.data), (204, None))
        refused = self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_scheduled_job, job.id)
        self.assertEqual(refused.message, f"Unknown Scheduled Job {job.id}")

    def test_a_job_runs_by_its_rule_and_when_it_is_told_to(self):
        wanted = details(
            "b", managed_instance_group_ids=[self.group], recurring_rule="FREQ=DAILY", time_next_execution=hours(2)
        )
        job = of.create_scheduled_job(wanted).data
        simulator.advance(2 * 3600 + 600)
        seen = of.get_scheduled_job(job.id).data
        self.assertEqual(len(seen.work_request_ids), 1)
        self.assertEqual(seen.time_last_execution, wanted.time_next_execution)
        self.assertEqual(seen.time_next_execution - seen.time_last_execution, datetime.timedelta(days=1))
        work = clients.work.get_work_request(seen.work_request_ids[0]).data
        self.assertEqual(
            (work.status, work.operation_type, work.initiator_id), ("SUCCEEDED", "UPDATE_ALL_PACKAGES", job.id)
        )
        self.assertEqual([part.resources[0].identifier for part in children(work)], [self.member])
        ran = of.run_scheduled_job_now(job.id)
        self.assertNotIn("opc-work-request-id", ran.headers)
        simulator.advance()
        seen = of.get_scheduled_job(job.id).data
        self.assertEqual(len(seen.work_request_ids), 2)
        started = everything(clients.work.list_work_requests, initiator_id=job.id)
        self.assertLessEqual(set(seen.work_request_ids), {row.id for row in started})
        simulator.advance(3 * 24 * 3600)
        self.assertEqual(len(of.get_scheduled_job(job.id).data.work_request_ids), 5)
        of.delete_scheduled_job(job.id)

    def test_a_job_can_be_for_instances_and_once(self):
        instance = simulator.members["web-10"]
        install = operation("INSTALL_PACKAGES", package_names=["aide"])
        wanted = details(
            "c",
            managed_instance_ids=[instance],
            schedule_type="ONETIME",
            recurring_rule=None,
            time_next_execution=hours(1),
            operations=[install],
        )
        job = of.create_scheduled_job(wanted).data
        self.assertRefused(409, "IncorrectState", of.run_scheduled_job_now, job.id)
        simulator.advance(2 * 3600)
        self.assertEqual(len(of.get_scheduled_job(job.id).data.work_request_ids), 1)
        refresh(instance)
        self.assertIn("aide", {row.display_name for row in installed(instance)})

    def test_what_cannot_be_is_refused(self):
        group = {"managed_instance_group_ids": [self.group]}
        create = of.create_scheduled_job
        for more in (
            {},
            group | {"managed_instance_ids": [simulator.members["web-10"]]},
            group | {"recurring_rule": "FREQ=SOMETIMES"},
            group | {"time_next_execution": hours(-1)},
            group | {"operations": [operation("UPDATE_ALL"), operation("REBOOT")]},
            group | {"schedule_type": "ONETIME"},
        ):
            with self.subTest(**more):
                self.assertRefused(400, "InvalidParameter", create, details("d", **more))
        self.assertRefused(400, "MissingParameter", create, details("d", recurring_rule=None, **group))
        # Members are what their group is.
        self.assertRefused(409, "IncorrectState", create, details("d", managed_instance_ids=[self.member]))
