"""Oracle's SDK looks for work requests, waits for them, and repeats calls."""

import datetime

import oci
from oci.os_management_hub import models

import api
from sdk import (
    SYSTEM,
    Case,
    below,
    children,
    clients,
    create_group,
    create_source,
    done,
    installed,
    join,
    leave,
    simulator,
    source_details,
    update_all,
    vendors,
    work_id,
)
from service import everything

NOTHING = "ocid1.osmhworkrequest.oc1..aaaaaaaanothing"


class Work(Case):
    def find(self, **more):
        return everything(clients.work.list_work_requests, **more)

    def test_work_is_found_by_whatever_is_known_of_it(self):
        group = create_group("found", vendors().values(), ["web-08", "web-09"])
        accepted = update_all(group)
        root = work_id(accepted)
        open_work = {row.id for row in self.find(resource_id=group, status=["ACCEPTED", "IN_PROGRESS"])}
        self.assertEqual(open_work, {root})
        work = done(accepted)
        of_group = self.find(resource_id=group)
        self.assertIn(root, {row.id for row in of_group})
        self.assertEqual({row.parent_id for row in of_group}, {None})
        self.assertEqual({row.id for row in self.find(parent_id=root)}, set(work.children_id))
        of_instance = self.find(resource_id=simulator.members["web-08"], operation_type=["UPDATE_ALL_PACKAGES"])
        self.assertEqual(of_instance[0].parent_id, root)
        ended = {row.status for row in self.find(resource_id=group, status=["SUCCEEDED", "FAILED"])}
        self.assertLessEqual(ended, {"SUCCEEDED", "FAILED"})
        self.assertEqual(self.find(resource_id=group, status=["SKIPPED", "WAITING", "CANCELING", "CANCELED"]), [])
        self.assertEqual([row.id for row in self.find(work_request_id=root)], [root])
        since = {"compartment_id": simulator.compartment, "time_created_greater_than_or_equal_to": work.time_created}
        self.assertIn(root, {row.id for row in self.find(**since)})
        self.assertEqual(
            self.find(resource_id=group, time_created_less_than=work.time_created - datetime.timedelta(days=1)), []
        )
        times = [row.time_created for row in self.find(resource_id=group)]
        self.assertEqual(times, sorted(times, reverse=True), "the newest first")
        leave(group, *(simulator.members[name] for name in ("web-08", "web-09")))
        clients.groups.delete_managed_instance_group(group)

    def test_parts_lie_where_their_instances_do(self):
        stores, kiosks = below()
        kiosk = kiosks[max(kiosks)]
        group = create_group("both places", vendors().values(), ["web-08"])
        done(join(group, kiosk))
        work = done(update_all(group))
        self.assertEqual(work.compartment_id, simulator.compartment)
        places = {part.resources[0].identifier: part.compartment_id for part in children(work)}
        self.assertEqual(places, {simulator.members["web-08"]: simulator.compartment, kiosk: stores})
        here = {row.id for row in self.find(compartment_id=simulator.compartment, parent_id=work.id)}
        both = {row.id for row in self.find(parent_id=work.id)}
        self.assertEqual((len(here), len(both)), (1, 2))
        under = {
            row.id
            for row in self.find(
                compartment_id=simulator.compartment, compartment_id_in_subtree=True, parent_id=work.id
            )
        }
        self.assertEqual(under, both)
        leave(group, simulator.members["web-08"], kiosk)
        clients.groups.delete_managed_instance_group(group)

    def test_work_tells_how_it_went(self):
        instance = simulator.members["web-10"]
        have = {row.display_name for row in installed(instance)}
        rows = everything(clients.instances.list_managed_instance_available_packages, instance)
        new = next(row.name for row in rows if row.display_name not in have)
        install = models.InstallPackagesOnManagedInstanceDetails(package_names=[new])
        work = done(clients.instances.install_packages_on_managed_instance(instance, install))
        self.assertLessEqual(work.time_created, work.time_started)
        self.assertLess(work.time_started, work.time_finished)
        self.assertEqual((work.percent_complete, work.status), (100, "SUCCEEDED"))
        logs = everything(clients.work.list_work_request_logs, work.id)
        self.assertTrue(any(entry.message.startswith("Installed: ") for entry in logs), logs)
        self.assertEqual(everything(clients.work.list_work_request_errors, work.id), [])
        install = models.InstallPackagesOnManagedInstanceDetails(package_names=["nobody-ships-this"])
        work = done(clients.instances.install_packages_on_managed_instance(instance, install))
        self.assertEqual(work.status, "FAILED")
        errors = everything(clients.work.list_work_request_errors, work.id)
        self.assertEqual(len(errors), 1)
        self.assertIn("nobody-ships-this", errors[0].message)
        self.assertTrue(errors[0].code and errors[0].timestamp)
        for call in (
            clients.work.get_work_request,
            clients.work.list_work_request_errors,
            clients.work.list_work_request_logs,
        ):
            self.assertRefused(404, "NotAuthorizedOrNotFound", call, NOTHING)


class Retries(Case):
    def details(self, name):
        return models.CreateManagedInstanceGroupDetails(
            compartment_id=simulator.compartment, display_name=name, **SYSTEM
        )

    def test_a_token_makes_one_thing_of_two_calls(self):
        create = clients.groups.create_managed_instance_group
        first, again = (create(self.details("once"), opc_retry_token="token-1") for _ in range(2))
        self.assertEqual((first.data.id, work_id(first)), (again.data.id, work_id(again)))
        other = create(self.details("once"), opc_retry_token="token-2")
        self.assertNotEqual(other.data.id, first.data.id, "names are not unique")
        self.assertRefused(409, "InvalidatedRetryToken", create, self.details("another"), opc_retry_token="token-1")

    def test_a_token_makes_one_work_request_of_two_calls(self):
        instance = simulator.members["web-10"]
        update = models.UpdatePackagesOnManagedInstanceDetails(update_types=["BUGFIX"])
        call = clients.instances.update_packages_on_managed_instance
        ids = {work_id(call(instance, update, opc_retry_token="work")) for _ in range(2)}
        self.assertEqual(len(ids), 1)
        # Also where the answer names none.
        source = create_source("token")
        ids = {
            work_id(
                clients.sources.add_packages_to_software_source(
                    source, models.AddPackagesToSoftwareSourceDetails(packages=["zsh"]), opc_retry_token="add"
                )
            )
            for _ in range(2)
        }
        self.assertEqual(len(ids), 1)

    def test_a_token_is_forgotten_after_a_day(self):
        create = clients.groups.create_managed_instance_group
        first = create(self.details("daily"), opc_retry_token="daily").data.id
        simulator.advance(23 * 3600)
        self.assertEqual(create(self.details("daily"), opc_retry_token="daily").data.id, first)
        simulator.advance(2 * 3600)
        self.assertNotEqual(create(self.details("daily"), opc_retry_token="daily").data.id, first)

    def test_tokens_have_a_length(self):
        create = clients.groups.create_managed_instance_group
        self.assertEqual(create(self.details("long"), opc_retry_token="x" * 64).status, 202)
        self.assertRefused(400, "InvalidParameter", create, self.details("longer"), opc_retry_token="x" * 65)


class Waiting(Case):
    """With a simulator whose agents are quick, and the SDK as it is when nobody tells it anything.

    Its composite operations are of no use here: those of this service ask for a work request where there is none to
    ask for, `SoftwareSourceClient.get_work_request` and the like. `oci.wait_until` is what Oracle's samples use.
    """

    @classmethod
    def setUpClass(cls):
        cls.quick = api.start()
        cls.addClassCleanup(cls.quick.stop)
        cls.patient = api.Clients(cls.quick, retry_strategy=None)
        cls.vendors = vendors(of=cls.patient)

    def waited(self, accepted):
        client = self.patient.work
        first = client.get_work_request(work_id(accepted))
        ended = lambda answer: answer.data.status in ("SUCCEEDED", "FAILED")
        return oci.wait_until(client, first, evaluate_response=ended, max_interval_seconds=1, max_wait_seconds=60).data

    def test_the_sdk_waits_for_a_source_that_is_being_made(self):
        made = self.patient.sources.create_software_source(source_details("patient", vendors=self.vendors))
        self.assertEqual(made.data.lifecycle_state, "CREATING")
        self.assertEqual(len(made.request.header_params["opc-retry-token"]), 30, "one of its own")
        # It is refused until the source is there, and the SDK tries again.
        add = models.AddPackagesToSoftwareSourceDetails(packages=["zsh"])
        added = self.patient.sources.add_packages_to_software_source(made.data.id, add)
        self.assertEqual(added.request.header_params["opc-client-retries"], "true")
        self.assertEqual(self.waited(added).status, "SUCCEEDED")
        source = self.patient.sources.get_software_source(made.data.id)
        source = oci.wait_until(self.patient.sources, source, "lifecycle_state", "ACTIVE", max_wait_seconds=60).data
        self.assertGreater(source.package_count, 0)

    def test_a_groups_parts_are_there_in_the_end(self):
        details = models.CreateManagedInstanceGroupDetails(
            compartment_id=self.quick.compartment,
            display_name="patient",
            software_source_ids=list(self.vendors.values()),
            **SYSTEM,
        )
        group = self.patient.groups.create_managed_instance_group(details)
        self.assertEqual(self.waited(group).status, "SUCCEEDED")
        members = [self.quick.members[name] for name in ("web-02", "web-03")]
        details = models.AttachManagedInstancesToManagedInstanceGroupDetails(managed_instances=members)
        accepted = self.patient.groups.attach_managed_instances_to_managed_instance_group(group.data.id, details)
        work = self.waited(accepted)
        self.assertEqual((work.status, len(work.children_id)), ("SUCCEEDED", 2))
        done = self.waited(self.patient.groups.refresh_software_on_managed_instance_group(group.data.id))
        self.assertEqual((done.status, done.operation_type), ("SUCCEEDED", "LIST_PACKAGES"))
