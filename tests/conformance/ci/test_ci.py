"""What lies below ci/ for CI systems, judged by the schemas that SchemaStore has of them, and by gitlab-ci-local,
which reads pipelines as GitLab does."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

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

    def test_gitlabs_jobs_are_those_of_the_events(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)

            def git(*words):
                command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", folder, *words]
                subprocess.run(command, check=True, stdout=subprocess.PIPE)

            shutil.copytree(ROOT / "ci", root / "ci")
            (root / ".gitlab-ci.yml").write_text("include:\n  - local: ci/gitlab/patchtrain.yml\n")
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
            for event, jobs in [
                ("schedule", {"patchtrain:audit": "on_success"}),
                ("merge_request_event", {"patchtrain:plan": "on_success"}),
                ("push", {"patchtrain:plan": "on_success", "patchtrain:apply": "manual"}),
            ]:
                command = ["node", NODE / ".bin/gitlab-ci-local", "--list-csv", "--variable", f"CI_PIPELINE_SOURCE={event}"]
                listed = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual(listed.returncode, 0, listed.stdout)
                rows = [line.split(";") for line in listed.stdout.splitlines() if line.startswith("patchtrain:")]
                self.assertEqual({row[0]: row[3] for row in rows}, jobs, listed.stdout)


if __name__ == "__main__":
    unittest.main()
