"""Reports for machines, judged by readers that we did not write: JUnit's XML by junitparser, SARIF by Microsoft's own
validator (its schema, its rules and those that GitHub adds) and by sarif-tools."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import junitparser
from sarif import loader

BINARY = os.environ["PATCHTRAIN_BINARY"]
NODE = pathlib.Path(os.environ["PATCHTRAIN_NODE"])
ROOT = pathlib.Path(__file__).resolve().parents[3]
MULTITOOL = NODE / "@microsoft/sarif-multitool-linux/Sarif.Multitool"


# There is no page of patchtrain's to point to.
NO_PAGE = {("SARIF2005", "warning")}


def validate(path):
    """Holds a file against SARIF's schema, and returns what Microsoft's validator finds, by rule, with the level."""
    schema = json.loads((MULTITOOL.parent / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    jsonschema.Draft7Validator(schema).validate(json.loads(path.read_text()))
    found = path.with_suffix(".judged")
    MULTITOOL.chmod(0o755)
    subprocess.run(
        [MULTITOOL, "validate", path, "--rule-kind", "Sarif;Ghas", "--output", found, "--log", "ForceOverwrite",
         "--level", "Error;Warning", "--kind", "Fail"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    runs = json.loads(found.read_text(encoding="utf-8-sig"))["runs"]
    return {(result["ruleId"].split("/")[0], result.get("level", "warning")) for result in runs[0].get("results", [])}


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        shutil.copytree(ROOT / "trains", cls.root / "trains", ignore=shutil.ignore_patterns("examples"))
        environment = os.environ | {"XDG_RUNTIME_DIR": cls.folder.name, "HOME": cls.folder.name}
        command = [BINARY, "report", "--out", "a.xml", "--out", "a.sarif", "--out", "a.json"]
        subprocess.run(command, check=True, cwd=cls.root, env=environment, stderr=subprocess.PIPE)
        cls.report = json.loads((cls.root / "a.json").read_text())["trains"][0]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_junit_counts_what_the_report_counts(self):
        suites = junitparser.JUnitXml.fromfile(str(self.root / "a.xml"))
        self.assertEqual([suite.name for suite in suites], [f"great-linux.{group['name']}" for group in self.report["groups"]])
        self.assertEqual(suites.tests, self.report["summary"]["systems"])
        cases = [case for suite in suites for case in suite]
        self.assertEqual(sorted(case.name for case in cases), sorted(one["name"] for one in self.report["instances"]))
        failed = [case for case in cases if case.is_failure]
        self.assertEqual(len(failed), suites.failures)
        self.assertEqual(sum(case.is_skipped for case in cases), suites.skipped)
        named = {case.name: case.result[0].message for case in failed}
        wrong = [one for one in self.report["instances"] if one["security"]["verdict"] == "not-compliant"]
        self.assertTrue(wrong)
        for one in wrong:
            self.assertIn(f"{one['updates']['security']} security update", named[one["name"]])

    def test_sarif_is_what_its_makers_and_github_take(self):
        self.assertEqual(validate(self.root / "a.sarif"), NO_PAGE)

    def test_sarif_is_read_by_others(self):
        files = loader.load_sarif_files(str(self.root / "a.sarif"))
        self.assertEqual(files.get_distinct_tool_names(), ["patchtrain"])
        records = files.get_records()
        written = json.loads((self.root / "a.sarif").read_text())["runs"][0]["results"]
        self.assertEqual(len(records), len(written))
        self.assertEqual({record["Location"] for record in records}, {str(pathlib.Path("trains/great-linux.toml"))})
        # Each at the line that declares its group.
        lines = (self.root / "trains/great-linux.toml").read_text().splitlines()
        for result in written:
            line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
            self.assertEqual(lines[line - 1], "[[group]]")

    def test_the_judge_can_say_no(self):
        document = json.loads((self.root / "a.sarif").read_text())
        path = self.root / "wrong.sarif"
        result = document["runs"][0]["results"][0]
        # Before it begins.
        result["locations"][0]["physicalLocation"]["region"]["endLine"] = 1
        path.write_text(json.dumps(document))
        self.assertIn(("SARIF1007", "error"), validate(path))
        result["ruleIndex"] = "first"
        path.write_text(json.dumps(document))
        self.assertRaises(jsonschema.ValidationError, validate, path)


if __name__ == "__main__":
    unittest.main()
