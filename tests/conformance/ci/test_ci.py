"""What lies below ci/ for CI systems, judged by the schemas that SchemaStore has of them, and by gitlab-ci-local,
which reads pipelines as GitLab does."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[3]
NODE = pathlib.Path(os.environ["PATCHTRAIN_NODE"])


def judge(schema, path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", path]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Ci(unittest.TestCase):
    def test_each_file_is_what_its_system_reads(self):
        for schema, name in [
            ("github-actions", "github/action.yml"),
            ("github-workflows", "github/workflow.yml"),
            ("github-workflows", "github/train.yml"),
            ("gitlab-ci", "gitlab/patchtrain.yml"),
        ]:
            judged = judge(schema, ROOT / "ci" / name)
            self.assertEqual(judged.returncode, 0, f"{name}: {judged.stdout}")

    def test_the_judge_can_say_no(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "action.yml"
            text = (ROOT / "ci/github/action.yml").read_text()
            path.write_text(text.replace("using: composite", "using: guesswork"))
            self.assertNotEqual(judge("github-actions", path).returncode, 0)

    def test_what_workflows_hand_over_is_what_is_asked_for(self):
        action = read("ci/github/action.yml")
        train = read("ci/github/train.yml")
        calls = {
            "./ci/github": action["inputs"],
            "./.github/workflows/patchtrain-train.yml": train["on"]["workflow_call"]["inputs"],
        }
        called = set()
        for name in ["ci/github/workflow.yml", "ci/github/train.yml"]:
            for job in read(name)["jobs"].values():
                steps = job.get("steps", [])
                for one in [job, *steps]:
                    if one.get("uses", "").startswith("./"):
                        called.add(one["uses"])
                        self.assertLessEqual(set(one.get("with", {})), set(calls[one["uses"]]), name)
                    elif "steps" not in one:
                        self.assertNotIn("secrets.", str(one), f"{name}: another's action is given a secret")
                for used in re.findall(r"steps\.(?:plan|audit)\.outputs\.(\w+)", str(job)):
                    self.assertIn(used, action["outputs"], name)
            self.assertNotIn("env", read(name), f"{name}: every step would have it")
        self.assertEqual(called, set(calls))
        # Its own steps hand on what the scripts write.
        for output in action["outputs"].values():
            used = re.search(r"steps\.(\w+)\.outputs\.(\w+)", output["value"])
            script = next(step["run"] for step in action["runs"]["steps"] if step.get("id") == used[1])
            text = (ROOT / "ci" / re.search(r"/([a-z]+\.sh)", script)[1]).read_text()
            self.assertIn(f"{used[2]}=%s", text)

    def test_gitlabs_jobs_are_those_of_the_events(self):
        one = "include:\n  - local: ci/gitlab/patchtrain.yml\n"
        documented = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/gitlab.md").read_text(), re.DOTALL)
        self.assertIn(one, documented)
        several = next(text for text in documented if "web:plan" in text)
        pushed = {"plan": "on_success", "apply": "manual"}
        for text, trains in [(one, ["patchtrain"]), (several, ["patchtrain", "web"])]:
            self.assertEqual(listed(text, "schedule"), {"patchtrain:audit": "on_success"})
            self.assertEqual(
                listed(text, "merge_request_event"), {f"{train}:review": "on_success" for train in trains}
            )
            self.assertEqual(
                listed(text, "push"), {f"{train}:{job}": when for train in trains for job, when in pushed.items()}
            )


def read(name):
    return YAML(typ="safe").load(ROOT / name)


def listed(pipeline, event):
    """Returns the jobs of a pipeline that runs in a repository whose newest commit has changed a train, and when each is
    run."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)

        def git(*words):
            command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", folder, *words]
            subprocess.run(command, check=True, stdout=subprocess.PIPE)

        shutil.copytree(ROOT / "ci", root / "ci")
        (root / ".gitlab-ci.yml").write_text(pipeline)
        git("init", "--quiet", "--initial-branch", "main")
        git("remote", "add", "origin", "git@gitlab.com:acme/fleet.git")
        git("add", ".")
        git("commit", "--quiet", "--message", "the pipeline")
        # What rules compare with, without anything to fetch.
        git("update-ref", "refs/remotes/origin/main", "HEAD")
        git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        (root / "trains").mkdir()
        (root / "trains/web.toml").write_text("")
        git("add", ".")
        git("commit", "--quiet", "--message", "a train")
        command = ["node", NODE / ".bin/gitlab-ci-local", "--list-csv", "--variable", f"CI_PIPELINE_SOURCE={event}"]
        ran = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if ran.returncode != 0:
            raise AssertionError(ran.stdout)
        rows = [line.split(";") for line in ran.stdout.splitlines() if re.match(r"[a-z]+:[a-z]+;", line)]
        return {row[0]: row[3] for row in rows}


if __name__ == "__main__":
    unittest.main()
