# One of web goes first, then a quarter, then all; each wave once the one before is at level.
set web waves = ["1", "25%"]
set web concurrency = 2
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened web wave 3 after web wave 2
  > opened end of web
rollout of web
  > to GL1 in 3 waves
  > has arrived
  > wave 1: 1 of 1
  > wave 2: 2 of 2
  > wave 3: 8 of 8
plan
  > No changes.
