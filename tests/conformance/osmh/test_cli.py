"""`oci os-management-hub`, Oracle's command line, as an administrator types it: one afternoon with one simulator."""

import json

import api
import cli


class Commands(cli.Case):
    service = "os-management-hub"
    start = api.start

    def source(self, command):
        return self.oci(f"software-source {command}")

    def instance(self, command):
        return self.oci(f"managed-instance {command}")

    def group(self, command):
        return self.oci(f"managed-instance-group {command}")

    def done(self, command):
        """Runs a command, and reads its work request once that has ended. `--wait-for-state` is of no use with this service: the
        command line then says "Unable to wait for the work request to enter the specified state"."""
        accepted = self.oci(command)
        self.simulator.advance()
        return self.oci(f"work-request get --work-request-id {accepted['opc-work-request-id']}")

    def test_1_reading(self):
        # These do not depend on each other, and are started together.
        commands = {
            "names": "managed-instance list -c {c} --all --query 'data.items[].\"display-name\"'",
            "few": "managed-instance list -c {c} --limit 3 --sort-by displayName --sort-order DESC",
            "broken": "managed-instance list -c {c} --status UNREACHABLE --query 'data.items[0].\"display-name\"' --raw-output",
            "both": "managed-instance list -c {c} --display-name web-02 --display-name db-02 --query 'length(data.items)'",
            "golden": "managed-instance get --managed-instance-id {golden}",
            "table": "managed-instance list -c {c} --output table --query 'data.items[].{{name:\"display-name\",status:status}}'",
            "kernel": "managed-instance list-installed-packages --managed-instance-id {golden} --display-name kernel --all",
            "strays": "managed-instance list-installed-packages --managed-instance-id {golden} --all --page-size 100"
            ' --query \'data.items[?!"software-sources"]."display-name"\'',
            "security": "managed-instance list-updatable-packages --managed-instance-id {web_02} --all"
            " --classification-type SECURITY --query 'length(data.items)'",
            "counted": "managed-instance get --managed-instance-id {web_02} --query 'data.\"security-updates-available\"'",
            "grave": "managed-instance list-errata --managed-instance-id {web_02} --all --query 'data.items[0].name' --raw-output",
            "errata": "software-source list-errata -c {c} --advisory-type SECURITY --all --query 'length(data.items)'",
            "vendor": "software-source list -c {t} --software-source-type VENDOR --availability-at-oci SELECTED"
            " --os-family ORACLE_LINUX_8 --all --query 'data.items[].{{id:id,displayName:\"display-name\"}}'",
            "makers": "software-source list-software-source-vendors -c {t} --query 'data.items[].name'",
            "found": "software-source list-all-software-packages --display-name libstdc++ --query 'data.items[0]'",
            "counts": "managed-instance summarize-analytics -c {c} --metric-names TOTAL_INSTANCE_COUNT --metric-names UNREACHABLE_INSTANCE_COUNT"
            " --query 'data.items[].count'",
            "modules": "managed-instance list-modules --managed-instance-id {golden} --all --query 'length(data.items)'",
        }
        running = {name: self.launch(command) for name, command in commands.items()}
        got = {}
        for name, process in running.items():
            out, _ = self.finish(process)
            got[name] = json.loads(out) if out[:1] in "{[" or out.strip().isdigit() else out.strip()

        self.assertEqual(len(got["names"]), len(self.simulator.members))
        self.assertEqual([row["display-name"] for row in got["few"]["data"]["items"]], sorted(got["names"])[::-1][:3])
        self.assertIn("opc-next-page", got["few"])
        self.assertEqual((got["broken"], got["both"]), ("db-04", 2))
        self.assertEqual(got["golden"]["data"]["os-family"], "ORACLE_LINUX_8")
        self.assertTrue(got["golden"]["etag"].endswith("--gzip"))
        self.assertIn("| db-04", got["table"])
        self.assertGreater(len(got["kernel"]["data"]["items"]), 1)
        self.assertIn("gpg-pubkey", got["strays"])
        self.assertEqual(got["security"], got["counted"])
        self.assertRegex(got["grave"], "^EL[BES]A-")
        self.assertGreater(got["errata"], 50)
        self.assertGreaterEqual(len(got["vendor"]), 4)
        self.assertEqual(got["makers"], ["ORACLE"])
        self.assertEqual(got["found"]["display-name"], "libstdc++")
        self.assertEqual(got["counts"], [len(got["names"]), 1])
        self.assertGreater(got["modules"], 0)
        self.file("vendor.json", got["vendor"])
        one = self.source(f"get-erratum -c {{c}} --name {got['grave']} --query data.name --raw-output")
        self.assertEqual(one, got["grave"])

    def test_2_a_release_is_made_and_ridden(self):
        work = self.done("managed-instance refresh-software --managed-instance-id {golden}")
        self.assertEqual((work["data"]["status"], work["data"]["operation-type"]), ("SUCCEEDED", "LIST_PACKAGES"))
        rows = self.instance(
            "list-installed-packages --managed-instance-id {golden} --all"
            ' --query \'data.items[?"software-sources"].["display-name", version, architecture]\''
        )
        packages = [f"{name}-{version}.{architecture.lower()}" for name, version, architecture in rows]
        made = self.source(
            "create-custom-swsrc -c {c} --display-name GL1 --vendor-software-sources file://vendor.json"
            " --is-created-from-package-list true --is-auto-updated false --is-auto-resolve-dependencies false"
            ' --is-latest-content-only false --freeform-tags \'{{"train": "great-linux"}}\''
        )
        self.places["source"] = made["data"]["id"]
        self.assertEqual(made["data"]["freeform-tags"], {"train": "great-linux"})
        self.assertIn(made["data"]["lifecycle-state"], ("CREATING", "ACTIVE"))
        self.file("packages.json", [*packages, "nobody-ships-this-1.0-1.el8.x86_64"])
        # Until the source is there this is refused, and the command line tries again.
        work = self.done(
            "software-source add-packages --software-source-id {source} --packages file://packages.json"
            " --is-continue-on-missing-packages true"
        )
        self.assertEqual(
            (work["data"]["status"], work["data"]["operation-type"]), ("SUCCEEDED", "UPDATE_SOFTWARE_SOURCE")
        )
        held = self.source("get --software-source-id {source} --query 'data.\"package-count\"'")
        self.assertEqual(held, len(packages))
        listed = self.source("list-software-packages --software-source-id {source} --all --query 'length(data.items)'")
        self.assertEqual(listed, held)
        self.source("get-software-source-manifest --software-source-id {source} --file manifest.txt")
        manifest = (self.simulator.folder / "manifest.txt").read_text().split()
        self.assertEqual(len(manifest), held)
        # The same as one document, as `--generate-full-command-json-input` lays it out.
        self.file("remove.json", {"softwareSourceId": made["data"]["id"], "packages": manifest[:2]})
        work = self.done("software-source remove-packages --from-json file://remove.json")
        self.assertEqual(work["data"]["resources"][0]["identifier"], made["data"]["id"])
        self.assertEqual(self.source("get --software-source-id {source} --query 'data.\"package-count\"'"), held - 2)
        # As "$(cat manifest.txt)" in a shell: the command line takes the text itself.
        self.places["manifest"] = "\n".join(manifest)
        work = self.done(
            "software-source update-software-source-manifest --software-source-id {source}"
            " --update-software-source-manifest-details {manifest}"
        )
        self.assertEqual(work["data"]["status"], "SUCCEEDED")
        self.assertEqual(self.source("get --software-source-id {source} --query 'data.\"package-count\"'"), held)
        self.source("generate-metadata --software-source-id {source}")
        changed = self.source("update-custom-swsrc --software-source-id {source} --description changed --force")
        self.assertEqual(changed["data"]["description"], "changed")
        self.places["package"] = next(
            f"{name}-{version.partition(':')[2] or version}.{arch.lower()}.rpm"
            for name, version, arch in rows
            if name == "libstdc++"
        )
        one = self.source("get-software-package --software-source-id {source} --software-package-name {package}")
        self.assertEqual(one["data"]["name"], self.places["package"])

        self.places["base"] = json.loads((self.simulator.folder / "vendor.json").read_text())[0]["id"]
        made = self.group(
            "create -c {c} --display-name 'web servers' --os-family ORACLE_LINUX_8 --arch-type X86_64"
            " --vendor-name ORACLE --location OCI_COMPUTE --software-source-ids '[\"{base}\"]'"
        )
        self.assertIn("opc-work-request-id", made)
        self.places["group"] = made["data"]["id"]
        joined = self.done(
            "managed-instance-group attach-managed-instances --group-id {group}"
            ' --managed-instances \'["{web_03}","{web_04}"]\''
            ' --work-request-details \'{{"displayName": "join"}}\''
        )
        self.assertEqual((joined["data"]["display-name"], len(joined["data"]["children-id"])), ("join", 2))
        work = self.done(
            "managed-instance-group attach-software-sources --group-id {group} --software-sources '[\"{source}\"]'"
        )
        self.assertEqual(work["data"]["operation-type"], "SET_SOFTWARE_SOURCES")
        # It names no work request; what is going on is found by the group.
        self.assertEqual(self.group("detach-software-sources --group-id {group} --software-sources '[\"{base}\"]'"), "")
        newest = "work-request list --resource-id {group} --operation-type SET_SOFTWARE_SOURCES --query 'data.items[0].status' --raw-output"
        self.simulator.advance()
        self.assertEqual(self.oci(newest), "SUCCEEDED")
        refusal = self.refused(
            "managed-instance-group detach-software-sources --group-id {group} --software-sources '[\"{source}\"]'"
        )
        self.assertEqual((refusal["status"], refusal["code"]), (400, "InvalidParameter"))
        self.assertIn("Removing all software sources from a group is disallowed.", refusal["message"])

        work = self.done("managed-instance-group update-all-packages --group-id {group} --update-types '[\"ALL\"]'")
        self.assertEqual((work["data"]["status"], work["data"]["operation-type"]), ("SUCCEEDED", "UPDATE_ALL_PACKAGES"))
        self.places["work"], self.places["part"] = work["data"]["id"], work["data"]["children-id"][0]
        parts = self.oci("work-request list --parent-id {work} --query 'data.items[].status'")
        self.assertEqual(parts, ["SUCCEEDED", "SUCCEEDED"])
        logs = self.oci("work-request list-logs --work-request-id {part} --all --query 'data.items[].message'")
        self.assertTrue(logs)
        errors = self.oci("work-request list-errors --work-request-id {work} --all --query 'length(data.items)'")
        self.assertEqual(errors or 0, 0)
        work = self.done("managed-instance-group refresh-software --group-id {group}")
        self.assertEqual(work["data"]["status"], "SUCCEEDED")
        left = self.instance("get --managed-instance-id {web_03} --query 'data.\"updates-available\"'")
        self.assertEqual(left, 0)
        refusal = self.refused(
            "managed-instance install-packages --managed-instance-id {web_03} --package-names '[\"zsh\"]' --no-retry"
        )
        self.assertEqual((refusal["status"], refusal["code"]), (409, "IncorrectState"))

        work = self.done(
            "managed-instance install-packages --managed-instance-id {web_05} --package-names '[\"aide\"]'"
        )
        self.assertEqual((work["data"]["status"], work["data"]["package-names"]), ("SUCCEEDED", ["aide"]))
        work = self.done(
            "managed-instance update-packages --managed-instance-id {web_05} --update-types '[\"SECURITY\"]'"
        )
        self.assertEqual(work["data"]["operation-type"], "UPDATE_SECURITY")
        work = self.done(
            "managed-instance install-packages --managed-instance-id {web_05} --package-names '[\"nobody-ships-this\"]'"
        )
        self.assertEqual(work["data"]["status"], "FAILED")
        self.places["failed"] = work["data"]["id"]
        work = self.done("work-request rerun --work-request-id {failed}")
        self.assertEqual((work["data"]["rerun-of-id"], work["data"]["status"]), (self.places["failed"], "FAILED"))

        job = self.oci(
            "scheduled-job create -c {c} --display-name weekly --schedule-type RECURRING"
            " --recurring-rule 'FREQ=WEEKLY;BYDAY=SU' --time-next-execution 2031-01-05T02:00:00Z"
            ' --group-ids \'["{group}"]\' --operations \'[{{"operationType": "UPDATE_SECURITY"}}]\''
        )
        self.places["job"] = job["data"]["id"]
        jobs = self.oci("scheduled-job list -c {c} --group-id {group} --query 'data.items[].\"display-name\"'")
        self.assertEqual(jobs, ["weekly"])
        self.oci("scheduled-job run-now --scheduled-job-id {job}")
        ran = self.oci("scheduled-job get --scheduled-job-id {job} --query 'length(data.\"work-request-ids\")'")
        self.assertEqual(ran, 1)
        self.oci("scheduled-job delete --scheduled-job-id {job} --force")

        profile = self.oci(
            "profile create-group-profile -c {c} --display-name web --group-id {group} --registration-type OCI_LINUX"
        )
        self.places["profile"] = profile["data"]["id"]
        profiles = self.oci("profile list -c {c} --profile-type GROUP --query 'data.items[].\"display-name\"'")
        self.assertEqual(profiles, ["web"])
        self.oci("profile delete --profile-id {profile} --force")

        self.simulator.advance()
        self.group('detach-managed-instances --group-id {group} --managed-instances \'["{web_03}","{web_04}"]\'')
        members = self.group("list-managed-instances --group-id {group} --query 'length(data.items)'")
        self.assertEqual(members or 0, 0)
        self.group("delete --group-id {group} --force")
        refusal = self.refused("software-source delete --software-source-id {source} --force --no-retry")
        self.assertEqual((refusal["status"], refusal["code"]), (409, "Conflict"))
        for name in ("web_03", "web_04"):
            self.done(
                f"managed-instance attach-software-sources --managed-instance-id {{{name}}} --software-sources '[\"{{base}}\"]'"
            )
            self.done(
                f"managed-instance detach-software-sources --managed-instance-id {{{name}}} --software-sources '[\"{{source}}\"]'"
            )
        self.source("delete --software-source-id {source} --force")

    def test_3_what_is_refused_is_told(self):
        self.hold_refusals("event list -c {c} --no-retry", "ListEvents")
        refusal = self.refused("managed-instance list")
        self.assertEqual((refusal["status"], refusal["code"]), (400, "MissingParameter"))
