"""Oracle's SDK reads errata, and counts what instances lack."""

from oci.os_management_hub import models

from sdk import Case, clients, simulator
from service import everything


def errata(**more):
    return everything(clients.sources.list_errata, simulator.compartment, **more)


class Errata(Case):
    def test_updates_name_errata_that_can_be_read(self):
        instance = simulator.members["web-06"]
        updates = everything(clients.instances.list_managed_instance_updatable_packages, instance)
        named = {name for update in updates for name in update.errata}
        self.assertGreater(len(named), 10)
        related = everything(clients.instances.list_managed_instance_errata, instance)
        self.assertEqual({one.name for one in related}, named)
        cves = {cve for update in updates for cve in update.related_cves}
        self.assertEqual({cve for one in related for cve in one.related_cves}, cves)
        one = next(one for one in related if one.advisory_type == "SECURITY")
        self.assertRegex(one.name, "^EL[BES]A-")
        full = clients.sources.get_erratum(simulator.compartment, one.name).data
        self.assertIsInstance(full, models.Erratum)
        self.assertEqual(
            (full.synopsis, full.time_issued, full.advisory_type), (one.synopsis, one.time_issued, "SECURITY")
        )
        self.assertIn(full.advisory_severity, ("LOW", "MODERATE", "IMPORTANT", "CRITICAL"))
        self.assertTrue(full.packages and full.repositories)
        only = everything(clients.instances.list_managed_instance_errata, instance, name=[one.name])
        self.assertEqual([row.name for row in only], [one.name])

    def test_lists_of_errata_are_filtered_and_sorted(self):
        every = errata()
        self.assertGreater(len(every), 100)
        self.assertEqual(
            [one.name for one in errata(sort_by="name", sort_order="DESC")],
            sorted((one.name for one in every), reverse=True),
        )
        issued = [one.time_issued for one in errata(sort_by="timeIssued")]
        self.assertEqual(issued, sorted(issued, reverse=True))
        security = errata(advisory_type=["SECURITY"])
        self.assertEqual({one.advisory_type for one in security}, {"SECURITY"})
        self.assertEqual([one.name for one in security], [one.name for one in errata(classification_type=["SECURITY"])])
        grave = errata(advisory_severity=["CRITICAL"])
        self.assertEqual({one.advisory_severity for one in grave}, {"CRITICAL"})
        middle = issued[len(issued) // 2]
        early, late = errata(time_issue_date_end=middle), errata(time_issue_date_start=middle)
        self.assertLessEqual(max(one.time_issued for one in early), middle)
        self.assertLessEqual(middle, min(one.time_issued for one in late))
        self.assertEqual(
            [one.name for one in errata(name=[every[0].name, every[1].name])], [one.name for one in every[:2]]
        )
        self.assertRefused(
            404, "NotAuthorizedOrNotFound", clients.sources.get_erratum, simulator.compartment, "ELSA-1-1"
        )


class Analytics(Case):
    def test_counts_are_those_of_the_lists(self):
        summarize = clients.reporting.summarize_managed_instance_analytics
        names = ["TOTAL_INSTANCE_COUNT", "UNREACHABLE_INSTANCE_COUNT", "NEEDS_REBOOTING_INSTANCE_COUNT"]
        rows = summarize(names, compartment_id=simulator.compartment).data.items
        counts = {row.name: row.count for row in rows}
        instances = everything(clients.instances.list_managed_instances, compartment_id=simulator.compartment)
        expected = {
            "TOTAL_INSTANCE_COUNT": len(instances),
            "UNREACHABLE_INSTANCE_COUNT": sum(row.status == "UNREACHABLE" for row in instances),
            "NEEDS_REBOOTING_INSTANCE_COUNT": sum(row.is_reboot_required for row in instances),
        }
        self.assertEqual(counts, expected)
        with self.assertRaises(ValueError):
            summarize(["HAPPY_INSTANCE_COUNT"])
