# Two people apply at the same moment: one of them is told that the state is locked, and waves stay as they are.
apply
set web waves = ["1", "25%"]
bind canary GL1.1
apply
bind web GL1.1
apply twice at once
  > locked
rollout of web
  > has arrived
