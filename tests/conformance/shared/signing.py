"""Our signer and that of Oracle's SDK, on the same requests: the same text, to the byte, and a signature that holds."""

import base64
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import urllib.parse

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from oci import Signer
from oci._vendor import requests

import service

WORDS = [
    "gcc-c++-1:8.5.0-4.0.1.el8_5.x86_64",
    "1:1.40.0-5.0.3.el8_7",
    "a b",
    "AAA+/=B",
    "~tilde.and_more-",
    "&=?#%",
    "100%",
    "%2B",
    "\"quoted\" 'single'",
    "ünïcödé \N{SNOWMAN} \N{GRINNING FACE}",
    "日本語",
    "(none)",
    "ocid1.instance.oc1.eu-frankfurt-1.aaaa",
    "!*'();:@,/[]",
    "\t",
]


def draw(source, version, hosts):
    """A request that somebody could want to make of a version of an API."""
    word = lambda: source.choice(WORDS) if source.random() < 0.7 else chr(source.randint(0x20, 0x24F)) * 3
    method = source.choice(["GET", "POST", "PUT", "DELETE"])
    body = ""
    if method in ("POST", "PUT") and source.random() < 0.6:
        body = json.dumps({word(): [word() for _ in range(source.randint(0, 5))]}, ensure_ascii=source.random() < 0.5)
    at = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=source.randint(0, 10**9))
    return {
        "method": method,
        "origin": source.choice(hosts),
        "path": [version, *(word().strip() or "x" for _ in range(source.randint(1, 5)))],
        "query": [[f"name{index}", word()] for index in range(source.randint(0, 4))],
        "body": body,
        "at": f"{at.isoformat()}Z",
    }


def escaped(text):
    return urllib.parse.quote(text, safe="")


def sign_ours(key_file, key_id, asked):
    """Has our signer sign requests, in the tests' own binary."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = pathlib.Path(folder, "given"), pathlib.Path(folder, "made")
        given.write_text(json.dumps({"key_file": key_file, "key_id": key_id, "requests": asked}))
        command = ["cargo", "test", "--quiet", "--locked", "--test", "all", "--"]
        command += ["--ignored", "--exact", "conformance::signatures::signs_what_it_is_given"]
        environment = os.environ | {"PATCHTRAIN_SIGN": str(given), "PATCHTRAIN_SIGNED": str(made)}
        ran = subprocess.run(command, cwd=service.ROOT, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0 and made.exists(), ran.stdout + ran.stderr
        return json.loads(made.read_text())


class Recording(Signer):
    """The SDK's signer; it keeps the texts that it signs."""

    def __init__(self, config):
        super().__init__(config["tenancy"], config["user"], config["fingerprint"], config["key_file"])
        self.texts = []
        for signer in (self._basic_signer, self._body_signer):
            signer._sign = lambda text, sign=signer._sign: (self.texts.append(text), sign(text))[1]


def fields(authorization):
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "Signature", authorization
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


def hold(test, config, version, hosts, count):
    """Has both sign so many requests, the same ones each time, and holds one signer's against the other's."""
    source = random.Random(int(version))
    asked = [draw(source, version, hosts) for _ in range(count)]
    signer = Recording(config)
    ours = sign_ours(config["key_file"], signer.api_key, asked)
    test.assertEqual(len(ours), count)
    public = signer.private_key.public_key()
    for request, mine in zip(asked, ours):
        with test.subTest(**request):
            path = "/".join(escaped(part) for part in request["path"])
            query = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in request["query"])
            url = f"{request['origin']}/{path}" + (f"?{query}" if query else "")
            test.assertEqual(mine["url"], url)

            headers = dict(mine["headers"])
            body = request["body"].encode() or None
            theirs = requests.Request(
                request["method"], mine["url"], {"date": headers["date"]}, data=body, auth=signer
            ).prepare()
            test.assertEqual(theirs.url, mine["url"], "sent as it was escaped")
            test.assertEqual(mine["text"].encode(), signer.texts[-1])
            for name in ("host", "content-length", "x-content-sha256"):
                if name in headers:
                    test.assertEqual(headers[name], theirs.headers[name])

            mine, theirs = fields(headers["authorization"]), fields(theirs.headers["authorization"])
            test.assertEqual(mine, theirs)
            signature = base64.b64decode(mine["signature"], validate=True)
            public.verify(signature, signer.texts[-1], padding.PKCS1v15(), SHA256())
    test.assertEqual(len(signer.texts), count)
