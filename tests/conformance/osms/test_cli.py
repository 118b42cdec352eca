"""`oci os-management`, Oracle's command line, as an administrator types it: one afternoon with one simulator."""

import json

import cli

# How the command line tells of a work request on its way, and of a timeout.
WAIT = "--wait-for-state SUCCEEDED --wait-for-state FAILED --wait-interval-seconds 1 --max-wait-seconds 60"


class Commands(cli.Case):
    service = "os-management"

    def test_1_reading(self):
        # These do not depend on each other; they are started together, since each takes a second to start.
        commands = {
            "names": "managed-instance list -c {c} --all --query 'data[].\"display-name\"'",
            "few": "managed-instance list -c {c} --limit 3 --sort-by DISPLAYNAME --sort-order DESC",
            "broken": "managed-instance list -c {c} --all --query \"data[?status=='UNREACHABLE'].\\\"display-name\\\" | [0]\" --raw-output",
            "golden": "managed-instance get --managed-instance-id {golden}",
            "table": "managed-instance list -c {c} --output table",
            "kernel": "managed-instance list-installed-packages --managed-instance-id {golden} --display-name kernel --all",
            "strays": "managed-instance list-installed-packages --managed-instance-id {golden} --all --page-size 100"
            " --query 'data[?!\"software-sources\"].\"display-name\"'",
            "security": "managed-instance list-available-updates --managed-instance-id {web_02} --all"
            " --query \"length(data[?\\\"update-type\\\"=='SECURITY'])\"",
            "counted": "managed-instance get --managed-instance-id {web_02} --query 'data.\"security-updates-available\"'",
            "errata": "erratum-summary list-errata -c {c} --all --query \"length(data[?\\\"advisory-type\\\"=='SECURITY'])\"",
            "parents": "managed-instance list-available-software-sources --managed-instance-id {golden}",
            "vendor": "software-source list -c {t} --query 'data[].\"display-name\"'",
            "base": "software-source list -c {t} --display-name 'Oracle Linux 8 BaseOS Latest (x86_64)' --query 'data[0].id' --raw-output",
            "found": "software-source search-packages --display-name libstdc++ --query 'data[0]'",
        }
        running = {name: self.launch(command) for name, command in commands.items()}
        got = {}
        for name, process in running.items():
            out, _ = self.finish(process)
            got[name] = json.loads(out) if out[:1] in "{[" or out.strip().isdigit() else out.strip()

        self.assertEqual(len(got["names"]), len(self.simulator.members))
        self.assertEqual([row["display-name"] for row in got["few"]["data"]], sorted(got["names"])[::-1][:3])
        self.assertIn("opc-next-page", got["few"])
        self.assertEqual(got["broken"], "db-04")
        self.assertEqual(got["golden"]["data"]["os-name"], "Oracle Linux Server")
        self.assertTrue(got["golden"]["etag"])
        self.assertIn("| display-name", got["table"])
        self.assertGreater(len(got["kernel"]["data"]), 1)
        self.assertIn("gpg-pubkey", got["strays"])
        self.assertEqual(got["security"], got["counted"])
        self.assertGreater(got["errata"], 50)
        self.assertIn("data", got["parents"])
        self.assertEqual(len(got["vendor"]), 5)
        self.assertTrue(got["base"].startswith("ocid1.osmssoftwaresource."))
        self.assertEqual(got["found"]["display-name"], "libstdc++")
        self.assertTrue(got["found"]["name"].startswith("libstdc++-"))

    def test_2_a_release_is_made_and_ridden(self):
        made = self.oci(
            "software-source create -c {c} --display-name GL1 --arch-type X86_64 --checksum-type SHA256"
            " --description 'the first' --freeform-tags '{{\"train\": \"great-linux\"}}'"
            " --wait-for-state ACTIVE --wait-interval-seconds 1"
        )
        source = made["data"]["id"]
        self.places["source"] = source
        self.assertEqual(made["data"]["freeform-tags"], {"train": "great-linux"})
        names = self.oci(
            "managed-instance list-installed-packages --managed-instance-id {golden} --all"
            " --query 'data[?\"software-sources\"].name'"
        )
        self.file("names.json", names)
        self.oci("software-source add-packages --software-source-id {source} --package-names file://names.json")
        # The same as one document, as `--generate-full-command-json-input` lays it out.
        self.file("remove.json", {"softwareSourceId": source, "packageNames": names[:2]})
        self.oci("software-source remove-packages --from-json file://remove.json")
        held = self.oci("software-source get --software-source-id {source} --query data.packages")
        self.assertEqual(held, len(names) - 2)
        listed = self.oci("software-source list-packages --software-source-id {source} --all --query 'length(data)'")
        self.assertEqual(listed, held)
        self.places["package"] = next(name for name in names if "libstdc++" in name)
        one = self.oci("software-source get-package --software-source-id {source} --package-name {package}")
        self.assertEqual(one["data"]["name"], self.places["package"])
        changed = self.oci("software-source update --software-source-id {source} --description changed --force")
        self.assertEqual(changed["data"]["description"], "changed")

        self.file("group.json", {"compartmentId": self.simulator.compartment, "displayName": "web servers"})
        group = self.oci(
            "managed-instance-group create --from-json file://group.json --wait-for-state ACTIVE --wait-interval-seconds 1"
        )
        self.places["group"] = group["data"]["id"]
        self.oci("managed-instance-group attach --managed-instance-group-id {group} --managed-instance-id {web_03}")
        found = self.oci(
            "managed-instance-group list -c {c} --display-name 'web servers' --lifecycle-state ACTIVE"
            " --query 'data[].[id, \"managed-instance-count\"] | [0]'"
        )
        self.assertEqual(found, [group["data"]["id"], 1])
        members = self.oci("managed-instance-group get --managed-instance-group-id {group} --query 'data.\"managed-instances\"[].id'")
        self.assertEqual(members, [self.places["web_03"]])

        self.places["old"] = self.oci(
            "managed-instance get --managed-instance-id {web_03} --query 'data.\"parent-software-source\".id' --raw-output"
        )
        self.oci("managed-instance detach-parent --managed-instance-id {web_03} --software-source-id {old}")
        self.oci("managed-instance attach-parent --managed-instance-id {web_03} --software-source-id {source}")
        work = self.oci(f"managed-instance install-all-updates --managed-instance-id {{web_03}} --update-type SECURITY {WAIT}")
        self.assertEqual((work["data"]["status"], work["data"]["operation-type"]), ("SUCCEEDED", "UPDATEALL"))
        self.places["work"] = work["data"]["id"]
        logs = self.oci("work-request list-logs --work-request-id {work} --all --query 'data[].message'")
        self.assertTrue(any(line.startswith("Installed: ") for line in logs), logs)
        # Of a list without rows, the command line prints nothing at all.
        self.assertEqual(self.oci("work-request list-errors --work-request-id {work} --all"), "")
        left = self.oci(
            "managed-instance get --managed-instance-id {web_03} --query 'data.\"security-updates-available\"'"
        )
        self.assertEqual(left, 0)

        update = self.oci(
            "managed-instance list-available-updates --managed-instance-id {web_03} --query 'data[0].name' --raw-output"
        )
        self.places["update"] = update
        work = self.oci(f"managed-instance install-update --managed-instance-id {{web_03}} --package-name {{update}} {WAIT}")
        self.assertEqual(work["data"]["operation-type"], "UPDATE")
        work = self.oci(f"managed-instance remove-package --managed-instance-id {{web_03}} --package-name {{update}} {WAIT}")
        self.assertEqual(work["data"]["operation-type"], "REMOVE")
        work = self.oci(f"managed-instance install-package --managed-instance-id {{web_03}} --package-name {{update}} {WAIT}")
        self.assertEqual(work["data"]["operation-type"], "INSTALL")
        works = self.oci(
            "work-request list -c {c} --managed-instance-id {web_03} --query 'data[].\"operation-type\"'"
        )
        self.assertEqual(works, ["INSTALL", "REMOVE", "UPDATE", "UPDATEALL"])

        self.oci("managed-instance-group install-all-updates --managed-instance-group-id {group} --update-type ALL")
        status = "work-request list -c {c} --managed-instance-id {web_03} --query 'data[0].status' --raw-output"
        self.simulator.advance()
        self.assertEqual(self.oci(status), "SUCCEEDED")

        job = self.oci(
            "scheduled-job create -c {c} --display-name weekly --schedule-type RECURRING --operation-type UPDATEALL"
            " --update-type SECURITY --interval-type WEEK --interval-value 1"
            " --time-next-execution 2031-01-05T02:00:00Z"
            " --managed-instance-groups '[{{\"id\":\"{group}\"}}]'"
        )
        self.places["job"] = job["data"]["id"]
        jobs = self.oci("scheduled-job list -c {c} --managed-instance-group-id {group} --query 'data[].\"display-name\"'")
        self.assertEqual(jobs, ["weekly"])
        self.oci("scheduled-job delete --scheduled-job-id {job} --force")

        self.oci("managed-instance-group detach --managed-instance-group-id {group} --managed-instance-id {web_03}")
        self.oci(
            "managed-instance-group delete --managed-instance-group-id {group} --force"
            " --wait-for-state DELETED --wait-interval-seconds 1"
        )
        refusal = self.refused("software-source delete --software-source-id {source} --force")
        self.assertEqual((refusal["status"], refusal["code"]), (409, "Conflict"))
        self.oci("managed-instance detach-parent --managed-instance-id {web_03} --software-source-id {source}")
        self.oci("software-source delete --software-source-id {source} --force --wait-for-state DELETED --wait-interval-seconds 1")

    def test_3_streams_and_compartments(self):
        stream = "--managed-instance-id {db_05} --module-name postgresql --stream-name 15"
        work = self.oci(f"managed-instance remove-module-profile {stream} {WAIT}")
        self.assertEqual(
            (work["data"]["status"], work["data"]["operation-type"]), ("SUCCEEDED", "REMOVEMODULESTREAMPROFILE")
        )
        work = self.oci(f"managed-instance install-module-profile {stream} --profile-name client {WAIT}")
        self.assertEqual(work["data"]["status"], "SUCCEEDED")
        profiles = self.oci(
            "managed-instance list-module-profiles --managed-instance-id {db_05} --module-name postgresql"
            " --profile-status INSTALLED --query 'data[].\"profile-name\"'"
        )
        self.assertEqual(profiles, ["client"])
        available = self.oci(
            "managed-instance list-available-packages --managed-instance-id {db_05} --all --display-name postgresql"
            " --query 'data[].\"display-name\"'"
        )
        self.assertEqual(set(available), {"postgresql-contrib", "postgresql-server"})
        for verb, status in (("enable", "SUCCEEDED"), ("switch", "SUCCEEDED"), ("disable", "FAILED")):
            # Of work that fails, the command line says so and ends with 2.
            command = f"managed-instance {verb}-module-stream {stream}"
            if status == "SUCCEEDED":
                work = self.oci(f"{command} {WAIT}")
                self.assertEqual(work["data"]["status"], status)
                continue
            self.oci(command)
            self.simulator.advance()
            last = "work-request list -c {c} --managed-instance-id {db_05} --query 'data[0].status' --raw-output"
            self.assertEqual(self.oci(last), status)
        self.places["appstream"] = self.oci(
            "managed-instance list-module-streams --managed-instance-id {db_05} --module-name postgresql"
            " --stream-name 15 --query 'data[0].\"software-source-id\"' --raw-output"
        )
        source = "--software-source-id {appstream} --module-name postgresql --stream-name 15"
        listed = self.oci(f"module-profile list {source} --query 'data[].\"profile-name\"'")
        self.assertEqual(sorted(listed), ["client", "common"])
        one = self.oci(f"module-profile get {source} --profile-name client --query data.packages")
        self.assertTrue(one[0].startswith("postgresql-15"), one)

        group = self.oci("managed-instance-group create -c {c} --display-name moved --query data.id --raw-output")
        self.places["moved"] = group
        self.oci("managed-instance-group change-compartment --managed-instance-group-id {moved} -c {t}")
        there = self.oci("managed-instance-group list -c {t} --display-name moved --query 'data[].id'")
        self.assertEqual(there, [group])

    def test_4_what_is_refused_is_told(self):
        self.hold_refusals("windows-update list -c {c}", "ListWindowsUpdates")
