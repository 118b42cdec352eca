world: hub
# TERM comes while the second wave is updated, and the update fails on one while nobody watches. The next run counts that like
# a failure of its own, and asks nobody again.
leave web-13 out of web
set web waves = ["1", "50%"]
allow web 0
apply
bind canary GL1.1
apply
bind web GL1.1
update of web-07 fails
interrupt after 6 changes
apply
  > exit 130
rollout of web
  > goes on
  > wave 1: 1 of 1
  > wave 2: 0 of 5
wait 1 h
apply
  > exit 3
  ! updateAllPackages
rollout of web
  > failed web-07 in wave 2: work request
  > stopped in wave 2: 1 failed, 0 may
  > wave 2: 4 of 5
  > wave 3: 0 of 5
plan
  > can start: no
resume web
apply
  > exit 0
  > opened end of web
updates of web-08
  > 2
