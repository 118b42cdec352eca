# TERM comes while the one of the first wave is updated, and the update fails while nobody watches. The next run counts that
# like a failure of its own: nobody follows.
apply
set web waves = ["1"]
bind canary GL1.1
apply
bind web GL1.1
work of web-05 fails
interrupt after 2 changes
apply
  > exit 130
rollout of web
  > goes on
apply
  > exit 3
rollout of web
  > stopped in wave 1: 1 failed, 0 may
  > wave 2: 0 of
resume web
apply
  > exit 0
