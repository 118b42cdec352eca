"""Runs the tests of the folder it is started in; after a run of all of them, every operation that the simulator has
must have been done once."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path.cwd()))

import api
import service


def main(names):
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(".")
    result = unittest.TextTestRunner(stream=sys.stdout, warnings="default").run(suite)
    left = [] if names else sorted(service.offered(api.table()) - service.succeeded)
    if left:
        print(f"offered by the simulator, but never done with success by the SDK: {', '.join(left)}")
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
