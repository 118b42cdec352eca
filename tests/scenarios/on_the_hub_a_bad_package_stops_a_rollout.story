world: hub
# GL1.1 breaks most of web. The first of it happens to be well; all of the second wave are updated by one call, and more of
# them fail than are put up with: the third wave keeps its release, whatever is applied.
set web waves = ["1", "50%"]
allow web 1
apply
  > exit 0
bind canary GL1.1
apply
  > exit 0
bind web GL1.1
the next 3 works of web-01 fail
the next 3 works of web-02 fail
the next 3 works of web-03 fail
the next 3 works of web-04 fail
the next 3 works of web-06 fail
the next 3 works of web-07 fail
the next 3 works of web-08 fail
the next 3 works of web-09 fail
apply
  > exit 3
rollout of web
  > stopped in wave 2
  > 1 may
  > wave 1: 1 of 1
  > wave 3: 0 of 5
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 5 on great-linux/GL1.1
  > web/3: 5 on great-linux/GL1
plan
  > can start: no
  > held group.web: stopped
apply
  > exit 3
  > 0 changing and
# Somebody has looked into it, and it is bad: web is taken back. Only those that moved are bound back.
abort web to GL1
apply
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 5 on great-linux/GL1
  > web/3: 5 on great-linux/GL1
rollout of web
  > to GL1 in 3 waves
