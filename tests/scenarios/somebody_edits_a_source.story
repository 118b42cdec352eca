# Somebody takes a package out of a release's source and puts another one in.
apply
  > exit 0
by hand: take bash out of GL1
by hand: put podman-4:4.9.4-3.0.1.module+el8.10.0+90298+77a9814d.x86_64 into GL1
plan
  > drift release.GL1: contents
  > change release.GL1
apply
  > exit 0
  > POST softwareSources/{}/actions/addPackages
  > POST softwareSources/{}/actions/removePackages
  > 2 changing
plan
  > No changes.
  ! drift
