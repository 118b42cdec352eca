world: hub
# The second wave has stopped when somebody finds that GL1.1 is bad, and takes web back: whoever has moved goes back, and
# the third wave is not touched.
leave web-13 out of web
set web waves = ["1", "50%"]
allow web 0
apply
bind canary GL1.1
apply
bind web GL1.1
update of web-07 fails
apply
  > exit 3
abort web to GL1
rollout of web
  > was aborted
plan
  > change group.web/1
  > change group.web/2
  ! change group.web/3
  ! stopped
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened end of web
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 5 on great-linux/GL1
  > web/3: 5 on great-linux/GL1
updates of web-02
  > 1
plan
  > No changes.
  > ahead web-05
