world: hub
# One of the second wave of web becomes one of backend's, which has waves and rides another release.
set web waves = ["1", "50%"]
set backend waves = ["1", "50%"]
apply
  > exit 0
bind canary GL1.1
bind web GL1.1
bind backend GL1.1
apply
  > exit 0
bind canary GL1
bind web GL1
apply
  > exit 0
move web-07 web -> backend
plan
  > change web-07
apply
  > exit 0
  > POST managedInstanceGroups/{}/actions/attachManagedInstances
  > POST managedInstanceGroups/{}/actions/detachManagedInstances
groups
  > web/2: 5 on great-linux/GL1
  > web/3: 4 on great-linux/GL1
members of backend/3
  > web-07
children of web-07
  > great-linux/GL1.1
plan
  > No changes.
# Another one leaves while web's rollout goes on: nobody else changes waves for that.
set web wave_soak = "1h"
bind canary GL1.1
bind web GL1.1
apply
  > exit 0
move web-08 web -> backend
plan
  ! drift
  > web: 1 of 10 at GL1.1
apply
  > exit 0
groups
  > backend/2: 4 on great-linux/GL1.1
  > web/2: 4 on great-linux/GL1
  > web/3: 4 on great-linux/GL1
# He has left web at once, whose waves move as a whole, and is taken in when it is backend's turn.
children of web-08
  > great-linux/GL1
plan
  > can start: no
  > held group.backend: gate
wait 2 h
apply
  > exit 0
wait 2 h
apply
  > exit 0
  > opened end of web
groups
  > backend/2: 5 on great-linux/GL1.1
  > web/2: 4 on great-linux/GL1.1
plan
  > No changes.
