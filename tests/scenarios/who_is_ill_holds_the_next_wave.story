# Whoever went first is at level and not well: nobody follows before he is.
apply
set web waves = ["1"]
set web health = { http = "http://{name}:8080/health" }
bind canary GL1.1
apply
bind web GL1.1
web-05 is ill
apply
  > exit 0
  > shut group.web: wave 2 of group.web waits for wave 1 of group.web: at least 1 of 1 members are not at the level of GL1.1 and well, 0 may be so (web-05 is not well: it says 500)
plan
  > can start: yes
  > web: 1 of 12 at GL1.1
apply
  > shut group.web
  > 0 changing and
web-05 is well
apply
  > exit 0
  > opened web wave 2 after web wave 1
  > opened end of web
