# Nothing of ours is there. One apply makes all of it, and a second one has nothing to do.
plan
  > Plan: 5 to add
  > can start: yes
  > held db-04: unreachable
  > held web-13: unknown
apply
  > exit 0
  > 0 failed, 0 not started
  > changing calls as foretold
calls
  > 1.0 an instance  GET managedInstances/{}/packages
  > 1.0 an instance  POST managedInstances/{}/actions/packages/updateAll
  > 95 changing and
at most 5 reading calls for each of 22 instances
sources
  > great-linux/GL1
  > great-linux/GL1.1
most updates
  > 1
plan
  > No changes.
  > 0 steps, can start: no
  > canary: 3 of 3 at GL1
  > web: 11 of 12 at GL1
  > backend: 8 of 9 at GL1
  > ahead web-07
  ! drift
