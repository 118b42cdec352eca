world: hub
# Somebody pauses web after a plan was saved. Neither that plan nor a new one moves it; resumed, both are good.
set web waves = ["1", "50%"]
apply
bind canary GL1.1
apply
bind web GL1.1
plan and save
  > can start: yes
pause web
apply what was saved
  > exit 0
  > 0 done
  > shut group.web/1: group.web was paused by ann
  > 0 changing and
plan
  > can start: no
  > held group.web: paused
apply
  > exit 0
  > 0 changing and
resume web
# Amid the rollout, too: the first wave is through.
set web wave_soak = "1h"
apply
  > exit 0
  > wave 2 of group.web waits until wave 1 of group.web has been at level for 1h
wait 2 h
pause web
apply
  > exit 0
  > 0 changing and
rollout of web
  > paused
  > wave 1: 1 of 1
  > wave 2: 0 of 5
resume web
apply
  > exit 0
  > opened web wave 2 after web wave 1
groups
  > web/2: 5 on great-linux/GL1.1
  > web/3: 5 on great-linux/GL1
