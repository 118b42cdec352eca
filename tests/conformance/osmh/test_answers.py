"""What all answers have in common: codes, etags, signatures, and what is refused to whom."""

import oci
from oci.os_management_hub import ManagedInstanceClient, models

from sdk import BASE, Case, clients, create_group, create_source, simulator, vendors
from service import everything

NOTHING = "ocid1.nothing.oc1..aaaaaaaanothing"


class Etags(Case):
    def test_etags_tell_nothing_of_what_they_are_of(self):
        source = create_source("etags")
        group = create_group("etags", [vendors()[BASE]])
        read = lambda: (
            clients.sources.get_software_source(source).headers["etag"],
            clients.groups.get_managed_instance_group(group).headers["etag"],
        )
        first = read()
        self.assertEqual(first[0], first[1], "two things of one revision")
        self.assertRegex(first[0], "^[0-9a-f]{64}--gzip$")
        self.assertEqual(read(), first, "reading changes nothing, though sets come in another order")
        change = models.UpdateManagedInstanceGroupDetails(description="changed")
        # With the ending, without it, and as HTTP would have it quoted.
        for spell in (str, lambda tag: tag.removesuffix("--gzip"), lambda tag: f'"{tag}"'):
            tag = clients.groups.get_managed_instance_group(group).headers["etag"]
            changed = clients.groups.update_managed_instance_group(group, change, if_match=spell(tag))
            self.assertNotIn("--gzip", changed.headers["etag"])
            self.assertEqual(
                clients.groups.get_managed_instance_group(group).headers["etag"], changed.headers["etag"] + "--gzip"
            )
        stale = {"if_match": first[1]}
        self.assertRefused(412, "NoEtagMatch", clients.groups.delete_managed_instance_group, group, **stale)
        details = models.UpdateAllPackagesOnManagedInstanceGroupDetails(update_types=["ALL"])
        self.assertRefused(
            412, "NoEtagMatch", clients.groups.update_all_packages_on_managed_instance_group, group, details, **stale
        )


class Refusals(Case):
    def test_codes_are_those_of_the_service(self):
        unknown = (404, "NotAuthorizedOrNotFound")
        for call in (
            clients.instances.get_managed_instance,
            clients.instances.list_managed_instance_installed_packages,
            clients.groups.get_managed_instance_group,
            clients.sources.get_software_source,
            clients.jobs.get_scheduled_job,
            clients.work.get_work_request,
            clients.onboarding.get_profile,
            clients.environments.get_lifecycle_environment,
        ):
            self.assertRefused(*unknown, call, NOTHING)
        related = (400, "RelatedResourceNotAuthorizedOrNotFound")
        with self.assertRaises(oci.exceptions.ServiceError) as refused:
            create_group("x", [NOTHING])
        self.assertEqual((refused.exception.status, refused.exception.code), related)
        # The vendor's sources are not the caller's to fill or to delete.
        base = vendors()[BASE]
        self.assertRefused(400, "InvalidParameter", clients.sources.delete_software_source, base)
        add = models.AddPackagesToSoftwareSourceDetails(packages=["zsh"])
        self.assertRefused(400, "InvalidParameter", clients.sources.add_packages_to_software_source, base, add)

    def test_what_is_not_simulated_says_so(self):
        for kind in (models.CreatePrivateSoftwareSourceDetails, models.CreateThirdPartySoftwareSourceDetails):
            details = kind(compartment_id=simulator.compartment, display_name="x")
            refused = self.assertRefused(501, "MethodNotImplemented", clients.sources.create_software_source, details)
            self.assertIn(details.software_source_type, refused.message)

    def test_signatures_that_do_not_hold_are_refused(self):
        def call(config):
            other = ManagedInstanceClient(
                config, service_endpoint=simulator.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
            )
            return other.get_managed_instance(simulator.golden)

        self.assertSigned(simulator.config(), call)

    def test_one_service_is_not_the_other(self):
        signer = oci.Signer.from_config(simulator.config())
        rows = oci._vendor.requests.get(
            f"{simulator.endpoint}/20190801/managedInstances",
            params={"compartmentId": simulator.compartment},
            auth=signer,
        )
        self.assertEqual((rows.status_code, rows.json()["code"]), (404, "NotFound"))
        self.assertTrue(everything(clients.instances.list_managed_instances, compartment_id=simulator.compartment))
