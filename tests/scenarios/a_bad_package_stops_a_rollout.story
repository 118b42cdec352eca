# GL1.1 breaks most of web. The first of it happens to be well; in the second wave no more than one may fail.
apply
  > exit 0
set web waves = ["1", "50%"]
set web concurrency = 2
allow web 1
bind canary GL1.1
apply
  > exit 0
bind web GL1.1
work of web-01 fails
work of web-02 fails
work of web-03 fails
work of web-04 fails
work of web-06 fails
work of web-07 fails
work of web-08 fails
work of web-09 fails
apply
  > exit 3
  > 2 failed
rollout of web
  > stopped in wave 2: 2 failed, 1 may
  > goes on
  > wave 1: 1 of 1
  > wave 2: 2 of 5
  > wave 3: 0 of 5

# No later apply touches anybody, until somebody has looked into it.
plan
  > can start: no
  > held group.web: stopped
apply
  > exit 3
  > 0 changing and
resume web
plan
  > can start: yes
  ! stopped

# Who failed is tried again, and the second wave gets there; the third stops at two of its own.
apply
  > exit 3
  > opened web wave 3 after web wave 2
  > 2 failed
rollout of web
  > stopped in wave 3: 2 failed, 1 may
  > wave 2: 5 of 5
