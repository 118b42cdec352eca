world: hub
# CI sends TERM in the middle of the first wave. The next run goes on there, and nobody of the second was touched.
set web waves = ["50%"]
apply
bind canary GL1.1
apply
bind web GL1.1
interrupt after 2 changes
apply
  > exit 130
rollout of web
  > goes on
  > wave 2: 0 of
groups
  > web/2: 5 on great-linux/GL1
apply
  > exit 0
rollout of web
  > has arrived
