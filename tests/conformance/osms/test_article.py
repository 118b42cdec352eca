"""The published workflow runs on the simulator, from the first call to the report."""

import unittest

import article
import api
import service


class Article(unittest.TestCase):
    def test_the_whole_cycle_as_published(self):
        simulator = service.Simulator()
        self.addCleanup(simulator.stop)
        out = simulator.folder / "report.html"
        words = ["--config-file", str(simulator.config_file), "--endpoint", simulator.endpoint]
        words += ["--compartment", simulator.compartment, "--golden", simulator.golden]
        arguments = article.parse([*words, "--source", "GL1", "--group", "all <of> them", "--out", str(out)])
        client = api.connect(simulator)
        ridden = article.ride(client, arguments)

        # All but the golden instance, the one that does not check in, and the one that is not known yet.
        members = len(simulator.members) - 2
        expected = {"members": members, "succeeded": members, "compliant": members, "outstanding": 0}
        self.assertEqual({name: ridden[name] for name in expected}, expected)
        # Made, filled; made; then for each: joined, detached, attached, updated.
        self.assertEqual(ridden["changing"], 3 + 4 * members)
        source = client.get_software_source(ridden["source"]).data
        self.assertEqual(source.packages, ridden["packages"])
        self.assertEqual(len(source.associated_managed_instances), members)
        text = out.read_text()
        self.assertEqual(text.count("<td>yes</td>"), members)
        self.assertIn("<td>web-02</td>", text)

        # Who joins later is put on the same level by running it again, as the article has it.
        simulator.advance(7 * 3600)
        latecomer = simulator.members["web-13"]
        group = article.group_named(client, arguments)
        self.assertIn(latecomer, [member.id for member in article.join(client, arguments, group)])
        article.switch(client, latecomer, ridden["source"])
        self.assertEqual(article.wait(client, article.update(client, latecomer)), "SUCCEEDED")
        self.assertEqual(sum(article.outstanding(client, latecomer).values()), 0)
