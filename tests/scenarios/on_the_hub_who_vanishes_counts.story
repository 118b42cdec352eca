world: hub
# The service forgets two of the second wave while it is updated, where one may fail: they count, and nobody follows.
leave web-13 out of web
set web waves = ["1", "50%"]
allow web 1
apply
bind canary GL1.1
apply
bind web GL1.1
web-07 vanishes at its update
web-08 vanishes at its update
apply
  > exit 3
rollout of web
  > failed web-08 in wave 2
  > failed web-07 in wave 2
  > stopped in wave 2: 2 failed, 1 may
  > wave 2: 3 of
  > wave 3: 0 of 5
plan
  > can start: no
apply
  > exit 3
  > 0 changing and
# Resumed, those who are gone still count, and one may be.
resume web
apply
  > exit 0
  > shut group.web
  > 0 changing and
allow web 2
apply
  > exit 0
  > opened web wave 3 after web wave 2
  > opened end of web
