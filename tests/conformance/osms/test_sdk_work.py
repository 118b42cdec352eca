"""Oracle's SDK has agents work, repeats calls, and gets things wrong."""

import oci
from oci.os_management import OsManagementClient, OsManagementClientCompositeOperations, models

from sdk import (
    Case,
    attach_parent,
    client,
    create_source,
    detach_parent,
    done,
    parent_of,
    simulator,
)
from service import everything


class Work(Case):
    def packages(self, instance):
        return {row.name for row in everything(client.list_packages_installed_on_managed_instance, instance)}

    def test_named_packages_are_installed_updated_and_removed(self):
        instance = simulator.members["batch-01"]
        update = next(
            update
            for update in everything(client.list_available_updates_for_managed_instance, instance)
            if update.available_version.find(":") > 0 and update.display_name != "kernel"
        )
        # As the published script builds the name.
        name = f"{update.display_name}-{update.available_version}.{update.architecture}"
        self.assertEqual(update.name, name)
        work = done(client.install_package_update_on_managed_instance(instance, name))
        self.assertEqual((work.status, work.operation_type, work.percent_complete), ("SUCCEEDED", "UPDATE", 100))
        self.assertEqual(work.managed_instance_id.id, instance)
        self.assertLessEqual(work.time_accepted, work.time_started)
        self.assertLess(work.time_started, work.time_finished)
        self.assertIn(name, self.packages(instance))
        logs = everything(client.list_work_request_logs, work.id)
        self.assertTrue(any(name in entry.message for entry in logs), logs)
        self.assertEqual(everything(client.list_work_request_errors, work.id), [])

        parent = parent_of(instance)
        offered = everything(client.list_software_source_packages, parent)
        have = {row.display_name for row in everything(client.list_packages_installed_on_managed_instance, instance)}
        new = next(row.name for row in offered if row.display_name not in have)
        work = done(client.install_package_on_managed_instance(instance, new))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "INSTALL"))
        self.assertIn(new, self.packages(instance))
        work = done(client.remove_package_from_managed_instance(instance, new))
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "REMOVE"))
        self.assertNotIn(new, self.packages(instance))
        gone = client.remove_package_from_managed_instance
        self.assertRefused(400, "InvalidParameter", gone, instance, new)

    def test_only_updates_of_the_asked_kind_are_installed(self):
        # Requests say BUGFIX where answers say BUG.
        instance = simulator.members["web-02"]
        for asked, told in [("SECURITY", "SECURITY"), ("BUGFIX", "BUG"), ("ENHANCEMENT", "ENHANCEMENT")]:
            updates = everything(client.list_available_updates_for_managed_instance, instance)
            self.assertIn(told, {update.update_type for update in updates})
            done(client.install_all_package_updates_on_managed_instance(instance, update_type=asked))
            updates = everything(client.list_available_updates_for_managed_instance, instance)
            self.assertNotIn(told, {update.update_type for update in updates})
        # The SDK checks words itself; the service gets what it lets pass.
        with self.assertRaises(ValueError):
            client.install_all_package_updates_on_managed_instance(instance, update_type="BUG")

    def test_one_call_updates_and_waits(self):
        operations = OsManagementClientCompositeOperations(client)
        work = operations.install_all_package_updates_on_managed_instance_and_wait_for_state(
            simulator.members["web-03"],
            ["SUCCEEDED", "FAILED"],
            {"update_type": "ALL"},
            {"max_interval_seconds": 1},
        ).data
        self.assertEqual((work.status, work.operation_type), ("SUCCEEDED", "UPDATEALL"))

    def test_a_failure_tells_why(self):
        instance = simulator.members["web-04"]
        empty = create_source("empty")
        detach_parent(instance, parent_of(instance))
        attach_parent(instance, empty)
        known = everything(client.search_software_packages, display_name="zsh") or everything(
            client.search_software_packages, display_name="z"
        )
        have = self.packages(instance)
        name = next(row.name for row in known if row.name not in have)
        work = done(client.install_package_on_managed_instance(instance, name))
        self.assertEqual(work.status, "FAILED")
        errors = everything(client.list_work_request_errors, work.id)
        self.assertEqual(len(errors), 1)
        self.assertIn(errors[0].message, work.message)

    def test_what_no_agent_picks_up_stays_accepted_and_fails_in_the_end(self):
        instance = simulator.members["db-04"]
        self.assertEqual(client.get_managed_instance(instance).data.status, "UNREACHABLE")
        accepted = client.install_all_package_updates_on_managed_instance(instance)
        work = done(accepted)
        self.assertEqual((work.status, work.time_started), ("ACCEPTED", None))
        simulator.advance(2 * 24 * 3600)
        work = client.get_work_request(work.id).data
        self.assertEqual(work.status, "FAILED")
        self.assertTrue(everything(client.list_work_request_errors, work.id))


class Retries(Case):
    def details(self, name):
        return models.CreateManagedInstanceGroupDetails(compartment_id=simulator.compartment, display_name=name)

    def test_a_token_makes_one_thing_of_two_calls(self):
        create = client.create_managed_instance_group
        first, again = (create(self.details("once"), opc_retry_token="token-1") for _ in range(2))
        self.assertEqual(first.data, again.data)
        other = create(self.details("once"), opc_retry_token="token-2")
        self.assertNotEqual(other.data.id, first.data.id, "names are not unique")
        used = {"opc_retry_token": "token-1"}
        self.assertRefused(409, "InvalidatedRetryToken", create, self.details("another"), **used)

    def test_a_token_makes_one_work_request_of_two_calls(self):
        update = client.install_all_package_updates_on_managed_instance
        instance = simulator.members["web-05"]
        ids = {
            update(instance, opc_retry_token="work").headers["opc-work-request-id"]
            for _ in range(2)
        }
        self.assertEqual(len(ids), 1)

    def test_the_sdks_own_tokens_and_retries_pass(self):
        made = client.create_managed_instance_group(
            self.details("with a strategy"), retry_strategy=oci.retry.DEFAULT_RETRY_STRATEGY
        )
        self.assertEqual(made.request.header_params["opc-client-retries"], "true")
        self.assertEqual(len(made.request.header_params["opc-retry-token"]), 30)


class Refusals(Case):
    NOTHING = "ocid1.nothing.oc1..aaaaaaaanothing"

    def test_codes_are_those_of_the_service(self):
        unknown = (404, "NotAuthorizedOrNotFound")
        self.assertRefused(*unknown, client.get_managed_instance, self.NOTHING)
        self.assertRefused(*unknown, client.list_managed_instances, self.NOTHING)
        self.assertRefused(*unknown, client.list_packages_installed_on_managed_instance, self.NOTHING)
        self.assertRefused(*unknown, client.get_work_request, self.NOTHING)
        related = (400, "RelatedResourceNotAuthorizedOrNotFound")
        self.assertRefused(*related, create_source, "x", compartment_id=self.NOTHING)
        self.assertRefused(*related, create_source, "x", parent_id=self.NOTHING)
        self.assertRefused(*related, attach_parent, simulator.golden, self.NOTHING)
        self.assertRefused(400, "InvalidParameter", create_source, None)
        # The vendor's sources are not the caller's to change.
        vendor = everything(client.list_software_sources, simulator.tenancy)[0].id
        self.assertRefused(*unknown, client.delete_software_source, vendor)

    def test_signatures_that_do_not_hold_are_refused(self):
        def call(config):
            other = OsManagementClient(config, service_endpoint=simulator.endpoint)
            return other.list_managed_instances(simulator.compartment)

        self.assertSigned(simulator.config(), call)
