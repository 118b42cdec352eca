# x
apply
set web waves = ["1", "25%"]
bind canary GL1.1
apply
bind web GL1.1
work of web-01 fails
work of web-02 fails
work of web-04 fails
work of web-05 fails
apply
rollout of web
  > xx
