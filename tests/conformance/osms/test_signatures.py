"""Our signer and that of Oracle's SDK, on the same requests."""

import unittest

import sdk
import signing

HOSTS = [
    "http://127.0.0.1:8080",
    "http://localhost:65535",
    "https://osms.eu-frankfurt-1.oci.oraclecloud.com",
    "https://osms.uk-gov-london-1.oci.oraclegovcloud.uk",
]


class Signatures(unittest.TestCase):
    def test_ours_and_the_sdks_are_the_same(self):
        signing.hold(self, sdk.simulator.config(), "20190801", HOSTS, 400)
