world: hub
# Answers are lost, the service refuses everything for a minute, and every fifth call fails: each wave gets there all the
# same, in its turn, and no group of the service is made twice.
set web waves = ["1", "25%"]
calls break after they are served
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened web wave 3 after web wave 2
groups
  > web/1: 1 on great-linux/GL1
  > web/2: 2 on great-linux/GL1
  > web/3: 8 on great-linux/GL1
  ! web/4
calm
bind canary GL1.1
apply
  > exit 0
bind web GL1.1
storm for 60 s after 3 changes
apply
  > exit 0
  > opened end of web
calm
bind backend GL1.1
set backend waves = ["50%"]
every 5 th call fails
apply
  > exit 0
weather
  ! 0 calls spoilt
calm
groups
  > backend/1: 5 on great-linux/GL1.1
  > backend/2: 3 on great-linux/GL1.1
  ! backend:
  > web/1: 1 on great-linux/GL1.1
  > web/3: 8 on great-linux/GL1.1
plan
  > No changes.
