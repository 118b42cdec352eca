"""What the tests with Oracle's SDK have in common: a simulator, a client that judges, and calls in few words."""

from oci.os_management import models

import api
import service
from refusals import Case
from service import everything


# Started where a test first asks for it, and shared by all of them.
simulator = service.Simulator()
client = api.connect(simulator)


def create_source(name, **more):
    details = {"compartment_id": simulator.compartment, "arch_type": "X86_64", "display_name": name} | more
    return client.create_software_source(models.CreateSoftwareSourceDetails(**details)).data.id


def create_group(name, **more):
    details = models.CreateManagedInstanceGroupDetails(
        compartment_id=simulator.compartment, display_name=name, **more
    )
    return client.create_managed_instance_group(details).data.id


def add(source, names):
    details = models.AddPackagesToSoftwareSourceDetails(package_names=names)
    return client.add_packages_to_software_source(source, details)


def remove(source, names):
    details = models.RemovePackagesFromSoftwareSourceDetails(package_names=names)
    return client.remove_packages_from_software_source(source, details)


def source_names(source):
    return {row.name for row in everything(client.list_software_source_packages, source)}


def release():
    """What a release holds: all of the golden instance's packages that a source provides."""
    rows = everything(client.list_packages_installed_on_managed_instance, simulator.golden)
    return sorted(row.name for row in rows if row.software_sources)


def detach_parent(instance, source):
    details = models.DetachParentSoftwareSourceFromManagedInstanceDetails(software_source_id=source)
    return client.detach_parent_software_source_from_managed_instance(instance, details)


def attach_parent(instance, source):
    details = models.AttachParentSoftwareSourceToManagedInstanceDetails(software_source_id=source)
    return client.attach_parent_software_source_to_managed_instance(instance, details)


def attach_child(instance, source):
    details = models.AttachChildSoftwareSourceToManagedInstanceDetails(software_source_id=source)
    return client.attach_child_software_source_to_managed_instance(instance, details)


def detach_child(instance, source):
    details = models.DetachChildSoftwareSourceFromManagedInstanceDetails(software_source_id=source)
    return client.detach_child_software_source_from_managed_instance(instance, details)


def parent_of(instance):
    parent = client.get_managed_instance(instance).data.parent_software_source
    return parent and parent.id


def done(response):
    """Has agents finish what was accepted, and returns its work request."""
    work = response.headers["opc-work-request-id"]
    simulator.advance()
    return client.get_work_request(work).data
