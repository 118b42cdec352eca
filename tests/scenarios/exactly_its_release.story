# Somebody updates web-02 from the vendor and removes a package of the release. With `enforce = "exact"` the group is made
# exactly its release, package by package, and proven; what is extra goes only where the train says so.
apply
  > exit 0
by hand: update web-02 from the vendor
by hand: remove zip from web-02
set web enforce = "exact"
plan
  > exact web-02: 53 back, 23 installed, 0 removed
  > held web-02: inexact
apply
  > exit 0
  > below level all the same web-02
# Kernels stand beside each other: those that are newer than the release's stay.
web-02 beside GL1
  > 7 besides: kernel-4.18.0-553
set web remove_extras = true
plan
  > exact web-02: 0 back, 0 installed, 6 removed
  ! held web-02
apply
  > exit 0
# All but what the train leaves alone.
web-02 beside GL1
  > 1 besides: ksplice-uptrack-release
  > 0 lacking
plan
  > No changes.
  ! exact
  ! drift
