"""`oci os`, Oracle's command line, against the simulator's Object Storage. What is not there yet it writes with
`if-none-match: *` by itself, unless `--force` is given; there is no option for that."""

import json
import pathlib

import cli

DOCUMENT = pathlib.Path(__file__).parents[3] / "docs/state.md"


class Commands(cli.Case):
    service = "os"

    def object(self, command):
        return self.oci(f"object {command} -bn own")

    def test_an_administrators_afternoon(self):
        self.assertEqual(self.oci("ns get")["data"], "simulated")
        made = self.oci("bucket create -c {c} --name own --versioning Enabled --freeform-tags '{{\"a\": \"b\"}}'")
        self.assertEqual((made["data"]["versioning"], made["data"]["freeform-tags"]), ("Enabled", {"a": "b"}))
        self.assertEqual(self.refused("bucket create -c {c} --name own")["code"], "BucketAlreadyExists")
        got = self.oci("bucket get --name own --fields approximateCount")
        self.assertEqual((got["etag"], got["data"]["approximate-count"]), (made["etag"], 0))
        self.assertEqual(self.refused("bucket get --name other")["code"], "BucketNotFound")
        self.assertEqual([row["name"] for row in self.oci("bucket list -c {c}")["data"]], ["own"])

        for name, content in {"one.json": {"serial": 1}, "two.json": {"serial": 2}}.items():
            self.file(name, content)
        folder = self.simulator.folder
        state = "--name trains/état.json"
        one = self.object(f"put {state} --file {folder}/one.json")
        two = self.object(f"put {state} --file {folder}/two.json --if-match {one['etag']} --force")
        self.assertNotEqual(one["etag"], two["etag"])
        stale = f"object put -bn own {state} --file {folder}/one.json --if-match {one['etag']} --force"
        refusal = self.refused(stale)
        self.assertEqual((refusal["status"], refusal["code"]), (412, "IfMatchFailed"))
        md5 = "AAAAAAAAAAAAAAAAAAAAAA=="
        refusal = self.refused(f"object put -bn own {state} --file {folder}/one.json --force --content-md5 {md5}")
        self.assertEqual((refusal["status"], refusal["code"]), (400, "UnmatchedContentMD5"))

        self.object(f"get {state} --file {folder}/got.json")
        self.assertEqual(json.loads((folder / "got.json").read_text()), {"serial": 2})
        versions = self.object("list-object-versions --prefix trains/ --fields name,etag")["data"]
        self.assertEqual([row["etag"] for row in versions], [two["etag"], one["etag"]])
        shown = self.object(f"get {state} --file - --version-id {versions[1]['version-id']}")
        self.assertEqual(shown, {"serial": 1})
        head = self.object(f"head {state}")
        self.assertEqual((head["etag"], head["content-length"]), (two["etag"], "13"))
        self.refused(f"object get -bn own {state} --file - --if-match {one['etag']}")

        # Nothing is there: `if-none-match: *`.
        self.object(f"put --name trains/lock --file {folder}/one.json")
        listed = self.object("list --prefix trains/ --fields name,etag,size")
        self.assertEqual([row["name"] for row in listed["data"]], ["trains/lock", "trains/état.json"])
        self.assertEqual(listed["data"][1]["etag"], two["etag"])
        self.assertEqual(self.object("list --delimiter /")["prefixes"], ["trains/"])
        self.assertEqual(len(self.object("list --page-size 1 --all")["data"]), 2)

        self.refused("object delete -bn own --name trains/lock --force --if-match foo")
        self.object("delete --name trains/lock --force")
        self.assertEqual([row["name"] for row in self.object("list")["data"]], ["trains/état.json"])
        versions = self.object("list-object-versions --prefix trains/lock")["data"]
        self.assertEqual([row["is-delete-marker"] for row in versions], [True, False])
        marked = f"--name trains/lock --version-id {versions[1]['version-id']} --file -"
        self.assertEqual(self.object(f"get {marked}"), {"serial": 1})
        suspended = self.oci("bucket update --name own --versioning Suspended")
        self.assertEqual(suspended["data"]["versioning"], "Suspended")
        refusal = self.refused("bucket delete --name own --force")
        self.assertEqual(refusal["code"], "BucketNotEmpty")
        # As it is documented; the simulator has no such rules, and is asked for them.
        rules = DOCUMENT.read_text().split("```json\n", 1)[1].split("```", 1)[0]
        self.file("rules.json", json.loads(rules))
        refusal = self.refused(f"object-lifecycle-policy put -bn own --items file://{folder}/rules.json --force")
        self.assertEqual((refusal["status"], refusal["code"]), (501, "MethodNotImplemented"))
        refusal = self.refused("object rename -bn own --name a --new-name b")
        self.assertEqual((refusal["status"], refusal["code"]), (501, "MethodNotImplemented"))
