world: hub
# A wave gets the new source by one call and loses the old by another. What web-01 did not get by the first it gets by the
# second.
leave web-13 out of web
set web waves = ["1", "50%"]
allow web 0
apply
bind canary GL1.1
work of web-01 fails
apply
  > exit 0
# web-04 gets it neither way. An update of the wave would take it beyond its release: nobody is updated, it counts, and no
# other wave is touched.
bind web GL1.1
work of web-04 fails
work of web-04 fails
apply
  > exit 3
  > refused group.web/2: 1 of its members have not got the group's source (web-04)
rollout of web
  > failed web-04 in wave 2: work request
  > stopped in wave 2: 1 failed, 0 may
  > wave 3: 0 of 5
  ! updateAllPackages
groups
  > web/2: 5 on great-linux/GL1.1
  > web/3: 5 on great-linux/GL1
children of web-04
  > great-linux/GL1
plan
  > can start: no
  > held group.web: stopped
apply
  > exit 3
  > 0 changing and
resume web
apply
  > exit 0
  > opened end of web
children of web-04
  > great-linux/GL1.1
plan
  > No changes.
