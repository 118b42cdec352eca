"""The bar for speed: the published workflow, one call after the other, against `apply` and `report`, on one machine.

    tests/conformance/run osms speed

Each rides a simulator of its own, which holds back each answer for 50 ms and lets work take 1 s, with 200 instances
that check in. Prints what each took, in seconds and in calls, and the ratios; fails below the bar: five times faster
with 10 calls in flight, ten times with 32, and no more changing calls.
"""

import collections
import json
import subprocess
import sys
import time

import oci
from oci.os_management import OsManagementClient

import article
import service

# Two of them do not check in, or not yet.
INSTANCES = 202
SERVED = ("--instances", str(INSTANCES), "--latency", "50", "--work", "1000")
BARS = {10: 5, 32: 10}

TRAIN = """
[train]
name         = "speed"
os           = "oracle-linux-8"
architecture = "x86_64"
compartment  = "{compartment}"
golden       = "{golden}"

[service]
api       = "osms"
endpoints = {{ osms = "{endpoint}" }}

[[release]]
name     = "GL1"
manifest = "GL1.packages"

[[group]]
name    = "all"
release = "GL1"
members = {members}
"""


def scripted():
    simulator = service.Simulator(*SERVED)
    words = ["--config-file", str(simulator.config_file), "--endpoint", simulator.endpoint]
    words += ["--compartment", simulator.compartment, "--golden", simulator.golden]
    arguments = article.parse([*words, "--source", "GL1", "--group", "all", "--out", str(simulator.folder / "report")])
    client = OsManagementClient(simulator.config(), service_endpoint=simulator.endpoint, timeout=(10, 600))
    members = [row.id for row in service.everything(client.list_managed_instances, simulator.compartment, limit=1000)
               if row.status == "NORMAL" and row.id != simulator.golden]
    ridden = article.ride(client, arguments)
    simulator.stop()
    assert ridden["members"] == ridden["succeeded"] == ridden["compliant"] == len(members), ridden
    return ridden, members


def ours(members, parallelism):
    simulator = service.Simulator(*SERVED)
    workspace = simulator.folder / "workspace"
    trains = workspace / "trains"
    trains.mkdir(parents=True)
    facts = {"compartment": simulator.compartment, "golden": simulator.golden, "endpoint": simulator.endpoint}
    (trains / "speed.toml").write_text(TRAIN.format(members=json.dumps(members), **facts))
    manifest = service.ROOT / "trains" / "great-linux" / "GL1.packages"
    (trains / "GL1.packages").write_bytes(manifest.read_bytes())
    trace = simulator.folder / "trace"
    seconds = {}
    for command in (["apply", "--auto-approve", "--summary"], ["report", "--out", "report.html"]):
        words = [*command, "--parallelism", str(parallelism), "--trace-http", str(trace)]
        began = time.monotonic()
        environment = service.os.environ | {"OCI_CONFIG_FILE": str(simulator.config_file), "HOME": str(workspace)}
        ran = subprocess.run(
            [service.BINARY, *words], cwd=workspace, env=environment, capture_output=True, text=True, timeout=600
        )
        seconds[command[0]] = round(time.monotonic() - began, 2)
        assert ran.returncode == 0, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    calls = [json.loads(line) for line in trace.read_text().splitlines()]
    html = (workspace / "report.html").read_text()
    assert "GL1" in html
    simulator.stop()
    return seconds, calls


def main():
    script, members = scripted()
    reading = script["calls"] - script["changing"]
    print(f"{len(members)} instances, {oci.__version__} of the SDK")
    print(f"script:          {script['seconds']:6.2f} s  {script['calls']} calls: {script['changing']} changing, {reading} reading")
    kept = True
    for parallelism, bar in BARS.items():
        seconds, calls = ours(members, parallelism)
        changing = sum(call["method"] != "GET" for call in calls)
        reading = len(calls) - changing
        total = sum(seconds.values())
        ratio = script["seconds"] / total
        parts = ", ".join(f"{command} {took:.2f}" for command, took in seconds.items())
        print(f"--parallelism {parallelism:2} {total:6.2f} s  {len(calls)} calls: {changing} changing, {reading} reading "
              f"({reading / len(members):.1f} an instance); {parts}")
        print(f"                 {ratio:.1f} times faster than the script; the bar is {bar}")
        counts = collections.Counter(call["operation"] for call in calls)
        for operation, count in counts.most_common():
            print(f"                 {count:6}  {count / len(members):5.2f} an instance  {operation}")
        kept &= ratio >= bar and changing <= script["changing"]
    if not kept:
        print("BELOW THE BAR")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
