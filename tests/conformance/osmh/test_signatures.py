"""Our signer and that of Oracle's SDK of today, on the same requests: fewer than with the SDK of OSMS."""

import unittest

import sdk
import signing

HOSTS = [
    "http://127.0.0.1:8080",
    "https://osmh.eu-frankfurt-1.oci.oraclecloud.com",
    "https://osmh.us-langley-1.oci.oraclegovcloud.com",
]


class Signatures(unittest.TestCase):
    def test_ours_and_the_sdks_are_the_same(self):
        signing.hold(self, sdk.simulator.config(), "20220901", HOSTS, 60)
