"""Plans for machines, judged by what is not ours: the schemas by a validator and by the linter that editors have, the plan
in Terraform's format by programs that read those of Terraform."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

from jsonschema import Draft202012Validator

BINARY = os.environ["PATCHTRAIN_BINARY"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOLS = pathlib.Path(sys.executable).parent
NODE = TOOLS.parent / "node_modules" / ".bin"


def run(*command, folder, **more):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def patchtrain(*arguments, folder, code=0):
    ran = run(BINARY, *arguments, folder=folder)
    assert ran.returncode == code, f"{arguments}: {ran.returncode}\n{ran.stderr}"
    return ran.stdout


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.folder = folder = pathlib.Path(cls.kept.name)
        patchtrain("init", "--simulator", folder=folder)
        patchtrain("plan", "--out", "first.plan", folder=folder)
        patchtrain("apply", "first.plan", "--summary", folder=folder)
        # The canaries move, a group goes, and its release with it.
        train = folder / "trains" / "great-linux.toml"
        text = train.read_text()
        text = text.replace('release = "GL1"', 'release = "GL1.1"', 1)
        head, _, _ = text.rpartition("[[group]]")
        train.write_text(head)
        patchtrain("plan", "--out", "second.plan", folder=folder)
        for name in ["first", "second"]:
            for form in ["json", "terraform-json"]:
                shown = patchtrain("show", f"{name}.plan", "--format", form, folder=folder)
                (folder / f"{name}.{form}.json").write_text(shown)
        # Whatever runs `terraform show -json` runs us.
        (folder / "bin").mkdir()
        (folder / "bin" / "terraform").symlink_to(BINARY)
        cls.environment = {**os.environ, "PATH": f"{folder / 'bin'}:{TOOLS}:{os.environ['PATH']}", "COLUMNS": "200"}

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def read(self, name):
        return json.loads((self.folder / f"{name}.json").read_text())

    def tool(self, *command, code=0, **more):
        ran = run(*command, folder=self.folder, env=self.environment, **more)
        self.assertEqual(ran.returncode, code, f"{command}: {ran.stdout}\n{ran.stderr}")
        return ran.stdout

    def counts(self, name):
        summary = self.read(f"{name}.json")["summary"]
        return summary["add"], summary["change"], summary["destroy"]

    def test_the_document_by_its_schema(self):
        schema = json.loads(patchtrain("schema", "plan", folder=self.folder))
        Draft202012Validator.check_schema(schema)
        judge = Draft202012Validator(schema)
        for name in ["first", "second"]:
            document = self.read(f"{name}.json")
            self.assertEqual([error.message for error in judge.iter_errors(document)], [])
            del document["basis"]["serial"]
            self.assertNotEqual(list(judge.iter_errors(document)), [])

    def test_trains_by_their_schema(self):
        schema = json.loads(patchtrain("schema", "train", folder=self.folder))
        Draft202012Validator.check_schema(schema)
        judge = Draft202012Validator(schema)
        trains = sorted((ROOT / "trains").glob("**/*.toml"))
        self.assertGreater(len(trains), 6)
        for path in trains:
            train = tomllib.loads(path.read_text())
            self.assertEqual([error.message for error in judge.iter_errors(train)], [], path)
            train["group"][0]["membres"] = []
            self.assertNotEqual(list(judge.iter_errors(train)), [], path)

    def test_the_editors_linter(self):
        (self.folder / "train.schema.json").write_text(patchtrain("schema", "train", folder=self.folder))
        good = (ROOT / "trains" / "great-linux.toml").read_text()
        named = "#:schema train.schema.json\n" + good
        (self.folder / "good.toml").write_text(named)
        (self.folder / "bad.toml").write_text(named.replace("[[group]]\n", "[[group]]\nmembres = []\n", 1))
        self.tool(NODE / "taplo", "lint", "good.toml")
        ran = run(NODE / "taplo", "lint", "bad.toml", folder=self.folder, env=self.environment)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("'membres' was unexpected", ran.stdout + ran.stderr)

    def test_terrasafe_stops_deletions_alone(self):
        text = {name: (self.folder / f"{name}.terraform-json.json").read_text() for name in ["first", "second"]}
        self.assertIn("0 unauthorized deletion", self.tool("terrasafe", input=text["first"]))
        self.assertIn('patchtrain_group.great-linux["backend"]', self.tool("terrasafe", input=text["second"], code=1))
        allowed = {**self.environment, "TERRASAFE_ALLOW_DELETION": 'patchtrain_group.great-linux["backend"]'}
        ran = run("terrasafe", folder=self.folder, env=allowed, input=text["second"])
        self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_terraform_compliance(self):
        features = self.folder / "features"
        features.mkdir()
        (features / "releases.feature").write_text("""Feature: releases
  Scenario: instances go to a release of ours
    Given I have patchtrain_instance defined
    Then it must contain release
    And its value must match the "^GL1" regex
""")
        command = ["terraform-compliance", "--no-ansi", "-p", "second.terraform-json.json", "-f", "features"]
        self.assertIn("1 scenarios (1 passed)", self.tool(*command))
        (features / "releases.feature").write_text((features / "releases.feature").read_text().replace("GL1", "GL9"))
        self.tool(*command, code=1)

    def test_summaries_count_as_we_do(self):
        for name in ["first", "second"]:
            add, change, destroy = self.counts(name)
            told = self.tool("tf-peek", f"{name}.terraform-json.json")
            for word, number in [("Create", add), ("Update", change), ("Delete", destroy)]:
                rows = [row for row in told.splitlines() if word in row and row.endswith("|") and "Total" not in row]
                found = [row.split("|")[-2].strip(" *") for row in rows if "**" in row][:1]
                self.assertEqual(found, [str(number)] if number else [], (name, word, rows))
            told = self.tool("tfanalyze", f"{name}.plan")
            for word, number in [("CREATE", add), ("UPDATE", change), ("DESTROY", destroy)]:
                found = sum(line.startswith(f"{word} patchtrain_") for line in told.splitlines())
                self.assertEqual(found, number, (name, word))
            self.tool("tfreadme", f"{name}.plan", "-o", "report.md")
            told = (self.folder / "report.md").read_text()
            for word, number in [("CREATE", add), ("UPDATE", change), ("DELETE", destroy)]:
                found = [row.split("|")[2].strip() for row in told.splitlines() if row.startswith(f"| {word} ")]
                self.assertEqual(found, [str(number)] if number else [], (name, word))

    def test_a_differ_shows_what_changes(self):
        told = self.tool(NODE / "terraform-unidiff", "second.terraform-json.json")
        self.assertEqual(told.count("Index: patchtrain_"), sum(self.counts("second")))
        self.assertIn("-release: GL1\n", told)
        self.assertIn("+release: GL1.1\n", told)


if __name__ == "__main__":
    unittest.main()
