"""What is refused, and how: one refusal that a test asks for, operations that are not offered, signatures that do not
hold."""

import datetime
import inspect
import unittest
import unittest.mock

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oci.exceptions import ServiceError

NOWHERE = "ocid1.nothing.oc1..aaaaaaaanothing"
TIME = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)


class Case(unittest.TestCase):
    def assertRefused(self, status, code, call, *arguments, **more):
        with self.assertRaises(ServiceError) as raised:
            call(*arguments, **more)
        refused = raised.exception
        self.assertEqual((refused.status, refused.code), (status, code), refused)
        self.assertTrue(refused.message)
        self.assertRegex(refused.request_id, "^[0-9A-F]{32}$")
        return refused

    def assertMissing(self, operation, refused):
        """Holds a refusal against what is told of an operation that is not offered."""
        self.assertEqual((refused.status, refused.code), (501, "MethodNotImplemented"))
        # The name as in the documentation: the SDK's without underscores.
        self.assertIn(f" {operation.replace('_', '')} ", refused.message.lower())

    def assertOffered(self, calls, argument, table):
        """Calls every operation, and holds whether it is in against a table. `calls` has the SDK's methods by name."""
        found = {}
        for operation, call in calls.items():
            with self.subTest(operation):
                refused = refusal(call, argument)
                found[operation] = "out" if refused and refused.status == 501 else "in"
                if found[operation] == "out":
                    self.assertMissing(operation, refused)
                elif refused:
                    # That nothing is there is no fault of the operation's.
                    self.assertIn(refused.status, (400, 404), f"{operation}: {refused}")
        self.assertEqual(found, table)

    def assertSigned(self, config, call):
        """Holds against a service that it takes no signature but of its user, of now. `call` makes a call signed as a
        configuration says."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

        def refused(config):
            self.assertRefused(401, "NotAuthenticated", call, config)

        without_file = {name: value for name, value in config.items() if name != "key_file"}
        refused(without_file | {"key_content": pem})
        refused(config | {"fingerprint": ":".join(["ab"] * 16)})
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes in (-6, 6):
            date = (now + datetime.timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
            with unittest.mock.patch("email.utils.formatdate", return_value=date):
                refused(config)


def refusal(call, argument):
    """Calls an operation with what it requires, as `argument` makes it of a parameter's name, none of which exists;
    returns how it is refused."""
    parameters = inspect.signature(call).parameters.values()
    required = [argument(it.name) for it in parameters if it.kind == it.POSITIONAL_OR_KEYWORD]
    try:
        call(*required)
    except ServiceError as error:
        return error
    return None
