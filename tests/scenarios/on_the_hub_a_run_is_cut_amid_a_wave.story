world: hub
# The process dies between the calls of the second wave; the next run goes on there, and asks for nothing twice.
set web waves = ["1", "25%"]
apply
bind canary GL1.1
apply
bind web GL1.1
cut after 6 changes
apply
  > cut
rollout of web
  > goes on
  > wave 1: 1 of 1
apply
  > exit 0
  > opened end of web
groups
  > web/1: 1 on great-linux/GL1.1
  > web/2: 2 on great-linux/GL1.1
  > web/3: 8 on great-linux/GL1.1
plan
  > No changes.
