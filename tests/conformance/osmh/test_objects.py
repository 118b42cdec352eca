"""Object Storage as Oracle's SDK of today speaks to it: buckets, objects and versions, and what writes depend on."""

import base64
import fnmatch
import hashlib
import io
import json
import pathlib
import unittest

import oci
from oci.object_storage import ObjectStorageClient, models
from oci.retry import NoneRetryStrategy

import refusals
import service
from service import everything

NAMESPACE = "simulated"
DOCUMENT = pathlib.Path(__file__).parents[3] / "docs/state.md"

# Those that the simulator has; all others are answered with 501 by name.
OFFERED = {
    "get_namespace",
    "list_buckets",
    "create_bucket",
    "get_bucket",
    "head_bucket",
    "update_bucket",
    "delete_bucket",
    "list_objects",
    "list_object_versions",
    "put_object",
    "get_object",
    "head_object",
    "delete_object",
}


def setUpModule():
    global simulator, client
    simulator = service.Simulator()
    unittest.addModuleCleanup(simulator.stop)
    client = connect(simulator)


def connect(simulator, **arguments):
    return simulator.connect(ObjectStorageClient, retry_strategy=NoneRetryStrategy(), **arguments)


def bucket(name, **more):
    details = {"name": name, "compartment_id": simulator.compartment}
    return client.create_bucket(NAMESPACE, models.CreateBucketDetails(**details | more))


class Case(refusals.Case):
    """A bucket of its own for each test."""

    versioning = "Disabled"

    def setUp(self):
        self.bucket = self.id().rsplit(".", 1)[1]
        bucket(self.bucket, versioning=self.versioning)

    def put(self, name, content, **more):
        return client.put_object(NAMESPACE, self.bucket, name, content, **more)

    def get(self, name, **more):
        return client.get_object(NAMESPACE, self.bucket, name, **more)

    def read(self, name, **more):
        return self.get(name, **more).data.content

    def delete(self, name, **more):
        return client.delete_object(NAMESPACE, self.bucket, name, **more)

    def names(self, **more):
        return [row.name for row in client.list_objects(NAMESPACE, self.bucket, **more).data.objects]


class Buckets(Case):
    def test_the_namespace_is_a_bare_text(self):
        self.assertEqual(client.get_namespace().data, NAMESPACE)
        self.assertEqual(client.get_namespace(compartment_id=simulator.tenancy).data, NAMESPACE)

    def test_buckets_from_beginning_to_end(self):
        made = bucket("first", metadata={"a": "b"}, freeform_tags={"c": "d"})
        self.assertEqual(made.headers["etag"], made.data.etag)
        got = client.get_bucket(NAMESPACE, "first", fields=["approximateCount", "approximateSize"]).data
        self.assertEqual((got.metadata, got.freeform_tags, got.versioning), ({"a": "b"}, {"c": "d"}, "Disabled"))
        self.assertEqual((got.approximate_count, got.approximate_size), (0, 0))
        self.assertRefused(409, "BucketAlreadyExists", bucket, "first")
        enabled = client.update_bucket(
            NAMESPACE, "first", models.UpdateBucketDetails(versioning="Enabled"), if_match=made.data.etag
        )
        self.assertEqual(enabled.data.versioning, "Enabled")
        self.assertEqual(client.head_bucket(NAMESPACE, "first").headers["etag"], enabled.data.etag)
        self.assertRefused(412, "IfMatchFailed", client.delete_bucket, NAMESPACE, "first", if_match=made.data.etag)
        names = {row.name for row in everything(client.list_buckets, NAMESPACE, simulator.compartment, limit=1)}
        self.assertLessEqual({"first", self.bucket}, names)
        client.delete_bucket(NAMESPACE, "first", if_match=enabled.data.etag)
        self.assertRefused(404, "BucketNotFound", client.get_bucket, NAMESPACE, "first")
        self.assertRefused(404, "NamespaceNotFound", client.get_bucket, "foreign", "first")

    def test_a_bucket_with_something_in_it_stays(self):
        self.put("x", b"x")
        self.assertRefused(409, "BucketNotEmpty", client.delete_bucket, NAMESPACE, self.bucket)


class Objects(Case):
    def test_bytes_come_back_by_any_name(self):
        content = bytes(range(256)) * 20
        for name in ["plain", "a/b/c", "a//b", "état/日本 x+y&z=1?#%2F", "..x/.y", "~"]:
            with self.subTest(name):
                put = self.put(name, content, opc_meta={"who": "me"}, content_type="text/x", opc_client_request_id="own")
                self.assertEqual(put.headers["opc-content-md5"], base64.b64encode(hashlib.md5(content).digest()).decode())
                self.assertEqual(put.headers["opc-client-request-id"], "own")
                got = self.get(name)
                self.assertEqual(got.data.content, content)
                self.assertEqual(got.headers["etag"], put.headers["etag"])
                self.assertEqual((got.headers["content-type"], got.headers["opc-meta-who"]), ("text/x", "me"))
                head = client.head_object(NAMESPACE, self.bucket, name)
                self.assertEqual(head.headers["content-length"], str(len(content)))
                self.assertEqual(head.headers["last-modified"], put.headers["last-modified"])
                self.assertEqual(self.names(prefix=name), [name])
        self.assertEqual(self.read("plain", range="bytes=2-4"), b"\x02\x03\x04")

    def test_a_stream_a_text_nothing_and_much(self):
        self.put("stream", io.BytesIO(b"abc"))
        # No other letters: the SDK says of a text how many there are, and not how many bytes.
        self.put("text", "text")
        self.put("nothing", b"")
        much = bytes(48 << 20)
        self.put("much", io.BytesIO(much))
        self.assertEqual(self.read("stream"), b"abc")
        self.assertEqual(self.read("text"), b"text")
        self.assertEqual(self.read("nothing"), b"")
        self.assertEqual(len(self.read("much")), len(much))

    def test_md5_is_held_against_the_bytes(self):
        md5 = base64.b64encode(hashlib.md5(b"abc").digest()).decode()
        self.put("x", b"abc", content_md5=md5)
        self.assertRefused(400, "UnmatchedContentMD5", self.put, "x", b"abd", content_md5=md5)
        self.assertRefused(400, "InvalidContentMD5", self.put, "x", b"abd", content_md5="foo")
        self.assertEqual(self.read("x"), b"abc")

    def test_what_is_not_there(self):
        self.assertRefused(404, "ObjectNotFound", self.get, "x")
        self.assertRefused(404, "ObjectNotFound", self.delete, "x")
        self.assertRefused(404, "BucketNotFound", client.put_object, NAMESPACE, "nowhere", "x", b"x")
        self.assertRefused(404, "BucketNotFound", client.list_objects, NAMESPACE, "nowhere")
        with self.assertRaises(oci.exceptions.ServiceError) as raised:
            client.head_object(NAMESPACE, self.bucket, "x")
        self.assertEqual(raised.exception.status, 404)


class Conditions(Case):
    def test_one_of_many_makes_it(self):
        made = self.put("lock", b"one", if_none_match="*").headers["etag"]
        self.assertRefused(412, "IfNoneMatchFailed", self.put, "lock", b"two", if_none_match="*")
        self.assertEqual(self.read("lock"), b"one")
        self.assertRefused(412, "IfMatchFailed", self.delete, "lock", if_match="foo")
        self.delete("lock", if_match=made)
        self.assertNotEqual(self.put("lock", b"one", if_none_match="*").headers["etag"], made)

    def test_nobody_writes_over_what_he_has_not_read(self):
        self.assertRefused(412, "IfMatchFailed", self.put, "state", b"x", if_match="foo")
        one = self.put("state", b"one").headers["etag"]
        two = self.put("state", b"two", if_match=one).headers["etag"]
        self.assertRefused(412, "IfMatchFailed", self.put, "state", b"three", if_match=one)
        self.assertRefused(412, "IfMatchFailed", self.get, "state", if_match=one)
        self.assertEqual(self.read("state", if_match=two), b"two")
        self.assertEqual(self.read("state", if_none_match=one), b"two")
        with self.assertRaises(oci.exceptions.ServiceError) as raised:
            self.get("state", if_none_match=two)
        self.assertEqual(raised.exception.status, 304)


class Lists(Case):
    def test_pages_prefixes_and_fields(self):
        names = sorted(["a/1", "a/2", "b", "c/d/1", *(f"journal/{number:04}" for number in range(25))])
        for name in names:
            self.put(name, name.encode())
        self.assertEqual(self.names(), names)
        for limit in (1, 7, 29, 1000):
            with self.subTest(limit):
                found, start = [], None
                while True:
                    more = {"start": start} if start else {}
                    page = client.list_objects(NAMESPACE, self.bucket, limit=limit, **more).data
                    found += [row.name for row in page.objects]
                    start = page.next_start_with
                    if not start:
                        break
                    self.assertEqual(len(page.objects), limit)
                self.assertEqual(found, names)
        folded = client.list_objects(NAMESPACE, self.bucket, delimiter="/").data
        self.assertEqual(([row.name for row in folded.objects], folded.prefixes), (["b"], ["a/", "c/", "journal/"]))
        self.assertEqual(self.names(start="a/2", end="c/"), ["a/2", "b"])
        self.assertEqual(self.names(start_after="journal/0023"), ["journal/0024"])
        fields = "name,size,etag,md5,timeCreated,timeModified,storageTier"
        row = client.list_objects(NAMESPACE, self.bucket, prefix="a/1", fields=fields).data.objects[0]
        head = client.head_object(NAMESPACE, self.bucket, "a/1").headers
        self.assertEqual((row.size, row.etag, row.md5), (3, head["etag"], head["content-md5"]))
        whole = oci.pagination.list_call_get_all_results(client.list_objects, NAMESPACE, self.bucket, limit=4)
        self.assertEqual(len(whole.data.objects), 29)


class Versions(Case):
    versioning = "Enabled"

    def test_what_was_before_is_there(self):
        one = self.put("x", b"one").headers["version-id"]
        two = self.put("x", b"two").headers["version-id"]
        gone = self.delete("x")
        self.assertEqual(gone.headers["is-delete-marker"], "true")
        self.assertRefused(404, "ObjectNotFound", self.get, "x")
        self.assertEqual(self.read("x", version_id=one), b"one")
        self.put("x", b"three", if_none_match="*")
        rows = oci.pagination.list_call_get_all_results(
            client.list_object_versions, NAMESPACE, self.bucket, limit=1, fields="name,etag,size"
        ).data
        rows = rows.items if hasattr(rows, "items") and not isinstance(rows, list) else rows
        self.assertEqual([row.version_id for row in rows][1:], [gone.headers["version-id"], two, one])
        self.assertEqual([row.is_delete_marker for row in rows], [False, True, False, False])
        for row in rows:
            self.delete("x", version_id=row.version_id)
        client.delete_bucket(NAMESPACE, self.bucket)


class SwitchedOn(Case):
    """A bucket that keeps versions from some time on, as states lie in it: what was removed stays within reach."""

    def test_what_is_removed_leaves_a_marker_and_a_version(self):
        def rows(**more):
            listed = oci.pagination.list_call_get_all_results_generator(
                client.list_object_versions, "response", NAMESPACE, self.bucket, fields="name,etag,timeModified", **more
            )
            return [row for page in listed for row in page.data.items]

        self.put("p/t.backup/l-1", b"one")
        self.delete("p/t.backup/l-1")
        self.assertEqual(rows(), [])
        switched = client.update_bucket(NAMESPACE, self.bucket, models.UpdateBucketDetails(versioning="Enabled"))
        self.assertEqual(switched.data.versioning, "Enabled")
        self.assertEqual(client.get_bucket(NAMESPACE, self.bucket).data.versioning, "Enabled")
        versions = {}
        for serial in range(2, 6):
            name = f"p/t.backup/l-{serial}"
            versions[name] = self.put(name, f"{serial}".encode(), if_none_match="*").headers["version-id"]
        self.put("p/t.lock", b"ann")
        for serial in (2, 3):
            gone = self.delete(f"p/t.backup/l-{serial}").headers
            self.assertEqual(gone["is-delete-marker"], "true")
            self.assertNotIn(gone["version-id"], versions.values())
        self.assertEqual(self.names(prefix="p/t.backup/"), ["p/t.backup/l-4", "p/t.backup/l-5"])
        for limit in (1, 2, 1000):
            with self.subTest(limit):
                listed = rows(prefix="p/t.backup/", limit=limit)
                self.assertEqual(
                    [(row.name[-1], row.is_delete_marker) for row in listed],
                    [("2", True), ("2", False), ("3", True), ("3", False), ("4", False), ("5", False)],
                )
                self.assertTrue(all(row.time_modified for row in listed))
        for row in listed:
            if row.is_delete_marker:
                self.assertRefused(404, "ObjectNotFound", self.get, row.name, version_id=row.version_id)
            else:
                self.assertEqual(row.version_id, versions[row.name])
                got = self.get(row.name, version_id=row.version_id)
                self.assertEqual((got.data.content, got.headers["etag"]), (row.name[-1].encode(), row.etag))
                self.assertEqual(got.headers["version-id"], row.version_id)
                head = client.head_object(NAMESPACE, self.bucket, row.name, version_id=row.version_id)
                self.assertEqual(head.headers["etag"], row.etag)
        # A marker that goes brings back what it hid.
        marker = listed[0]
        self.delete(marker.name, version_id=marker.version_id)
        self.assertEqual(self.read(marker.name), b"2")
        self.assertRefused(404, "ObjectNotFound", self.get, "p/t.lock", version_id="no-such")
        self.assertRefused(404, "BucketNotFound", client.list_object_versions, NAMESPACE, "nowhere")
        # Suspended: what there is stays, and what is removed from then on is gone.
        client.update_bucket(NAMESPACE, self.bucket, models.UpdateBucketDetails(versioning="Suspended"))
        self.assertEqual(self.read("p/t.backup/l-3", version_id=versions["p/t.backup/l-3"]), b"3")


class Rules(unittest.TestCase):
    """The lifecycle rules that the documentation advises, against the model that Oracle's clients have of them."""

    def test_documented_rules_are_such_rules(self):
        text = DOCUMENT.read_text().split("object-lifecycle-policy put", 1)[1]
        rules = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
        built = [self.built(models.ObjectLifecycleRule, rule) for rule in rules]
        for rule in built:
            self.assertEqual((rule.target, rule.action), ("previous-object-versions", "DELETE"))
            self.assertIn(rule.time_unit, ["DAYS", "YEARS"])
            self.assertTrue(rule.is_enabled and rule.name and rule.time_amount > 0)
        self.assertEqual(len({rule.name for rule in built}), len(built))
        # And what is sent of them is what is documented.
        details = models.PutObjectLifecyclePolicyDetails(items=built)
        self.assertEqual(client.base_client.sanitize_for_serialization(details), {"items": rules})
        # Each object of the table is under one of the rules.
        names = ["json", "journal/7/1", "history", "reports", "inventory", "backup/l-1", "lock", "unlocked", "probe-1-2"]
        for name in names:
            matching = [
                rule.name
                for rule in built
                for pattern in rule.object_name_filter.inclusion_patterns
                if fnmatch.fnmatchcase(f"production/t.{name}", pattern)
            ]
            self.assertEqual(len(matching), 1, name)

    def built(self, model, rule):
        """Makes a model of JSON; a key that it has not, or a value of another type, is an error."""
        names = {json_name: name for name, json_name in model().attribute_map.items()}
        self.assertLessEqual(set(rule), set(names), f"no keys of {model.__name__}")
        values = {}
        for key, value in rule.items():
            kind = model().swagger_types[names[key]]
            if isinstance(value, dict):
                value = self.built(getattr(models, kind), value)
            else:
                kinds = {"str": str, "int": int, "bool": bool, "list[str]": list}
                self.assertIs(type(value), kinds[kind], key)
            values[names[key]] = value
        return model(**values)


class Operations(refusals.Case):
    def test_those_that_are_in_and_no_others(self):
        def argument(name):
            if name == "put_object_body" or name == "upload_part_body":
                return b"x"
            if name.endswith("_details"):
                return getattr(models, "".join(word.capitalize() for word in name.split("_")))()
            return 1 if name == "upload_part_num" else refusals.NOWHERE

        calls = {name: getattr(client, name) for name in service.operations(ObjectStorageClient)}
        calls.pop("get_namespace")
        self.assertOffered(calls, argument, {name: "in" if name in OFFERED else "out" for name in calls})

    def test_signatures_are_checked(self):
        def call(config):
            other = ObjectStorageClient(config, service_endpoint=simulator.endpoint, retry_strategy=NoneRetryStrategy())
            other.put_object(NAMESPACE, "nowhere", "x", b"x")

        self.assertSigned(simulator.config(), call)


if __name__ == "__main__":
    unittest.main()
