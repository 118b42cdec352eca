"""What the tests with Oracle's SDK have in common: a simulator, clients that judge, and calls in few words."""

from oci.identity import IdentityClient
from oci.os_management_hub import models

import api
from refusals import Case
from service import everything

# Started where a test first asks for it, and shared by all of them. What it has to do takes half a minute, that is,
# until a test lets time pass: what is seen before and after does not depend on how fast the machine is.
simulator = api.start("--work", "30000")
clients = api.Clients(simulator)

# What groups and environments are for here.
SYSTEM = {"os_family": "ORACLE_LINUX_8", "arch_type": "X86_64", "vendor_name": "ORACLE", "location": "OCI_COMPUTE"}
BASE = "ol8_baseos_latest-x86_64"


def vendors(*names, of=clients):
    """The vendor's sources for Oracle Linux 8 that can be used, by name; all of them, or those named."""
    listed = everything(
        of.sources.list_software_sources,
        compartment_id=simulator.tenancy,
        software_source_type=["VENDOR"],
        os_family=["ORACLE_LINUX_8"],
        availability_at_oci=["SELECTED"],
    )
    found = {row.display_name: row.id for row in listed}
    return {name: found[name] for name in names or found}


def below():
    """A compartment below that of the fleet, and its instances by name, with those that are not of our system left out."""
    identity = simulator.connect(IdentityClient)
    found = everything(identity.list_compartments, simulator.compartment, lifecycle_state="ACTIVE")
    stores = next(row.id for row in found if row.name == "stores")
    family = [SYSTEM["os_family"]]
    rows = everything(
        clients.instances.list_managed_instances, compartment_id=stores, os_family=family, status=["NORMAL"]
    )
    return stores, {row.display_name: row.id for row in rows}


def source_details(name, **more):
    """A custom source that is to be filled from a list."""
    drawn = more.pop("vendors", None) or vendors()
    details = {
        "compartment_id": simulator.compartment,
        "display_name": name,
        "vendor_software_sources": [models.Id(id=id, display_name=name) for name, id in drawn.items()],
        "is_created_from_package_list": True,
        "is_automatically_updated": False,
        "is_auto_resolve_dependencies": False,
        "is_latest_content_only": False,
    }
    return models.CreateCustomSoftwareSourceDetails(**details | more)


def create_source(name, **more):
    """Makes a custom source, and waits until it is there."""
    made = clients.sources.create_software_source(source_details(name, **more)).data.id
    simulator.advance()
    return made


def add(source, packages, **more):
    details = models.AddPackagesToSoftwareSourceDetails(packages=packages, **more)
    return clients.sources.add_packages_to_software_source(source, details)


def release(name, packages, **more):
    """A source that holds packages."""
    source = create_source(name, **more)
    assert done(add(source, packages)).status == "SUCCEEDED"
    return source


def held(source):
    """The packages of a source, as its manifest spells them."""
    lines = clients.sources.get_software_source_manifest(source).data.text.splitlines()
    return {line for line in lines if line}


def create_group(name, sources, members=(), **more):
    """Makes a group, and waits until all of it is there."""
    details = models.CreateManagedInstanceGroupDetails(
        compartment_id=simulator.compartment,
        display_name=name,
        software_source_ids=list(sources),
        managed_instance_ids=[simulator.members[member] for member in members],
        **SYSTEM | more,
    )
    made = clients.groups.create_managed_instance_group(details)
    simulator.advance()
    return made.data.id


def sources_of(group):
    """A group's sources, as a set: their order means nothing."""
    return {source.id for source in clients.groups.get_managed_instance_group(group).data.software_sources}


def attach_sources(group, *sources):
    details = models.AttachSoftwareSourcesToManagedInstanceGroupDetails(software_sources=list(sources))
    return clients.groups.attach_software_sources_to_managed_instance_group(group, details)


def detach_sources(group, *sources):
    details = models.DetachSoftwareSourcesFromManagedInstanceGroupDetails(software_sources=list(sources))
    return clients.groups.detach_software_sources_from_managed_instance_group(group, details)


def join(group, *instances):
    details = models.AttachManagedInstancesToManagedInstanceGroupDetails(managed_instances=list(instances))
    return clients.groups.attach_managed_instances_to_managed_instance_group(group, details)


def leave(group, *instances):
    details = models.DetachManagedInstancesFromManagedInstanceGroupDetails(managed_instances=list(instances))
    return clients.groups.detach_managed_instances_from_managed_instance_group(group, details)


def update_all(group, *types):
    details = models.UpdateAllPackagesOnManagedInstanceGroupDetails(update_types=list(types) or ["ALL"])
    return clients.groups.update_all_packages_on_managed_instance_group(group, details)


def installed(instance, **more):
    """The packages of an instance as far as the service knows them."""
    return everything(clients.instances.list_managed_instance_installed_packages, instance, **more)


def entries(rows):
    """Packages as sources take them, `N-E:V-R.A`, of a list of packages; trust keys have no architecture."""
    return {f"{row.display_name}-{row.version}.{row.architecture.lower()}" for row in rows if row.architecture}


def names(rows):
    return {row.name for row in rows}


def refresh(instance):
    """Has an instance's packages listed anew, and waits for it."""
    return done(clients.instances.refresh_software_on_managed_instance(instance))


def work_id(response):
    return response.headers["opc-work-request-id"]


def done(response):
    """Has agents finish what was accepted, and returns its work request."""
    simulator.advance()
    return clients.work.get_work_request(work_id(response)).data


def children(work):
    """The parts of a work request, wherever they lie."""
    return [clients.work.get_work_request(child).data for child in work.children_id]
