"""Bills of materials, judged by CycloneDX's validator and by the reference reader of package URLs."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

BINARY = os.environ["PATCHTRAIN_BINARY"]
ROOT = pathlib.Path(__file__).resolve().parents[3]

TRAIN = """
[train]
name = "hard"
os = "oracle-linux-8"
architecture = "x86_64"
compartment = "ocid1.compartment.oc1..a"
[service]
api = "osms"
region = "eu-frankfurt-1"
[[release]]
name = "GL1"
manifest = "GL1.packages"
"""

# Names and versions with what package URLs escape, an epoch, a stream that is known, several versions of one kernel.
HARD = """\
kernel-core-4.18.0-553.16.1.el8_10.x86_64
kernel-core-4.18.0-553.5.1.el8_10.x86_64
key 82562ea9
libstdc++-8.5.0-22.0.1.el8_10.i686
linux-firmware-999:20230516-999.26.git6c9e0ed5.el8.noarch
module php:7.3:8020020200715124551:ceb1cf90
php-cli-7.3.20-1.module+el8.2.0+7373+b272fdef.x86_64
tool-1.11^20190603git9e74f2d~rc1-1.noarch
"""


def sbom(folder, release):
    command = [BINARY, "--chdir", folder, "release", "sbom", release]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class Sbom(unittest.TestCase):
    def judge(self, text):
        """Holds a document against the schema, and its package URLs against the specification; returns both read."""
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(text))
        document = json.loads(text)
        urls = []
        for component in document["components"]:
            url = PackageURL.from_string(component["purl"])
            self.assertEqual(url.to_string(), component["purl"], "it is not the canonical spelling")
            self.assertEqual((url.type, url.namespace, url.name), ("rpm", "oracle", component["name"]))
            epoch = f"{url.qualifiers['epoch']}:" if "epoch" in url.qualifiers else ""
            self.assertEqual(epoch + url.version, component["version"])
            urls.append(url)
        return document, urls

    def test_every_release_of_the_quickstart(self):
        for release in "GL1", "GL1.1":
            text = sbom(ROOT, release)
            document, urls = self.judge(text)
            manifest = (ROOT / f"trains/great-linux/{release}.packages").read_text()
            lines = [line for line in manifest.splitlines() if not line.startswith(("#", "key ", "module "))]
            self.assertEqual(sorted(component["bom-ref"] for component in document["components"]), sorted(lines))
            self.assertEqual(len(urls), len(lines))
            self.assertEqual(text, sbom(ROOT, release))

    def test_names_and_versions_that_are_hard_to_write(self):
        with tempfile.TemporaryDirectory() as folder:
            trains = pathlib.Path(folder) / "trains"
            trains.mkdir()
            (trains / "hard.toml").write_text(TRAIN)
            (trains / "GL1.packages").write_text(HARD)
            document, urls = self.judge(sbom(folder, "GL1"))
        found = {(url.name, url.version): url.qualifiers for url in urls}
        self.assertEqual(len(found), 6)
        self.assertEqual(found["libstdc++", "8.5.0-22.0.1.el8_10"]["arch"], "i686")
        self.assertEqual(found["linux-firmware", "20230516-999.26.git6c9e0ed5.el8"]["epoch"], "999")
        self.assertEqual(found["php-cli", "7.3.20-1.module+el8.2.0+7373+b272fdef"]["rpmmod"], "php:7.3")
        self.assertIn(("tool", "1.11^20190603git9e74f2d~rc1-1"), found)
        self.assertTrue(all(qualifiers["distro"] == "oracle-8" for qualifiers in found.values()))
        self.assertNotIn("timestamp", document["metadata"])

    def test_the_judge_can_say_no(self):
        document = json.loads(sbom(ROOT, "GL1"))
        document["components"][0]["type"] = "patch train"
        self.assertIsNotNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)))


if __name__ == "__main__":
    unittest.main()
