# CI sends TERM in the middle of the first wave. The next run goes on there, and nobody of the second was touched.
apply
set web waves = ["50%"]
set web concurrency = 1
bind canary GL1.1
apply
bind web GL1.1
interrupt after 4 changes
apply
  > exit 130
rollout of web
  > goes on
  > wave 2: 0 of
apply
  > exit 0
rollout of web
  > has arrived
most updates
  > 2
