world: hub
# GL1.1 breaks two of the five in the second wave, where one may fail. A wave is updated by one call, so that the others of
# it get there; nobody of the third is touched, by this apply or any later one, until somebody has looked into it.
set web waves = ["1", "50%"]
allow web 1
apply
  > exit 0
bind canary GL1.1
apply
  > exit 0
members of web/2
  > web-04 web-07 web-08 web-10 web-12
bind web GL1.1
update of web-04 fails
update of web-07 fails
apply
  > exit 3
  > 2 failed
  > opened web wave 2 after web wave 1
  ! opened web wave 3
  ! opened end
rollout of web
  > failed web-04 in wave 2: work request
  > failed web-07 in wave 2: work request
  > stopped in wave 2: 2 failed, 1 may
  > goes on
  > wave 1: 1 of 1
  > wave 2: 3 of 5
  > wave 3: 0 of 5
groups
  > web/2: 5 on great-linux/GL1.1
  > web/3: 5 on great-linux/GL1
plan
  > can start: no
  > held group.web: stopped
apply
  > exit 3
  > 0 changing and
wait 25 h
apply
  > exit 3
  > 0 changing and
updates of web-02
  > 1
# Resumed, those who failed are tried again, and nobody of theirs is updated a second time.
resume web
plan
  > can start: yes
  ! stopped
apply
  > exit 0
  > opened web wave 3 after web wave 2
  > opened end of web
rollout of web
  > has arrived
updates of web-08
  > 2
updates of web-02
  > 2
plan
  > No changes.
  > web: 12 of 12 at GL1.1
