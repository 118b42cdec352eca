"""Oracle's SDK moves a versioned source from stage to stage of a lifecycle environment."""

from oci.os_management_hub import models

from sdk import SYSTEM, Case, add, clients, done, installed, refresh, simulator, source_details
from service import everything

of = clients.environments


def stages(*names):
    return [models.CreateLifecycleStageDetails(display_name=name, rank=rank) for rank, name in enumerate(names, 1)]


def details(name, **more):
    known = {"compartment_id": simulator.compartment, "display_name": name, "stages": stages("test", "prod")}
    return models.CreateLifecycleEnvironmentDetails(**known | SYSTEM | more)


def members(*instances):
    return models.ManagedInstancesDetails(managed_instances=list(instances))


class Environments(Case):
    def promote(self, stage, **more):
        details = models.PromoteSoftwareSourceToLifecycleStageDetails(
            work_request_details=models.WorkRequestDetails(display_name="promotion")
        )
        return of.promote_software_source_to_lifecycle_stage(stage, details, **more)

    def attach(self, stage, *instances):
        details = models.AttachManagedInstancesToLifecycleStageDetails(managed_instance_details=members(*instances))
        return of.attach_managed_instances_to_lifecycle_stage(stage, details)

    def detach(self, stage, *instances):
        details = models.DetachManagedInstancesFromLifecycleStageDetails(managed_instance_details=members(*instances))
        return of.detach_managed_instances_from_lifecycle_stage(stage, details)

    def versioned(self, name, packages):
        custom = source_details(name)
        fields = ("compartment_id", "display_name", "vendor_software_sources", "is_created_from_package_list")
        made = clients.sources.create_software_source(
            models.CreateVersionedCustomSoftwareSourceDetails(
                software_source_version="1", **{field: getattr(custom, field) for field in fields}
            )
        ).data.id
        simulator.advance()
        self.assertEqual(done(add(made, packages)).status, "SUCCEEDED")
        return made

    def test_a_source_goes_from_stage_to_stage(self):
        made = of.create_lifecycle_environment(details("env", description="two stages"))
        self.assertEqual((made.status, made.data.lifecycle_state), (200, "ACTIVE"))
        self.assertIsNone(made.data.managed_instance_ids)
        test, prod = made.data.stages
        self.assertEqual([(stage.display_name, stage.rank) for stage in (test, prod)], [("test", 1), ("prod", 2)])
        self.assertEqual((test.software_source_id, test.defined_tags), (None, {}))

        instance, later = simulator.members["batch-04"], simulator.members["db-05"]
        early = self.attach(test.id, instance)
        self.assertNotIn("opc-work-request-id", early.headers, "there is nothing to do yet")
        seen = clients.instances.get_managed_instance(instance).data
        self.assertEqual((seen.lifecycle_stage.id, seen.lifecycle_environment.id), (test.id, made.data.id))
        self.assertRefused(409, "IncorrectState", self.attach, prod.id, instance)

        self.assertRefused(409, "IncorrectState", self.promote, prod.id)
        self.assertRefused(400, "MissingParameter", self.promote, test.id)
        source = self.versioned("staged", ["bash", "zsh", "aide"])
        work = done(self.promote(test.id, software_source_id=source))
        told = (work.status, work.operation_type, work.display_name)
        self.assertEqual(told, ("SUCCEEDED", "LIFECYCLE_PROMOTION", "promotion"))
        self.assertEqual(
            (work.resources[0].entity_type, work.resources[0].identifier), ("LIFECYCLE_ENVIRONMENT", test.id)
        )
        # All that the source holds is installed, whether it was there or not.
        refresh(instance)
        self.assertLessEqual({"bash", "zsh", "aide"}, {row.display_name for row in installed(instance)})
        stage = of.get_lifecycle_stage(test.id).data
        self.assertEqual(
            (stage.software_source_id.id, [it.id for it in stage.managed_instance_ids]), (source, [instance])
        )
        self.assertIn(
            "zsh", {row.display_name for row in everything(of.list_lifecycle_stage_installed_packages, test.id)}
        )

        other = self.versioned("not staged", ["zsh"])
        self.assertRefused(400, "InvalidParameter", self.promote, prod.id, software_source_id=other)
        self.assertEqual(done(self.promote(prod.id)).status, "SUCCEEDED")
        self.assertEqual(of.get_lifecycle_stage(prod.id).data.software_source_id.id, source)
        self.assertEqual(done(self.attach(prod.id, later)).status, "SUCCEEDED")
        listed = everything(of.list_lifecycle_stages, software_source_id=source)
        self.assertEqual({row.id for row in listed}, {test.id, prod.id})
        self.assertEqual({row.id: row.managed_instances for row in listed}, {test.id: 1, prod.id: 1})
        self.assertRefused(409, "Conflict", clients.sources.delete_software_source, source)

        boot = models.RebootLifecycleStageDetails(reboot_timeout_in_mins=5)
        self.assertEqual(done(of.reboot_lifecycle_stage(test.id, boot)).operation_type, "REBOOT")

        # Who leaves has no sources at all.
        self.detach(test.id, instance)
        self.detach(prod.id, later)
        seen = clients.instances.get_managed_instance(instance).data
        self.assertEqual((seen.lifecycle_stage, seen.software_sources), (None, []))

        first = of.get_lifecycle_environment(made.data.id)
        rename = models.UpdateLifecycleStageDetails(id=prod.id, display_name="production")
        change = models.UpdateLifecycleEnvironmentDetails(description="changed", stages=[rename])
        self.assertRefused(412, "NoEtagMatch", of.update_lifecycle_environment, made.data.id, change, if_match="old")
        changed = of.update_lifecycle_environment(made.data.id, change, if_match=first.headers["etag"]).data
        self.assertEqual((changed.description, changed.stages[1].display_name), ("changed", "production"))
        listed = everything(of.list_lifecycle_environments, compartment_id=simulator.compartment, display_name=["env"])
        self.assertEqual([[stage.display_name for stage in row.stages] for row in listed], [["test", "production"]])
        self.assertEqual(of.delete_lifecycle_environment(made.data.id).status, 204)
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_lifecycle_environment, made.data.id)
        self.assertRefused(404, "NotAuthorizedOrNotFound", of.get_lifecycle_stage, test.id)

    def test_one_without_a_description_is_listed_too(self):
        made = of.create_lifecycle_environment(details("plain")).data
        self.assertIsNone(made.description)
        row = everything(of.list_lifecycle_environments, lifecycle_environment_id=made.id)[0]
        self.assertEqual(row.description, "", "required in lists")
        of.delete_lifecycle_environment(made.id)

    def test_there_are_two_to_five_stages(self):
        for names in (["one"], list("abcdef")):
            self.assertRefused(
                400, "InvalidParameter", of.create_lifecycle_environment, details("x", stages=stages(*names))
            )
