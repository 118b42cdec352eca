"""Oracle's SDK and the operations that do one thing to one module stream, or to a profile of one; and the lists of
profiles."""

from sdk import Case, client, simulator
from service import everything

MODULE, STREAM = "postgresql", "15"
WANTED = {"stream_name": STREAM}


def done(answer):
    """Has the agent do what was accepted; returns what kind of work it was, and how it went."""
    simulator.advance()
    work = client.get_work_request(answer.headers["opc-work-request-id"]).data
    assert work.time_finished and work.percent_complete == 100, work
    return work.operation_type, work.status


def streams(instance):
    rows = everything(client.list_module_streams_on_managed_instance, instance, module_name=MODULE)
    return {row.stream_name: row.status for row in rows}


def profiles(instance, **more):
    rows = everything(
        client.list_module_stream_profiles_on_managed_instance, instance, module_name=MODULE, **more
    )
    return {row.profile_name: row.status for row in rows}


def packages(instance):
    rows = everything(client.list_packages_installed_on_managed_instance, instance, display_name=MODULE)
    return sorted(row.display_name for row in rows)


class OneThing(Case):
    def test_a_stream_is_enabled_disabled_and_switched_to(self):
        member = simulator.members["db-02"]
        enable = client.enable_module_stream_on_managed_instance
        disable = client.disable_module_stream_on_managed_instance
        switch = client.switch_module_stream_on_managed_instance
        self.assertEqual(streams(member), {"10": "DISABLED", "15": "ENABLED"})
        self.assertTrue(packages(member))
        # As the SDK documents: what is enabled can be enabled, a rival of it cannot, and profiles must be out before.
        self.assertEqual(done(enable(member, MODULE, **WANTED)), ("ENABLEMODULESTREAM", "SUCCEEDED"))
        self.assertEqual(done(enable(member, MODULE, stream_name="10")), ("ENABLEMODULESTREAM", "FAILED"))
        refused = disable(member, MODULE, **WANTED)
        self.assertEqual(done(refused), ("DISABLEMODULESTREAM", "FAILED"))
        [error] = everything(client.list_work_request_errors, refused.headers["opc-work-request-id"])
        self.assertIn("profile", error.message)
        self.assertEqual(streams(member), {"10": "DISABLED", "15": "ENABLED"})

        # "Switching to a new stream will remove the existing packages and install their counterparts": it has none.
        self.assertEqual(done(switch(member, MODULE, stream_name="10")), ("SWITCHMODULESTREAM", "SUCCEEDED"))
        self.assertEqual((streams(member), packages(member)), ({"10": "ENABLED", "15": "DISABLED"}, []))
        updates = everything(client.list_available_updates_for_managed_instance, member)
        self.assertNotIn(MODULE, [row.display_name for row in updates])
        self.assertEqual(done(disable(member, MODULE, stream_name="10")), ("DISABLEMODULESTREAM", "SUCCEEDED"))
        self.assertEqual(streams(member), {"10": "DISABLED", "15": "DISABLED"})
        self.assertEqual(done(enable(member, MODULE, **WANTED)), ("ENABLEMODULESTREAM", "SUCCEEDED"))
        self.assertEqual(streams(member), {"10": "DISABLED", "15": "ENABLED"})

        for call in (enable, disable, switch):
            with self.subTest(call.__name__):
                self.assertRefused(400, "InvalidParameter", call, member, MODULE, stream_name="9")
                self.assertRefused(400, "InvalidParameter", call, member, "nothing")
                self.assertRefused(412, "NoEtagMatch", call, member, MODULE, stream_name="15", if_match="old")
                token = {"opc_retry_token": f"once-{call.__name__}", "stream_name": "15"}
                etag = client.get_managed_instance(member).headers["etag"]
                first, again = (call(member, MODULE, if_match=etag, **token) for _ in range(2))
                work = "opc-work-request-id"
                self.assertEqual(first.headers[work], again.headers[work])
                self.assertEqual(done(first)[1], "SUCCEEDED")

    def test_profiles_are_put_in_and_taken_out(self):
        member = simulator.members["db-03"]
        install = client.install_module_stream_profile_on_managed_instance
        remove = client.remove_module_stream_profile_from_managed_instance
        did = {"install": ("INSTALLMODULESTREAMPROFILE", "SUCCEEDED"), "remove": ("REMOVEMODULESTREAMPROFILE", "SUCCEEDED")}
        self.assertEqual(done(install(member, MODULE, stream_name=STREAM, profile_name="common")), did["install"])
        everything_of_it = packages(member)
        self.assertEqual(set(everything_of_it), {"postgresql", "postgresql-contrib", "postgresql-server"})
        self.assertEqual(profiles(member, **WANTED), {"client": "INSTALLED", "common": "INSTALLED"})
        # Without a profile, all that are in.
        self.assertEqual(done(remove(member, MODULE, **WANTED)), did["remove"])
        self.assertEqual(packages(member), [])
        self.assertEqual(profiles(member, **WANTED), {"client": "AVAILABLE", "common": "AVAILABLE"})
        self.assertEqual(streams(member)[STREAM], "ENABLED")
        # "If a module stream defines multiple profiles, each one can be installed independently."
        self.assertEqual(done(install(member, MODULE, stream_name=STREAM, profile_name="client")), did["install"])
        self.assertEqual(set(packages(member)), {"postgresql"})
        self.assertEqual(profiles(member, **WANTED), {"client": "INSTALLED", "common": "AVAILABLE"})
        self.assertEqual(profiles(member, profile_status="INSTALLED"), {"client": "INSTALLED"})
        self.assertEqual(done(install(member, MODULE)), did["install"])
        self.assertEqual(packages(member), everything_of_it)
        # "The stream must be enabled before a profile can be installed."
        self.assertEqual(done(install(member, MODULE, stream_name="10")), (did["install"][0], "FAILED"))
        for call in (install, remove):
            self.assertRefused(400, "InvalidParameter", call, member, MODULE, profile_name="client")
            self.assertRefused(
                400, "InvalidParameter", call, member, MODULE, stream_name=STREAM, profile_name="nothing"
            )
            self.assertRefused(412, "NoEtagMatch", call, member, MODULE, if_match="old", **WANTED)


class Profiles(Case):
    def source(self):
        [row] = everything(
            client.list_module_streams_on_managed_instance, simulator.golden, module_name=MODULE, **WANTED
        )
        return row.software_source_id

    def test_a_source_lists_them(self):
        source = self.source()
        rows = everything(client.list_module_stream_profiles, source, sort_by="DISPLAYNAME")
        names = [(row.module_name, row.stream_name, row.profile_name) for row in rows]
        self.assertEqual(names, sorted(names))
        backwards = everything(
            client.list_module_stream_profiles, source, sort_by="DISPLAYNAME", sort_order="DESC"
        )
        self.assertEqual(backwards, rows[::-1])
        for size in (1, 3, len(rows), 1000):
            paged = everything(client.list_module_stream_profiles, source, sort_by="DISPLAYNAME", limit=size)
            self.assertEqual(paged, rows, size)
        some = everything(
            client.list_module_stream_profiles, source, module_name=MODULE, stream_name=STREAM, profile_name="client"
        )
        self.assertEqual([row.profile_name for row in some], ["client"])
        # "It is also not valid to supply a profileName without a streamName."
        for more in ({"stream_name": STREAM}, {"module_name": MODULE, "profile_name": "client"}):
            self.assertRefused(400, "InvalidParameter", client.list_module_stream_profiles, source, **more)
            call = client.list_module_stream_profiles_on_managed_instance
            self.assertRefused(400, "InvalidParameter", call, simulator.golden, **more)

    def test_one_lists_packages_that_can_be_asked_for(self):
        source = self.source()
        stream = client.get_module_stream(source, MODULE, STREAM).data
        self.assertEqual(sorted(stream.profiles), ["client", "common"])
        common, part = (client.get_module_stream_profile(source, MODULE, STREAM, name).data for name in ("common", "client"))
        self.assertEqual((common.is_default, part.is_default), (True, False))
        self.assertEqual(common.packages, stream.packages)
        self.assertLess(set(part.packages), set(common.packages))
        for name in part.packages:
            self.assertEqual(client.get_software_package(source, name).data.display_name, MODULE)
        get = client.get_module_stream_profile
        self.assertRefused(404, "NotAuthorizedOrNotFound", get, source, MODULE, STREAM, "nothing")

    def test_an_instance_sorts_them_by_module_stream_and_profile(self):
        rows = everything(
            client.list_module_stream_profiles_on_managed_instance, simulator.golden, sort_by="DISPLAYNAME"
        )
        names = [(row.module_name, row.stream_name, row.profile_name) for row in rows]
        self.assertEqual(names, sorted(names))
        self.assertEqual({row.status for row in rows}, {"INSTALLED", "AVAILABLE"})
        # The list of streams says the same.
        told = everything(client.list_module_streams_on_managed_instance, simulator.golden, sort_by="DISPLAYNAME")
        self.assertEqual([profile for row in told for profile in row.profiles], rows)
