"""Oracle's SDK reads errata: of an instance, all of them, one; each with its models' required fields."""

import unittest

from oci.os_management import models

from sdk import Case, client, simulator
from service import everything


class Errata(Case):
    def test_updates_name_errata_that_can_be_read(self):
        instance = simulator.members["batch-02"]
        updates = everything(client.list_available_updates_for_managed_instance, instance)
        named = {erratum.id: erratum.display_name for update in updates for erratum in update.errata}
        self.assertGreater(len(named), 10)
        related = everything(client.list_managed_instance_errata, instance)
        self.assertEqual({one.id: one.name for one in related}, named)
        cves = {cve for update in updates for cve in update.related_cves}
        self.assertEqual({cve for one in related for cve in one.related_cves}, cves)
        one = next(one for one in related if one.advisory_type == "SECURITY")
        full = client.get_erratum(one.id).data
        self.assertIsInstance(full, models.Erratum)
        for field in ("id", "name", "compartment_id", "synopsis", "issued", "advisory_type", "related_cves"):
            self.assertEqual(getattr(full, field), getattr(one, field), field)
        self.assertIn(instance, [affected.id for affected in full.affected_instances])
        self.assertTrue(full.packages and full.software_sources)
        found = everything(client.search_software_packages, cve_name=full.related_cves[0])
        self.assertIn(full.packages[0].name, [row.name for row in found])

    def test_lists_of_errata_are_filtered_and_sorted(self):
        every = everything(client.list_errata)
        self.assertGreater(len(every), 100)
        names = [one.name for one in everything(client.list_errata, sort_by="ADVISORYNAME", sort_order="DESC")]
        self.assertEqual(names, sorted((one.name for one in every), reverse=True))
        self.assertEqual([one.id for one in everything(client.list_errata, advisory_name=names[0])],
                         [one.id for one in every if one.name == names[0]])
        self.assertRefused(404, "NotAuthorizedOrNotFound", client.get_erratum, "ocid1.osmserratum.oc1..nothing")


if __name__ == "__main__":
    unittest.main()
