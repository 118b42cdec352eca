"""The published patch-train workflow, whole, as its scripts do it: one call after the other.

    python article.py --config-file FILE --endpoint URL --compartment OCID --golden OCID --source NAME --group NAME

Makes a software source of what the golden instance holds, has all other instances that check in join a group, puts
them on the source, has them update, waits, and writes a compliance report. Written by us after the article's
description; it stays here to be compared with, in calls and in time. It proves nothing by reading packages back, and
does not go on from where it was cut short, as the article's scripts do not.

Prints one JSON object: the calls that it made, how many of them change something, the seconds, and what it counted.
"""

import argparse
import html
import json
import pathlib
import sys
import time

import oci
from oci.os_management import OsManagementClient, models
from oci.pagination import list_call_get_all_results

# No source provides them.
LEFT_OUT = ("gpg-pubkey", "ksplice-uptrack-release", "oracle-cloud-agent", "unified-monitoring-agent")
# As the service's answers say them.
KINDS = ("SECURITY", "BUG", "ENHANCEMENT", "OTHER")


class Calls:
    """Counts what a client sends."""

    def __init__(self, client):
        self.reading = self.changing = 0
        send = client.base_client.call_api

        def counted(resource_path, method, *arguments, **more):
            if method == "GET":
                self.reading += 1
            else:
                self.changing += 1
            return send(resource_path, method, *arguments, **more)

        client.base_client.call_api = counted


def freeze(client, arguments):
    """Makes a source of what the golden instance holds."""
    installed = list_call_get_all_results(
        client.list_packages_installed_on_managed_instance, arguments.golden, limit=1000
    ).data
    names = [package.name for package in installed if not package.name.startswith(LEFT_OUT)]
    source = client.create_software_source(
        models.CreateSoftwareSourceDetails(
            compartment_id=arguments.compartment, display_name=arguments.source, arch_type="X86_64"
        )
    ).data
    client.add_packages_to_software_source(
        source.id, models.AddPackagesToSoftwareSourceDetails(package_names=names)
    )
    return source.id, len(names)


def group_named(client, arguments):
    """Finds the group, or makes it."""
    groups = client.list_managed_instance_groups(arguments.compartment, lifecycle_state="ACTIVE").data
    for group in groups:
        if group.display_name == arguments.group:
            return group.id
    details = models.CreateManagedInstanceGroupDetails(
        compartment_id=arguments.compartment, display_name=arguments.group
    )
    return client.create_managed_instance_group(details).data.id


def join(client, arguments, group):
    """Makes all instances that check in members; the golden one stays out."""
    instances = list_call_get_all_results(client.list_managed_instances, arguments.compartment, limit=1000).data
    for instance in instances:
        if instance.id != arguments.golden and instance.status == "NORMAL":
            client.attach_managed_instance_to_managed_instance_group(group, instance.id)
    return client.get_managed_instance_group(group).data.managed_instances


def switch(client, member, source):
    """Puts a member on the source, whatever it was on."""
    parent = client.get_managed_instance(member).data.parent_software_source
    if parent:
        details = models.DetachParentSoftwareSourceFromManagedInstanceDetails(software_source_id=parent.id)
        client.detach_parent_software_source_from_managed_instance(member, details)
    details = models.AttachParentSoftwareSourceToManagedInstanceDetails(software_source_id=source)
    client.attach_parent_software_source_to_managed_instance(member, details)


def update(client, member):
    """Has a member install all its updates; returns the work request."""
    accepted = client.install_all_package_updates_on_managed_instance(member, update_type="ALL")
    return accepted.headers["opc-work-request-id"]


def wait(client, work):
    """Waits for a work request, and says how it ended."""
    first = client.get_work_request(work)
    if first.data.status in ("SUCCEEDED", "FAILED", "CANCELED"):
        return first.data.status
    fetch = lambda response=None: client.get_work_request(work)
    ended = oci.wait_until(
        client, first, "status", ("SUCCEEDED", "FAILED", "CANCELED"), max_interval_seconds=1, fetch_func=fetch
    )
    return ended.data.status


def outstanding(client, member):
    """Counts a member's outstanding updates by kind."""
    updates = list_call_get_all_results(
        client.list_available_updates_for_managed_instance, member, limit=1000
    ).data
    kinds = [one.update_type for one in updates]
    return {kind: kinds.count(kind) for kind in KINDS}


def table(heading, rows):
    def row(cells, tag):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + row(heading, "th") + "".join(row(cells, "td") for cells in rows) + "</table>"


def report(counts):
    """The article's two tables."""
    yes = sum(count["SECURITY"] == 0 for count in counts.values())
    percent = 100 * yes // max(len(counts), 1)
    heading = ("Instance Name", *(f"{kind.capitalize()} Patches" for kind in KINDS[:3]), "Security Compliant")
    rows = [
        (name, *(count[kind] for kind in KINDS[:3]), "no" if count["SECURITY"] else "yes")
        for name, count in counts.items()
    ]
    summary = ("Number of Systems", "Not Compliant", "Compliant", "Compliant %")
    return "<!doctype html><meta charset=utf-8><title>Patch compliance</title>" + table(heading, rows) + table(
        summary, [(len(counts), len(counts) - yes, yes, percent)]
    )


def ride(client, arguments):
    """The whole cycle."""
    began, calls = time.monotonic(), Calls(client)
    source, packages = freeze(client, arguments)
    members = join(client, arguments, group_named(client, arguments))
    for member in members:
        switch(client, member.id, source)
    works = [update(client, member.id) for member in members]
    ended = [wait(client, work) for work in works]
    counts = {member.display_name: outstanding(client, member.id) for member in members}
    arguments.out.write_text(report(counts))
    return {
        "calls": calls.reading + calls.changing,
        "changing": calls.changing,
        "seconds": round(time.monotonic() - began, 2),
        "source": source,
        "packages": packages,
        "members": len(members),
        "succeeded": ended.count("SUCCEEDED"),
        "compliant": sum(count["SECURITY"] == 0 for count in counts.values()),
        "outstanding": sum(sum(count.values()) for count in counts.values()),
    }


def parse(words):
    parser = argparse.ArgumentParser(description="The published patch-train workflow, one call after the other.")
    for name in ("config-file", "endpoint", "compartment", "golden", "source", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--out", type=pathlib.Path, default="report.html")
    return parser.parse_args(words)


if __name__ == "__main__":
    given = parse(sys.argv[1:])
    # The article's service could take minutes to attach.
    made = OsManagementClient(
        oci.config.from_file(given.config_file), service_endpoint=given.endpoint, timeout=(10, 600)
    )
    print(json.dumps(ride(made, given)))
