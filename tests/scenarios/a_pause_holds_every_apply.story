# Somebody pauses web after a plan was saved. Neither that plan nor a new one moves it; resumed, both are good.
apply
set web waves = ["1"]
bind canary GL1.1
apply
bind web GL1.1
plan and save
  > can start: yes
pause web
apply what was saved
  > exit 0
  > 0 done
  > shut web-05: group.web was paused by ann
  > 0 changing and
plan
  > can start: no
  > held group.web: paused
resume web
apply what was saved
  > exit 0
  > opened end of web
apply what was saved
  > error: the plan is used up
